import {
  newDefinition,
  newLevel,
  newRule,
  newStep,
} from '../../../test/factories/definition.factory.js';
import type { StepDefinition } from '#engine/definition';
import type { Migration } from './migration-plan.js';
import { MigrationRehearsal, type PositionSample } from './rehearsal.js';

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
  status: 'running',
  started_at: new Date(0),
  ...more,
});

const MIGRATION: Migration = {
  step_mapping: {},
  filter: null,
  in_progress: 'move',
  values: {},
  timers: 'keep',
};

const HOUR = 3_600_000;

const rehearsal = (after: ReturnType<typeof newDefinition>, migration: Partial<Migration> = {}) =>
  new MigrationRehearsal(new Map([[1, BEFORE]]), after, { ...MIGRATION, ...migration }, 5 * HOUR);

const rehearsed = (after: ReturnType<typeof newDefinition>, step_mapping = {}) =>
  rehearsal(after, { step_mapping }).all([at('a'), at('b'), at('c')]);

describe('a rehearsal', () => {
  it('leaves work alone that goes on', () => {
    const after = newDefinition({ steps: [...BEFORE.steps, ...steps({ step_id: 'd' })] });
    expect(rehearsed(after)).toEqual({ redone: [], risks: [], stranded: [] });
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
    const message: unknown = expect.stringContaining('3 instances at b, such as at_b: From here');
    expect(rehearsed(after).stranded).toMatchObject([{ code: 'never_ends', message }]);
    expect(rehearsed(after, { b: 'c' }).stranded).toEqual([]);
  });

  it('strands nobody who has no way out already', () => {
    const caught = newDefinition({
      ...BEFORE,
      routing_rules: [newRule({ rule_id: 'again', source_step_id: 'b', target_step_id: 'b' })],
    });
    const rehearsal = new MigrationRehearsal(new Map([[1, caught]]), caught, MIGRATION, HOUR);
    const { risks, stranded } = rehearsal.all([at('b')]);
    expect(stranded).toEqual([]);
    expect(risks).toEqual([expect.stringContaining('no way leads to the end')]);
    expect(rehearsal.strandedBy(at('b'))).toBeNull();
  });
});

describe('one instance', () => {
  const longer = newDefinition({
    steps: steps(
      { step_id: 'a' },
      { step_id: 'b', required_roles: ['boss'] },
      { step_id: 'c' },
      { step_id: 'd' },
    ),
  });

  it.each<[string, Partial<Migration>, Partial<PositionSample>, object]>([
    ['goes on', {}, {}, { fate: 'moves', to_step_id: 'b', anew: false }],
    [
      'begins anew where work on a changed step is called off',
      { in_progress: 'cancel' },
      {},
      { fate: 'moves', to_step_id: 'b', anew: true },
    ],
    ['finishes first', { in_progress: 'finish' }, {}, { fate: 'waits', to_step_id: null }],
    [
      'completes where it is mapped to nothing',
      { step_mapping: { b: null } },
      {},
      { fate: 'completes', to_step_id: null },
    ],
    ['is left by the filter', { filter: 'amount > 5' }, { data: { amount: 5 } }, { fate: 'stays' }],
    [
      'is let through by the filter',
      { filter: 'amount > 4 and instance.step_id = "b" and instance.age_hours = 5' },
      { data: { amount: 5 } },
      { fate: 'moves' },
    ],
    [
      'is given values that it lacks',
      { values: { total: 'amount * 2', amount: '9' } },
      { data: { amount: 5 } },
      { fate: 'moves', state: expect.objectContaining({ data: { amount: 5, total: 10 } }) },
    ],
    [
      'is refused where a value cannot be worked out',
      { values: { total: 'amount * 2' } },
      { data: { amount: 'much' } },
      { fate: 'refused', what_happens: expect.stringContaining('total cannot be worked out') },
    ],
  ])('%s', (_, migration, instance, fate) => {
    expect(rehearsal(longer, migration).one(at('b', instance))).toMatchObject(fate);
  });

  it('is not interrupted at a step that only has another place', () => {
    const after = newDefinition({ steps: steps({ step_id: 'n' }, { step_id: 'a' }) });
    expect(rehearsal(after, { in_progress: 'finish' }).one(at('a'))).toMatchObject({
      fate: 'moves',
      to_step_id: 'a',
      anew: false,
    });
  });
});
