import {
  newDefinition,
  newLevel,
  newRule,
  newStep,
} from '../../../test/factories/definition.factory.js';
import type { RoutingRule, StepDefinition, WorkflowDefinition } from '#engine/definition';
import { checkPositions, checkSoundness } from './soundness.js';
import { type InstanceState, NEW_INSTANCE } from '#engine/instance';

type PartialStep = Partial<StepDefinition> & Pick<StepDefinition, 'step_id'>;

function definition(
  steps: readonly PartialStep[],
  rules: readonly (Partial<RoutingRule> & Pick<RoutingRule, 'target_step_id'>)[] = [],
  more: Partial<WorkflowDefinition> = {},
): WorkflowDefinition {
  return newDefinition({
    steps: steps.map((step, index) => newStep({ order_sequence: index + 1, ...step })),
    routing_rules: rules.map((rule, index) => newRule({ rule_id: `rule_${index}`, ...rule })),
    ...more,
  });
}

const found = (sound: WorkflowDefinition): (readonly [string, string])[] =>
  checkSoundness(sound).findings.map(({ code, pointer }) => [code, pointer] as const);

const abc = [{ step_id: 'a' }, { step_id: 'b' }, { step_id: 'c' }];

/** Round and round at b. */
const trap = definition(abc, [
  { source_step_id: 'a', target_step_id: 'c', condition_expression: 'true' },
  { source_step_id: 'b', target_step_id: 'b', condition_expression: 'true' },
]);
const at = (step_id: string) => ({
  ...NEW_INSTANCE,
  status: 'running' as const,
  current: {
    step_execution_id: 'x',
    step_id,
    entry: 1,
    step_type: 'user_task' as const,
    status: 'waiting' as const,
    levels: null,
  },
  step_entries: { a: 1 },
});

describe('soundness', () => {
  it('finds nothing in a workflow that works', () => {
    const onboarding = definition(
      [
        { step_id: 'request' },
        { step_id: 'approve', step_type: 'approval' },
        { step_id: 'prepare', step_type: 'automated' },
        { step_id: 'close' },
      ],
      [
        { target_step_id: 'close', condition_expression: 'amount < 100' },
        {
          source_step_id: 'approve',
          target_step_id: 'request',
          condition_expression: 'outcome = "rejected"',
        },
      ],
      {
        approval_hierarchies: [
          newLevel({ level: 1, bypass_conditions: ['amount < 10'] }),
          newLevel({ level: 2 }),
        ],
      },
    );
    expect(checkSoundness(onboarding)).toMatchObject({ findings: [], complete: true });
  });

  it('tells of steps that nobody comes to, and rules that never apply', () => {
    expect(
      found(
        definition(abc, [
          { source_step_id: 'a', target_step_id: 'c', condition_expression: 'true' },
          {
            source_step_id: 'a',
            target_step_id: 'b',
            condition_expression: 'amount > 5',
            priority: 200,
          },
        ]),
      ),
    ).toEqual([
      ['step_unreachable', '/steps/1'],
      ['rule_never_applies', '/routing_rules/1'],
    ]);
  });

  it.each([
    ['amount > 5 and amount < 3', 'rule_never_applies'],
    ['amount > 5 and amount < 5.5', null],
    ['not(amount > 5) and amount > 4', null],
    ['outcome = "rejected"', 'rule_never_applies'],
    ['outcome = "completed" and kind in ("x", "y")', null],
    ['kind = "x" and kind = "y"', 'rule_never_applies'],
    ['string length(kind) > 5', null],
    ['amount between 3 and 5 and amount in [4..9]', null],
    ['amount between 3 and 5 and amount in [6..9]', 'rule_never_applies'],
    ['user.role = "boss"', null],
    ['amount = null', null],
  ])('knows whether %s can hold after a user task', (condition_expression, code) => {
    const codes = found(
      definition(abc, [{ source_step_id: 'a', target_step_id: 'c', condition_expression }]),
    );
    expect(codes.map(([known]) => known)).toEqual(code === null ? [] : [code]);
  });

  it('sees that rules together leave nothing over, on the same data', () => {
    const rules = (second: string): WorkflowDefinition =>
      definition(
        [...abc, { step_id: 'd' }],
        [
          { source_step_id: 'a', target_step_id: 'c', condition_expression: 'amount > 5' },
          { source_step_id: 'a', target_step_id: 'd', condition_expression: second },
        ],
      );
    expect(found(rules('amount <= 5'))).toEqual([]);
    expect(found(rules('not(amount > 5) or amount = null'))).toEqual([
      ['step_unreachable', '/steps/1'],
    ]);
  });

  it('shows the way to where nothing leads out of', () => {
    const { findings } = checkSoundness(
      definition(abc, [
        { source_step_id: 'a', target_step_id: 'b', condition_expression: 'amount > 5' },
        { source_step_id: 'a', target_step_id: 'c', condition_expression: 'true', priority: 200 },
        { source_step_id: 'b', target_step_id: 'b', condition_expression: 'true' },
      ]),
    );
    expect(findings).toMatchObject([
      {
        code: 'never_ends',
        severity: 'error',
        pointer: '/steps/1',
        path: [
          { step_id: 'a', outcome: 'completed', data: { amount: 6 } },
          { step_id: 'b', outcome: null },
        ],
      },
    ]);
    expect(findings[0]?.message).toContain('a (completed, amount = 6) → b');
  });

  it('shows a loop that never waits', () => {
    const { findings } = checkSoundness(
      definition(
        [{ step_id: 'a' }, { step_id: 'b', step_type: 'conditional' }, { step_id: 'c' }],
        [{ source_step_id: 'b', target_step_id: 'b', condition_expression: 'again' }],
      ),
    );
    expect(findings).toMatchObject(
      [{ code: 'runaway_loop', severity: 'error', path: [{ data: { again: true } }, {}, {}] }].map(
        (finding) => ({
          ...finding,
          path: expect.arrayContaining([
            expect.objectContaining({ step_id: 'a', data: { again: true } }),
          ]),
        }),
      ),
    );
  });

  it('finds joins that cannot complete', () => {
    const task = (task_id: string, dependencies: string[] = []) => ({
      task_id,
      task_name: task_id,
      task_type: 'validation',
      step_id: 'p',
      priority: 100,
      estimated_duration_minutes: 50,
      max_retry_attempts: 3,
      timeout_minutes: 60,
      dependencies,
      input_data: {},
      resource_requirements: {},
    });
    const joined = (condition_expression: string, timeout_minutes = 120): WorkflowDefinition =>
      definition([
        {
          step_id: 'p',
          step_type: 'parallel',
          parallel: {
            tasks: [task('x'), task('y', ['x'])],
            synchronization_points: [
              {
                sync_id: 'both',
                sync_name: 'both',
                sync_type: 'conditional_join',
                required_tasks: ['x', 'y'],
                minimum_completion_percentage: 100,
                timeout_minutes,
                failure_strategy: 'fail_fast',
                condition_expression,
              },
            ],
            load_balancing: {
              strategy: 'round_robin',
              max_concurrent_tasks: 10,
              resource_constraints: {},
              queue_priority_levels: 3,
              adaptive_scaling: true,
            },
            global_timeout_minutes: 240,
            failure_strategy: 'partial_success',
            monitoring_interval_seconds: 30,
          },
        },
      ]);
    expect(found(joined('results.x.score > 5'))).toEqual([]);
    expect(found(joined('x.score > 5 and y.score < 2'))).toEqual([]);
    expect(found(joined('results.x.score > 5 and results.x.score < 2'))).toEqual([
      ['join_never_completes', '/steps/0/parallel/synchronization_points/0/condition_expression'],
    ]);
    expect(found(joined('z.score > 5'))).toEqual([
      ['join_never_completes', '/steps/0/parallel/synchronization_points/0/condition_expression'],
    ]);
    expect(found(joined('true', 99))).toEqual([
      ['join_likely_times_out', '/steps/0/parallel/synchronization_points/0/timeout_minutes'],
    ]);
  });

  it('finds rules that read what is only filled in later', () => {
    const form = (name: string) => ({
      form_schema: { type: 'object', properties: { [name]: {} } },
    });
    const rule = { source_step_id: 'b', target_step_id: 'd', condition_expression: 'amount > 5' };
    const steps = (early: object, late: object): WorkflowDefinition =>
      definition(
        [{ step_id: 'a', ...early }, { step_id: 'b' }, { step_id: 'c', ...late }, { step_id: 'd' }],
        [rule],
      );
    expect(found(steps(form('amount'), {}))).toEqual([]);
    expect(found(steps({}, form('amount')))).toEqual([
      ['variable_set_too_late', '/routing_rules/0/condition_expression'],
    ]);
    expect(found(steps({}, {}))).toEqual([]);
  });

  it('finds conditions of steps and bypasses of levels that read what is only filled in later, with the way there', () => {
    const form = { form_schema: { type: 'object', properties: { amount: {} } } };
    const late = (early: object, last: object): WorkflowDefinition =>
      definition(
        [
          { step_id: 'a', ...early },
          { step_id: 'b', conditions: { expression: 'amount > 5' } },
          { step_id: 'c', step_type: 'approval' },
          { step_id: 'd', ...last },
        ],
        [],
        { approval_hierarchies: [newLevel({ level: 1, bypass_conditions: ['amount < 10'] })] },
      );
    expect(found(late(form, {}))).toEqual([]);
    expect(checkSoundness(late({}, form)).findings).toMatchObject([
      {
        code: 'variable_set_too_late',
        subject: 'b',
        pointer: '/steps/1/conditions/expression',
        path: [{ step_id: 'a', outcome: 'completed', data: { amount: 7.5 } }, { step_id: 'b' }],
      },
      { pointer: '/approval_hierarchies/0/bypass_conditions/0', path: expect.any(Array) },
    ]);
  });

  it('takes an unknown tree for one that may lead anywhere', () => {
    const byTree = definition(
      [
        { step_id: 'a', step_type: 'conditional', decision_tree_id: 't' },
        { step_id: 'b' },
        { step_id: 'c' },
      ],
      [{ source_step_id: 'a', target_step_id: 'c', condition_expression: 'true' }],
    );
    expect(found(byTree)).toEqual([]);
  });

  it('stops at a bound, and then claims nothing that needs the whole', () => {
    const steps = Array.from({ length: 16 }, (_, index) => ({ step_id: `s${index}` }));
    const rules = steps.slice(1).map(({ step_id }, index) => ({
      target_step_id: step_id,
      condition_expression: `f${index} > 1`,
    }));
    const { complete, findings } = checkSoundness(definition(steps, rules));
    expect(complete).toBe(false);
    expect(findings).toEqual([]);
  });

  it('judges positions that instances stand at already', () => {
    expect(checkPositions(trap, [at('a'), at('c')]).findings).toEqual([]);
    expect(checkPositions(trap, [at('a'), at('b')]).findings).toMatchObject([
      { code: 'never_ends', path: [{ step_id: 'b' }] },
    ]);
  });

  it('lets an instance that awaits a choice go on as was decided, or, where that step is gone, to any other', () => {
    const awaiting = (target_step_id: string): InstanceState => ({
      ...at('a'),
      current: {
        ...at('a').current,
        awaiting: { decision_id: 'd', action: 'route_to_step', target_step_id, step_ended: true },
      },
    });
    expect(checkPositions(trap, [awaiting('c')]).findings).toEqual([]);
    expect(checkPositions(trap, [awaiting('gone')]).findings).toMatchObject([
      { code: 'never_ends' },
    ]);
  });
});
