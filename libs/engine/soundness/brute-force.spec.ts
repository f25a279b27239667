import fc from 'fast-check';

import { definitions } from '../../../test/factories/definition.arbitrary.js';
import { FACTS, MOST_ENTRIES, simulate, withoutEnd } from '../../../test/factories/simulation.js';
import { compileDefinition, stepMapping, type WorkflowDefinition } from '#engine/definition';
import { decide, type InstanceState } from '#engine/instance';
import { explore } from './explore.js';
import { checkPositions } from './soundness.js';

describe('exploration', () => {
  it('agrees with running the engine on all data', () => {
    fc.assert(
      fc.property(definitions, (definition) => {
        const explored = explore(
          compileDefinition({ workflow_id: '', version_number: 1 }, definition),
          { max_step_entries: MOST_ENTRIES },
        );
        const simulated = simulate(definition);
        expect(explored.complete).toBe(true);
        expect([...explored.entered].sort()).toEqual([...simulated.entered].sort());
        expect([...explored.rules].sort()).toEqual([...simulated.rules].sort());
        expect(explored.runaways.length > 0).toBe(simulated.runaway);
        const next = new Map([...explored.visited].map(([key, position]) => [key, position.next]));
        expect(withoutEnd(next)).toBe(simulated.stuck);
      }),
      { numRuns: 60 },
    );
  });

  it('agrees on instances that are moved to another definition, from wherever they stand', () => {
    const migrated = (from: WorkflowDefinition, to: WorkflowDefinition): InstanceState[] => {
      const compiled = compileDefinition({ workflow_id: '', version_number: 2 }, to);
      return [...simulate(from).states.values()].flatMap((state) => {
        if (state.status !== 'running') return [];
        const step_mapping = stepMapping(from, to);
        const between = { from_version: 1, to_version: 2, reason: '' };
        const decision = decide(
          compiled,
          state,
          { type: 'migrate', ...between, step_mapping },
          FACTS,
        );
        if ('rejection' in decision) throw decision.rejection;
        return decision.state.status === 'running' ? [decision.state] : [];
      });
    };
    fc.assert(
      fc.property(definitions, definitions, (from, to) => {
        for (const state of migrated(from, to)) {
          const { findings } = checkPositions(to, [state]);
          const stuck = findings.some(({ code }) => code === 'never_ends');
          expect(stuck).toBe(simulate(to, [state]).stuck);
        }
      }),
      { numRuns: 25 },
    );
  });
});
