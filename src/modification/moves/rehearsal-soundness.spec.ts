import fc from 'fast-check';

import { definitions } from '../../../test/factories/definition.arbitrary.js';
import { simulate } from '../../../test/factories/simulation.js';
import type { WorkflowDefinition } from '#engine/definition';
import type { InstanceState } from '#engine/instance';
import { MigrationRehearsal, type PositionSample } from './rehearsal.js';

function standing({ data, current, ...state }: InstanceState): Omit<PositionSample, 'instances'> {
  const { step_entries, total_entries } = state;
  return {
    workflow_instance_id: 'i',
    version_number: 1,
    status: 'running',
    data,
    current_step: current,
    step_entries,
    total_entries,
    started_at: new Date(0),
  };
}

/** Up to so many of the positions of a definition are tried: each is simulated on all data. */
const MOST = 4;

describe('a migration', () => {
  it('is let through only to where a way leads to the end, as the engine on all data finds it', () => {
    let refused = 0;
    fc.assert(
      fc.property(
        definitions,
        definitions,
        fc.constantFrom('move' as const, 'cancel' as const),
        (from: WorkflowDefinition, to: WorkflowDefinition, in_progress) => {
          const rehearsal = new MigrationRehearsal(
            new Map([[1, from]]),
            to,
            { step_mapping: {}, filter: null, in_progress, values: {}, timers: 'keep' },
            0,
          );
          const running = [...simulate(from).states.values()].filter(
            ({ status }) => status === 'running',
          );
          for (const state of running.slice(0, MOST)) {
            const instance = standing(state);
            const { state: moved } = rehearsal.one(instance);
            if (moved?.status !== 'running') continue;
            const stranded = rehearsal.strandedBy(instance) !== null;
            const before = simulate(from, [state]);
            const after = simulate(to, [moved]);
            if (stranded) {
              expect(after.stuck || after.runaway).toBe(true);
              expect(before.stuck).toBe(false);
            } else if (!before.stuck && !before.runaway) {
              expect(after.stuck).toBe(false);
            }
            if (stranded) refused += 1;
          }
        },
      ),
      { numRuns: 30, seed: 6 },
    );
    // else the property says nothing
    expect(refused).toBeGreaterThan(0);
  }, 240_000);
});
