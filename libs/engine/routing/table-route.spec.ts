import { compileTable, type DecisionTable } from '#engine/table';

import { confidenceFrom } from './confidence.js';
import { decideRouting } from './decision.js';
import { reasoning } from './reasoning.js';
import { routeByTable, tableRouteFaults, type TableRoute } from './table-route.js';

function newRoutingTable(
  rows: [test: string, ...outputs: string[]][],
  changes: Partial<DecisionTable> = {},
): DecisionTable {
  const names = ['target_step_id', 'action'].slice(0, (rows[0]?.length ?? 2) - 1);
  return {
    table_id: 'levels',
    table_name: 'Levels',
    hit_policy: 'first',
    aggregation: null,
    inputs: [{ label: 'Amount', expression: 'amount' }],
    outputs: names.map((name) => ({ name, values: [], default_value: null })),
    rules: rows.map(([test, ...outputs], index) => ({
      rule_id: `r${index + 1}`,
      inputs: [test],
      outputs,
      annotation: '',
    })),
    ...changes,
  };
}

const STEPS = new Set(['team', 'boss']);
const route = (table: DecisionTable, amount: unknown): TableRoute =>
  routeByTable(compileTable(table), { amount }, { now: 0, hasStep: (id) => STEPS.has(id) });

describe('routeByTable', () => {
  it('goes where the output target_step_id leads, with route_to_step for want of an action', () => {
    expect(route(newRoutingTable([['> 10', '"boss"']]), 11)).toEqual({
      table_id: 'levels',
      inputs: [{ label: 'Amount', value: 11 }],
      matched_rules: ['r1'],
      output: 'boss',
      rule_id: 'r1',
      action: 'route_to_step',
      target_step_id: 'boss',
      undecided_because: null,
    });
  });

  it('takes the action of an output named so', () => {
    const table = newRoutingTable([
      ['> 10', '"boss"', '"escalate"'],
      ['-', 'null', '"auto_approve"'],
    ]);
    expect(route(table, 11)).toMatchObject({ action: 'escalate', target_step_id: 'boss' });
    expect(route(table, 1)).toMatchObject({ action: 'auto_approve', target_step_id: null });
  });

  it('takes the first of a list of outputs', () => {
    const rows: [string, string][] = [
      ['> 10', '"boss"'],
      ['> 5', '"team"'],
    ];
    expect(route(newRoutingTable(rows, { hit_policy: 'rule_order' }), 11)).toMatchObject({
      rule_id: 'r1',
      target_step_id: 'boss',
      matched_rules: ['r1', 'r2'],
    });
  });

  it.each<[string, [string, ...string[]], string]>([
    ['no rule matches', ['> 100', '"boss"'], 'no rule matches, and there is no default'],
    [
      'the target is no step',
      ['-', '"mars"'],
      'it leads to "mars", which is no step of this workflow',
    ],
    ['the target is no text', ['-', '7'], 'it leads to 7, which is no step of this workflow'],
    [
      'there is no target',
      ['-', 'null'],
      'its output names neither a target_step_id nor an action',
    ],
    [
      'the action is unknown',
      ['-', '"boss"', '"explode"'],
      '"explode" is no action that routing knows',
    ],
    [
      'routing lacks a target',
      ['-', 'null', '"route_to_step"'],
      'its output has no target_step_id to route to',
    ],
  ])('does not decide where %s', (_, row, undecided_because) => {
    expect(route(newRoutingTable([row]), 11)).toMatchObject({
      action: null,
      target_step_id: null,
      rule_id: null,
      undecided_because,
    });
  });

  it('goes by the default where no rule matches', () => {
    const table = newRoutingTable([['> 10', '"boss"']]);
    table.outputs = [{ name: 'target_step_id', values: [], default_value: '"team"' }];
    expect(route(table, 1)).toMatchObject({ rule_id: null, target_step_id: 'team' });
  });
});

describe('decideRouting with a table', () => {
  const decide = (amount: number): ReturnType<typeof decideRouting> =>
    decideRouting({
      context: { amount },
      now: 0,
      tree: null,
      table: compileTable(newRoutingTable([['> 10', '"boss"']])),
      rules: [],
      next_step_id: 'team',
      stepOf: (id) => (STEPS.has(id) ? { step_type: 'user_task', parallel: null } : undefined),
    });
  const sentences = (amount: number): string[] =>
    reasoning(decide(amount), confidenceFrom({ good: 0, total: 0 }, 20)).slice(0, -1);

  it('decides by the rule that matches, with the order of the steps as the alternative', () => {
    const decision = decide(11);
    expect(decision).toMatchObject({
      decided_by: 'table',
      decided_by_id: 'r1',
      target_step_id: 'boss',
      applied_rules: ['r1'],
    });
    expect(decision.alternatives.map((path) => path.target_step_id)).toEqual(['team']);
    expect(sentences(11)).toEqual([
      'For decision table levels, Amount is 11.',
      'Rule r1 of decision table levels routes to boss.',
    ]);
  });

  it('leaves it to the rules and the order where the table does not decide, and says so', () => {
    expect(decide(1)).toMatchObject({ decided_by: 'sequence', target_step_id: 'team' });
    expect(sentences(1)).toEqual([
      'For decision table levels, Amount is 1.',
      'Decision table levels does not decide: no rule matches, and there is no default.',
      'There is no rule to apply, so the next step in order follows: team.',
    ]);
  });
});

describe('tableRouteFaults', () => {
  it('finds targets that are no step and actions that are none, defaults as well', () => {
    const table = newRoutingTable([
      ['> 10', '"mars"', '"escalate"'],
      ['-', '"boss"', '"explode"'],
    ]);
    const [target, action] = table.outputs;
    if (target) target.default_value = '"venus"';
    if (action) action.default_value = '"reject"';
    expect(tableRouteFaults(table, STEPS).map(({ pointer, code }) => [pointer, code])).toEqual([
      ['/rules/0/outputs/0', 'unknown_step'],
      ['/outputs/0/default_value', 'unknown_step'],
      ['/rules/1/outputs/1', 'unknown_action'],
    ]);
  });

  it('lets any target pass in a table for all workflows, and has nothing to say of a table that does not route', () => {
    const table = newRoutingTable([['-', '"mars"']]);
    expect(tableRouteFaults(table, undefined)).toEqual([]);
    const other = { ...table, outputs: [{ name: 'discount', values: [], default_value: null }] };
    expect(tableRouteFaults(other, STEPS)).toEqual([]);
  });
});
