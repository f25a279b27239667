import {
  newDefinition,
  newLevel,
  newRule,
  newStep,
} from '../../test/factories/definition.factory.js';
import type { StepDefinition } from '#engine/definition';
import type { PositionSample } from './impact.queries.js';
import { rehearse } from './rehearsal.js';

const steps = (...list: (Partial<StepDefinition> & { step_id: string })[]): StepDefinition[] =>
  list.map((step, index) => newStep({ order_sequence: index + 1, ...step }));

const BEFORE = newDefinition({
  steps: steps({ step_id: 'a' }, { step_id: 'b' }, { step_id: 'c' }),
});

const at = (step_id: string, more: Partial<PositionSample> = {}): PositionSample => ({
  version_number: 1,
  instances: 3,
  workflow_instance_id: `at_${step_id}`,
  data: {},
  current_step: {
    step_execution_id: 'x',
    step_id,
    entry: 1,
    step_type: 'user_task',
    status: 'waiting',
    levels: null,
  },
  step_entries: { [step_id]: 1 },
  total_entries: 1,
  ...more,
});

const rehearsed = (after: ReturnType<typeof newDefinition>, mapping = {}) =>
  rehearse([at('a'), at('b'), at('c')], new Map([[1, BEFORE]]), after, mapping);

describe('a rehearsal', () => {
  it('leaves work alone that goes on', () => {
    const after = newDefinition({ steps: [...BEFORE.steps, ...steps({ step_id: 'd' })] });
    expect(rehearsed(after)).toEqual({ redone: [], unsound: [] });
  });

  it('counts the work that begins anew, where a step goes or becomes another', () => {
    const after = newDefinition({
      steps: steps({ step_id: 'b', step_type: 'approval' }, { step_id: 'c' }),
      approval_hierarchies: [newLevel({ level: 1 })],
    });
    expect(rehearsed(after).redone).toEqual([
      { step_id: 'a', instances: 3 },
      { step_id: 'b', instances: 3 },
    ]);
  });

  it('tells which instances would be caught where no way leads out, though new ones never are', () => {
    const after = newDefinition({
      ...BEFORE,
      routing_rules: [
        newRule({ rule_id: 'past', source_step_id: 'a', target_step_id: 'c' }),
        newRule({ rule_id: 'again', source_step_id: 'b', target_step_id: 'b' }),
      ],
    });
    const { unsound } = rehearsed(after);
    expect(unsound).toEqual([expect.stringContaining('3 instances at b, such as at_b: From here')]);
    expect(rehearsed(after, { b: 'c' }).unsound).toEqual([]);
  });

  it('passes over versions that it does not know', () => {
    expect(rehearse([at('a', { version_number: 7 })], new Map(), BEFORE, {})).toEqual({
      redone: [],
      unsound: [],
    });
  });
});
