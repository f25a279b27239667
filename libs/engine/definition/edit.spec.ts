import fc from 'fast-check';

import { definitions } from '../../../test/factories/definition.arbitrary.js';
import {
  newDefinition,
  newLevel,
  newRule,
  newStep,
} from '../../../test/factories/definition.factory.js';
import { applyDiff, diffDefinitions, inOrder, invertDiff } from './diff.js';
import { editDefinition } from './edit.js';
import type { DefinitionEdit, StepModification } from './edit-types.js';
import type { WorkflowDefinition } from './types.js';

const DEFINITION = newDefinition({
  steps: [
    newStep({ step_id: 'request', order_sequence: 1 }),
    newStep({ step_id: 'approve', order_sequence: 2, step_type: 'approval' }),
    newStep({ step_id: 'archive', order_sequence: 10 }),
  ],
  routing_rules: [newRule({ rule_id: 'fast', target_step_id: 'archive' })],
  approval_hierarchies: [newLevel({ level: 1 })],
});

const AT = '/workflow_modification/step_modifications/0';

const modification = (
  change: Partial<StepModification> & Pick<StepModification, 'modification_type' | 'step_id'>,
): StepModification => ({
  new_configuration: null,
  insert_after_step: null,
  routing_conditions: null,
  ...change,
});

const edit = (
  steps: StepModification[],
  more: Partial<DefinitionEdit> = {},
): ReturnType<typeof editDefinition> =>
  editDefinition(DEFINITION, {
    modification_type: steps[0]?.modification_type ?? 'modify_step',
    step_modifications: steps,
    global_changes: {},
    ...more,
  });

const sequence = ({ draft }: ReturnType<typeof editDefinition>): unknown =>
  (draft['steps'] as { step_id: string; order_sequence: number }[]).map((step) => [
    step.step_id,
    step.order_sequence,
  ]);

describe('an edit', () => {
  it('leaves the definition itself alone', () => {
    const before = structuredClone(DEFINITION);
    edit([
      modification({
        step_id: 'request',
        modification_type: 'modify_step',
        new_configuration: { step_name: 'Other' },
      }),
      modification({ step_id: 'archive', modification_type: 'remove_step' }),
    ]);
    expect(DEFINITION).toEqual(before);
  });

  it.each([
    [
      'approve',
      [
        ['request', 1],
        ['approve', 2],
        ['upload', 3],
        ['archive', 10],
      ],
    ],
    [
      'request',
      [
        ['request', 1],
        ['upload', 2],
        ['approve', 3],
        ['archive', 10],
      ],
    ],
    [
      null,
      [
        ['request', 1],
        ['approve', 2],
        ['archive', 10],
        ['upload', 11],
      ],
    ],
  ])('puts a new step after %s, counting others up only where they meet', (after, expected) => {
    const edited = edit([
      modification({
        step_id: 'upload',
        modification_type: 'add_step',
        insert_after_step: after,
        new_configuration: { step_name: 'Upload', step_type: 'user_task' },
      }),
    ]);
    expect(edited.faults).toEqual([]);
    expect(sequence(edited)).toEqual(expected);
  });

  it('gives a new step the rule that leads to it', () => {
    const { draft } = edit([
      modification({
        step_id: 'upload',
        modification_type: 'add_step',
        new_configuration: { step_name: 'Upload', step_type: 'user_task' },
        routing_conditions: { condition_expression: 'x > 1', source_step_id: 'request' },
      }),
    ]);
    expect(draft['routing_rules']).toContainEqual({
      rule_id: 'to_upload',
      condition_expression: 'x > 1',
      source_step_id: 'request',
      target_step_id: 'upload',
    });
  });

  it('removes a step with the rules that name it', () => {
    const { draft, faults } = edit([
      modification({ step_id: 'archive', modification_type: 'remove_step' }),
    ]);
    expect(faults).toEqual([]);
    expect(draft).toMatchObject({
      steps: [{ step_id: 'request' }, { step_id: 'approve' }],
      routing_rules: [],
    });
  });

  it('does not remove the last step', () => {
    const { faults } = edit(
      ['request', 'approve', 'archive'].map((step_id) =>
        modification({ step_id, modification_type: 'remove_step' }),
      ),
    );
    expect(faults).toEqual([
      expect.objectContaining({
        pointer: '/workflow_modification/step_modifications/2/step_id',
        code: 'last_step',
      }),
    ]);
  });

  it('moves a step', () => {
    const edited = edit([
      modification({
        step_id: 'archive',
        modification_type: 'modify_step',
        insert_after_step: 'request',
      }),
    ]);
    expect(sequence(edited)).toEqual([
      ['request', 1],
      ['archive', 2],
      ['approve', 3],
    ]);
  });

  it('changes a rule field by field, and takes one away', () => {
    const change = (routing_conditions: Record<string, unknown>): unknown =>
      edit([
        modification({
          step_id: 'approve',
          modification_type: 'update_routing',
          routing_conditions,
        }),
      ]).draft['routing_rules'];
    expect(change({ rule_id: 'fast', priority: 5 })).toEqual([
      { ...DEFINITION.routing_rules[0], priority: 5, target_step_id: 'approve' },
    ]);
    expect(change({ rule_id: 'fast', remove: true })).toEqual([]);
  });

  it.each([
    ['change_approval', { required_roles: ['boss'] }],
    ['update_timeout', { auto_escalation_hours: 4, estimated_duration_minutes: 5 }],
    ['modify_notification', { notification_settings: { email: true } }],
  ] as const)('%s sets its own fields only', (modification_type, new_configuration) => {
    const { draft, faults } = edit([
      modification({ step_id: 'approve', modification_type, new_configuration }),
    ]);
    expect(faults).toEqual([]);
    expect((draft['steps'] as unknown[])[1]).toEqual({
      ...DEFINITION.steps[1],
      ...new_configuration,
    });
    const wrong = edit([
      modification({
        step_id: 'approve',
        modification_type,
        new_configuration: { ...new_configuration, step_name: 'x' },
      }),
    ]);
    expect(wrong.faults).toEqual([
      expect.objectContaining({
        pointer: `${AT}/new_configuration/step_name`,
        code: 'unknown_field',
      }),
    ]);
  });

  it('changes whole fields of the workflow, and no others', () => {
    const { draft, faults } = edit([], {
      global_changes: { global_timeout_hours: 5, approval_hierarchies: [], 'a/b': 1 },
    });
    expect(draft).toMatchObject({ global_timeout_hours: 5, approval_hierarchies: [] });
    expect(faults).toEqual([
      expect.objectContaining({ pointer: '/workflow_modification/global_changes/a~1b' }),
    ]);
  });

  it.each<[string, StepModification, string]>([
    [
      'an unknown step',
      modification({ step_id: 'nope', modification_type: 'remove_step' }),
      `${AT}/step_id`,
    ],
    [
      'a step that is there already',
      modification({ step_id: 'archive', modification_type: 'add_step', new_configuration: {} }),
      `${AT}/step_id`,
    ],
    [
      'a place after an unknown step',
      modification({
        step_id: 'x',
        modification_type: 'add_step',
        new_configuration: {},
        insert_after_step: 'nope',
      }),
      `${AT}/insert_after_step`,
    ],
    [
      'a rule that is not there',
      modification({
        step_id: 'archive',
        modification_type: 'update_routing',
        routing_conditions: { rule_id: 'nope', remove: true },
      }),
      `${AT}/routing_conditions/rule_id`,
    ],
    [
      'a missing configuration',
      modification({ step_id: 'archive', modification_type: 'modify_step' }),
      `${AT}/new_configuration`,
    ],
    [
      'a bypass among changes',
      modification({ step_id: 'archive', modification_type: 'emergency_bypass' }),
      `${AT}/modification_type`,
    ],
  ])('tells of %s where it stands', (_, step, pointer) => {
    const { faults } = edit([step], { modification_type: 'modify_step' });
    expect(faults.map((fault) => fault.pointer)).toEqual([pointer]);
  });

  it('knows where in the request a part of the draft comes from', () => {
    const { pointerOf } = edit(
      [
        modification({
          step_id: 'upload',
          modification_type: 'add_step',
          insert_after_step: 'request',
          new_configuration: { step_type: 'user_task' },
          routing_conditions: { condition_expression: '>' },
        }),
      ],
      { global_changes: { category: '' } },
    );
    expect(
      [
        '/steps/1/step_name',
        '/steps/1/step_id',
        '/routing_rules/1/condition_expression',
        '/routing_rules/1/target_step_id',
        '/category',
        '/steps/0/step_name',
      ].map(pointerOf),
    ).toEqual([
      `${AT}/new_configuration/step_name`,
      `${AT}/step_id`,
      `${AT}/routing_conditions/condition_expression`,
      `${AT}/step_id`,
      '/workflow_modification/global_changes/category',
      '/workflow_modification',
    ]);
  });
});

describe('edits of any definition', () => {
  const ids = fc.constantFrom('a', 'b', 'c', 'd', 'new_1', 'new_2');
  const places = fc.option(fc.constantFrom('a', 'b', 'c', 'd'));
  const edits = fc.array(
    fc.oneof(
      fc
        .record({ step_id: ids, name: fc.string(), place: places })
        .map(({ step_id, name, place }) => {
          const {
            step_id: _,
            order_sequence: __,
            ...configured
          } = newStep({ step_id, order_sequence: 0 });
          return modification({
            step_id,
            modification_type: 'add_step',
            insert_after_step: place,
            new_configuration: { ...configured, step_name: name },
          });
        }),
      ids.map((step_id) => modification({ step_id, modification_type: 'remove_step' })),
      fc
        .record({ step_id: ids, name: fc.string(), place: places })
        .map(({ step_id, name, place }) =>
          modification({
            step_id,
            modification_type: 'modify_step',
            insert_after_step: place,
            new_configuration: { step_name: name },
          }),
        ),
      fc
        .record({ step_id: ids, rule: fc.constantFrom('r0', 'r1', 'n'), remove: fc.boolean() })
        .map(({ step_id, rule: rule_id, remove }) =>
          modification({
            step_id,
            modification_type: 'update_routing',
            routing_conditions: remove
              ? { rule_id, remove }
              : { ...newRule({ rule_id, target_step_id: step_id }), target_step_id: undefined },
          }),
        ),
    ),
    { minLength: 1, maxLength: 4 },
  );

  it('are what their diff leads to, and its inverse leads back', () => {
    let whole = 0;
    fc.assert(
      fc.property(definitions, edits, (before, step_modifications) => {
        const { draft, faults } = editDefinition(before, {
          modification_type: 'modify_step',
          step_modifications,
          global_changes: { global_timeout_hours: 7 },
        });
        fc.pre(faults.length === 0);
        whole += 1;
        const target = inOrder(draft as unknown as WorkflowDefinition);
        const diff = diffDefinitions(before, target);
        expect(applyDiff(before, diff)).toEqual(target);
        expect(applyDiff(target, { changes: invertDiff(diff) })).toEqual(inOrder(before));
      }),
    );
    expect(whole).toBeGreaterThanOrEqual(100);
  });
});
