import {
  newAction,
  newCondition,
  newDecisionRule,
  newTree,
} from '../../../test/factories/routing.factory.js';
import { confidenceFrom } from './confidence.js';
import { decideRouting, type DecisionInput } from './decision.js';
import { reasoning } from './reasoning.js';
import { compileTree } from './tree.js';

const STEPS = ['request', 'review', 'boss', 'finance'];

function input(fields: Partial<DecisionInput> = {}): DecisionInput {
  return {
    context: { amount: 500 },
    now: Date.UTC(2026, 0, 5),
    tree: null,
    table: null,
    rules: [],
    next_step_id: 'review',
    stepOf: (id) => (STEPS.includes(id) ? { step_type: 'user_task', parallel: null } : undefined),
    ...fields,
  };
}

const tree = compileTree(
  newTree([newCondition('big', 'amount > 1000', 'to_boss', null), newAction('to_boss', 'boss')]),
);
const toFinance = newDecisionRule({
  rule_id: 'finance_rule',
  condition_expression: 'amount > 100',
  target_step_id: 'finance',
});
const unknown = confidenceFrom({ good: 0, total: 0 }, 20);

describe('decideRouting', () => {
  it('lets the tree decide first, with the rules and the order as alternatives', () => {
    const decision = decideRouting(input({ tree, rules: [toFinance], context: { amount: 5000 } }));
    expect(decision).toMatchObject({
      decided_by: 'tree',
      decided_by_id: 'to_boss',
      target_step_id: 'boss',
      applied_rules: [],
    });
    expect(decision.alternatives.map((path) => path.target_step_id)).toEqual(['finance', 'review']);
  });

  it('falls to the rules when the tree does not decide', () => {
    const decision = decideRouting(input({ tree, rules: [toFinance] }));
    expect(decision).toMatchObject({ decided_by: 'rule', applied_rules: ['finance_rule'] });
    expect(reasoning(decision, unknown)).toEqual([
      'At node big, "amount > 1000" is false, and no node follows.',
      'Decision tree tree does not decide: the way ends at node big, which decides nothing.',
      'Stored rule finance_rule (priority 100) applies: "amount > 100" is true, so it routes to finance.',
      'The confidence is unknown: only 0 like decisions have an outcome yet; 20 are needed.',
    ]);
  });

  it('does not let a tree lead to a step that the workflow lacks', () => {
    const lost = compileTree(newTree([newAction('go', 'nowhere')]));
    const decision = decideRouting(input({ tree: lost }));
    expect(decision).toMatchObject({ decided_by: 'sequence', target_step_id: 'review' });
    expect(decision.tree?.undecided_because).toContain('nowhere');
  });

  it('takes the next step in order when nothing applies, and says so', () => {
    const decision = decideRouting(input({ rules: [{ ...toFinance, target_step_id: 'moon' }] }));
    expect(decision).toMatchObject({ decided_by: 'sequence', action: 'route_to_step' });
    expect(reasoning(decision, unknown).slice(0, 2)).toEqual([
      'Stored rule finance_rule (priority 100) does not apply: it leads to moon, which is no step of this workflow.',
      'No rule applies, so the next step in order follows: review.',
    ]);
    const last = decideRouting(input({ next_step_id: null }));
    expect(reasoning(last, unknown)[0]).toContain('the workflow ends here');
  });

  it('says how sure it is where it can be', () => {
    const sentences = reasoning(
      decideRouting(input()),
      confidenceFrom({ good: 45, total: 50 }, 20),
    );
    expect(sentences.at(-1)).toBe(
      'Of 50 like decisions, 90 % went well (95 % interval 78.6 % to 95.7 %).',
    );
  });
});
