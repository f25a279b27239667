import fc from 'fast-check';

import { compareCase, type Comparison, MOST_CHANGES } from './comparison.js';

const anyTarget = fc.constantFrom('a', 'b', 'c', null);
const anyCase = fc.record({
  old: anyTarget,
  new: anyTarget,
  outcome: fc.constantFrom('completed', 'rejected', 'open'),
});

describe('compareCase', () => {
  it('puts each case into one cell, and keeps as changes those that go elsewhere, to a limit', () => {
    fc.assert(
      fc.property(fc.array(anyCase, { maxLength: 400 }), (cases) => {
        const comparison: Comparison = { matrix: [], changes: [], decisions_changed: 0 };
        for (const [index, { old: target_step_id, new: target, outcome }] of cases.entries()) {
          compareCase(
            comparison,
            {
              decision_id: `d${index}`,
              workflow_instance_id: 'i',
              routing_action: 'route_to_step',
              target_step_id,
              outcome,
            },
            {
              action: 'route_to_step',
              target_step_id: target,
              decided_by: 'rule',
              decided_by_id: 'r',
            },
          );
        }
        const changed = cases.filter((one) => one.old !== one.new).length;
        expect(comparison.decisions_changed).toBe(changed);
        expect(comparison.changes).toHaveLength(Math.min(changed, MOST_CHANGES));
        const pairs = comparison.matrix.map((cell) =>
          JSON.stringify([cell.old.target_step_id, cell.new.target_step_id]),
        );
        expect(new Set(pairs).size).toBe(pairs.length);
        for (const cell of comparison.matrix) {
          const like = cases.filter(
            (one) => one.old === cell.old.target_step_id && one.new === cell.new.target_step_id,
          );
          expect(cell.decisions).toBe(like.length);
          for (const [outcome, count] of Object.entries(cell.outcomes)) {
            expect(count).toBe(like.filter((one) => one.outcome === outcome).length);
          }
        }
      }),
    );
  });
});
