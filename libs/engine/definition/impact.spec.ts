import { newDefinition, newLevel, newStep } from '../../../test/factories/definition.factory.js';
import { diffDefinitions } from './diff.js';
import { impactOf } from './impact.js';
import { DEFAULT_THRESHOLDS, type ImpactFacts } from './impact-types.js';
import type { RoutingRule, StepDefinition, WorkflowDefinition } from './types.js';

const BEFORE = newDefinition({
  steps: [
    newStep({ step_id: 'request', order_sequence: 1 }),
    newStep({
      step_id: 'approve',
      order_sequence: 2,
      step_type: 'approval',
      required_roles: ['boss'],
    }),
    newStep({ step_id: 'archive', order_sequence: 3 }),
  ],
  approval_hierarchies: [newLevel({ level: 1, department_required: 'HR', minimum_level: 2 })],
});
const RENAMED = newDefinition({ ...BEFORE, workflow_description: 'New' });
const SHORTER = newDefinition({
  ...BEFORE,
  steps: BEFORE.steps.filter(({ step_id }) => step_id !== 'archive'),
});
const WEAKER = newDefinition({ ...BEFORE, approval_hierarchies: [] });

const ruled = (rule: Partial<RoutingRule>): Partial<WorkflowDefinition> => ({
  routing_rules: [
    {
      rule_id: 'short',
      condition_expression: 'true',
      target_step_id: 'archive',
      priority: 1,
      description: '',
      source_step_id: null,
      ...rule,
    },
  ],
});

const impact = (
  after: WorkflowDefinition,
  positions: ImpactFacts['positions'] = [],
  more: Partial<ImpactFacts> = {},
): ReturnType<typeof impactOf> =>
  impactOf({
    before: BEFORE,
    after,
    changes: diffDefinitions(BEFORE, after).changes,
    bypassed: [],
    positions,
    nearest_deadline: null,
    now: 0,
    thresholds: DEFAULT_THRESHOLDS,
    redone: [],
    lacking: [],
    history: [],
    history_days: 30,
    unsound: [],
    conflicts: [],
    measured: null,
    approval_required_for_high_impact: true,
    ...more,
  });

const at = (step_id: string, instances: number, moving = instances): ImpactFacts['positions'] => [
  { step_id, instances, moving },
];

const approving = (change: Partial<StepDefinition>): Partial<WorkflowDefinition> => ({
  steps: BEFORE.steps.map((step) => (step.step_id === 'approve' ? { ...step, ...change } : step)),
});

describe('the impact', () => {
  it.each<[string, WorkflowDefinition, ImpactFacts['positions'], string]>([
    ['low: nothing runs', RENAMED, [], 'low'],
    ['low: what runs is not touched', RENAMED, at('request', 5, 0), 'low'],
    ['medium: one moves', RENAMED, at('request', 1), 'medium'],
    ['medium: a step is removed while others run', SHORTER, at('request', 1, 0), 'medium'],
    ['high: a hundred move', RENAMED, at('request', 100), 'high'],
    ['high: one that moves stands at the removed step', SHORTER, at('archive', 1), 'high'],
    ['high: approvals get weaker', WEAKER, [], 'high'],
    ['critical: approvals get weaker for a hundred', WEAKER, at('request', 100), 'critical'],
    ['critical: a thousand move', RENAMED, at('request', 1_000), 'critical'],
  ])('is %s', (_, after, positions, level) => {
    const found = impact(after, positions);
    expect(found.impact_level).toBe(level);
    expect(found.approval_required).toBe(level === 'high' || level === 'critical');
  });

  it.each<[string, Partial<WorkflowDefinition>]>([
    ['department', { approval_hierarchies: [newLevel({ level: 1, minimum_level: 2 })] }],
    [
      'management level 1 instead of 2',
      { approval_hierarchies: [newLevel({ level: 1, department_required: 'HR' })] },
    ],
    [
      'bypassed when x',
      {
        approval_hierarchies: [
          newLevel({
            level: 1,
            department_required: 'HR',
            minimum_level: 2,
            bypass_conditions: ['x'],
          }),
        ],
      },
    ],
    [
      'role role_1 but clerk',
      {
        approval_hierarchies: [
          newLevel({
            level: 1,
            department_required: 'HR',
            minimum_level: 2,
            role_required: 'clerk',
          }),
        ],
      },
    ],
    ['approve is removed', { steps: BEFORE.steps.filter(({ step_id }) => step_id !== 'approve') }],
    ['becomes a user_task', approving({ step_type: 'user_task' })],
    ['no longer requires a role', approving({ required_roles: [] })],
    ['may also be given by clerk', approving({ required_roles: ['boss', 'clerk'] })],
    ['skipped unless x > 1', approving({ conditions: { expression: 'x > 1' } })],
  ])('is high where an approval gets weaker: %s', (words, change) => {
    const found = impact(newDefinition({ ...BEFORE, ...change }));
    expect(found.impact_level).toBe('high');
    expect(found.risk_factors).toContainEqual(expect.stringContaining(words));
  });

  it('follows the thresholds that are set', () => {
    const of = (moving: number, set: Partial<typeof DEFAULT_THRESHOLDS>) =>
      impact(RENAMED, at('request', moving), { thresholds: { ...DEFAULT_THRESHOLDS, ...set } })
        .impact_level;
    expect(of(4, { medium_instances: 5 })).toBe('low');
    expect(of(4, { high_instances: 4 })).toBe('high');
    expect(of(4, { high_instances: 2, critical_instances: 4 })).toBe('critical');
  });

  it('is raised by deadlines that come before it is over, and by steps that are done often', () => {
    const minutes = (of: number): string => new Date(of * 60_000).toISOString();
    const measured = { instances: 9, ms_an_instance: 60_000, of_workflow: true };
    const due = (nearest_deadline: string) =>
      impact(RENAMED, at('request', 10), { measured, nearest_deadline });
    expect(due(minutes(11)).impact_level).toBe('medium');
    expect(due(minutes(10))).toMatchObject({
      impact_level: 'high',
      risk_factors: expect.arrayContaining([expect.stringContaining('before all of that is over')]),
    });
    const history = (cases: number) => [{ step_id: 'request', cases, mean_minutes: 1 }];
    expect(impact(RENAMED, [], { history: history(999) }).impact_level).toBe('low');
    expect(impact(RENAMED, [], { history: history(1_000) }).impact_level).toBe('medium');
  });

  it.each<[string, Partial<WorkflowDefinition>, ImpactFacts['step_mapping']?]>([
    ['approve is passed over by rule short when true', ruled({ source_step_id: 'request' })],
    ['approve is passed over by rule short when true', ruled({ source_step_id: null })],
    [
      'approve is asked only after archive',
      {
        steps: BEFORE.steps.map((step) =>
          step.step_id === 'archive' ? { ...step, order_sequence: 1.5 } : step,
        ),
      },
    ],
    ['at request are moved past the approval approve', RENAMED, { request: 'archive' }],
    ['at approve are moved past the approval approve', RENAMED, { approve: 'archive' }],
    ['at request are moved past the approval approve', RENAMED, { request: null }],
  ])('is high where an approval is passed over: %s', (words, change, step_mapping = {}) => {
    const found = impact(newDefinition({ ...BEFORE, ...change }), [], { step_mapping });
    expect(found.impact_level).toBe('high');
    expect(found.risk_factors).toContainEqual(expect.stringContaining(words));
  });

  it.each<[string, Partial<WorkflowDefinition>, ImpactFacts['step_mapping']?]>([
    ['a rule that leads to it', ruled({ source_step_id: 'request', target_step_id: 'approve' })],
    ['a rule behind it', ruled({ source_step_id: 'approve' })],
    [
      'instances that are moved to it, or back',
      RENAMED,
      { request: 'approve', approve: 'request' },
    ],
  ])('is not raised by %s', (_, change, step_mapping = {}) => {
    const found = impact(newDefinition({ ...BEFORE, ...change }), [], { step_mapping });
    expect(found.impact_level).toBe('low');
  });

  it('is high where a rule no longer leads to an approval', () => {
    const before = newDefinition({
      ...BEFORE,
      ...ruled({ source_step_id: 'request', target_step_id: 'approve' }),
    });
    const changes = diffDefinitions(before, BEFORE).changes;
    expect(impact(BEFORE, [], { before, changes }).risk_factors).toContain(
      'Rule short no longer leads to the approval approve when true.',
    );
  });

  it('is not raised by a stronger approval', () => {
    const stronger = newDefinition({
      ...BEFORE,
      approval_hierarchies: [...BEFORE.approval_hierarchies, newLevel({ level: 2 })],
    });
    expect(impact(stronger).impact_level).toBe('low');
  });

  it('counts a bypassed approval as weaker', () => {
    const found = impact(BEFORE, at('approve', 2, 1), { bypassed: ['approve'] });
    expect(found).toMatchObject({ impact_level: 'high', affected_instances: 2 });
  });

  it('takes its times from measured moves and recorded steps, and says so when it cannot', () => {
    const unknown = impact(RENAMED, at('request', 60));
    expect(unknown.estimated_disruption_minutes).toBe(0);
    expect(unknown.risk_factors.join(' ')).toContain('not known');
    const measured = impact(RENAMED, at('request', 60), {
      measured: { instances: 9, ms_an_instance: 1_000, of_workflow: true },
      redone: [{ step_id: 'request', instances: 60 }],
      history: [{ step_id: 'request', cases: 4, mean_minutes: 12.5 }],
    });
    expect(measured).toMatchObject({
      estimated_disruption_minutes: 13.5,
      estimated_rollback_time_minutes: 1,
    });
    expect(measured.mitigation_strategies.join(' ')).toContain('9 measured moves of this workflow');
    expect(measured.risk_factors).toEqual(
      expect.arrayContaining([
        '60 open instances would be moved to the new definition: 60 at request.',
        '60 open instances would be made to begin request anew.',
        'request was done 4 times in the last 30 days, in 13 minutes on average.',
      ]),
    );
  });

  it('names fields that instances lack, what is unsound, and changes that do not go together', () => {
    const lacking = impact(RENAMED, at('request', 2), {
      lacking: [{ field: 'amount', instances: 2 }],
    });
    expect(lacking.risk_factors.join(' ')).toContain('have no amount');
    for (const odd of [{ unsound: ['It never ends.'] }, { conflicts: ['It conflicts.'] }]) {
      const found = impact(RENAMED, [], odd);
      expect(found.impact_level).toBe('medium');
      expect(found.risk_factors[0]).toMatch(/^It /);
    }
  });

  it('needs no approval where the setting says so', () => {
    expect(impact(WEAKER, [], { approval_required_for_high_impact: false })).toMatchObject({
      impact_level: 'high',
      approval_required: false,
    });
  });
});
