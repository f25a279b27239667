import { newDefinition, newStep } from '../../test/factories/definition.factory.js';
import { type Change, conflictOf } from './open-changes.js';

const definition = newDefinition({
  steps: [
    newStep({ step_id: 'a', order_sequence: 1 }),
    newStep({ step_id: 'b', order_sequence: 2 }),
  ],
});

const hours =
  (global_timeout_hours: number): Change =>
  async (before) => ({ ...before, global_timeout_hours });
const category: Change = async (before) => ({ ...before, category: 'other' });
const without =
  (step_id: string): Change =>
  async (before) =>
    before.steps.some((step) => step.step_id === step_id)
      ? { ...before, steps: before.steps.filter((step) => step.step_id !== step_id) }
      : null;
const renaming =
  (step_id: string): Change =>
  async (before) =>
    before.steps.some((step) => step.step_id === step_id)
      ? {
          ...before,
          steps: before.steps.map((step) =>
            step.step_id === step_id ? { ...step, step_name: 'New' } : step,
          ),
        }
      : null;

describe('two changes of one workflow', () => {
  it.each<[string, Change, Change, RegExp | null]>([
    ['go together', hours(1), category, null],
    ['go together where both do the same to the same', hours(1), hours(1), null],
    ['change the same', hours(1), hours(2), /applied later prevails/],
    ['exclude each other', without('a'), without('a'), /conflicts/],
    ['need an order: this one last', without('a'), renaming('a'), /apply that first/],
    ['need an order: this one first', renaming('a'), without('a'), /no longer fits once/],
  ])('%s', async (_, change, other, words) => {
    const conflict = await conflictOf(definition, change, other, 'm2');
    if (words === null) expect(conflict).toBeNull();
    else expect(conflict).toMatch(words);
  });
});
