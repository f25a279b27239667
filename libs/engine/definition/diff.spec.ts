import fc from 'fast-check';

import {
  newDefinition,
  newLevel,
  newRule,
  newStep,
} from '../../../test/factories/definition.factory.js';
import { applyDiff, diffDefinitions, inOrder, invertDiff } from './diff.js';
import { stepMapping } from './step-mapping.js';
import type { WorkflowDefinition } from './types.js';

const STEP_IDS = ['a', 'b', 'c', 'd', '__proto__', 'toString'];
const json = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 2 });

const definitions: fc.Arbitrary<WorkflowDefinition> = fc
  .record({
    ids: fc.uniqueArray(fc.constantFrom(...STEP_IDS), { minLength: 1 }),
    sequences: fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { minLength: 6, maxLength: 6 }),
    names: fc.array(fc.string(), { minLength: 6, maxLength: 6 }),
    settings: fc.array(json, { minLength: 6, maxLength: 6 }),
    rules: fc.uniqueArray(
      fc.record({
        id: fc.constantFrom('r', 's', 't', 'u'),
        priority: fc.integer({ min: 1, max: 3 }),
      }),
      {
        selector: ({ id }) => id,
      },
    ),
    levels: fc.integer({ min: 0, max: 3 }),
    minimum_level: fc.integer({ min: 0, max: 3 }),
    fields: fc.record({
      global_timeout_hours: fc.integer({ min: 1, max: 3 }),
      retry_configuration: json,
      version: fc.constantFrom('1.0', '1.1'),
    }),
  })
  .map(({ ids, sequences, names, settings, rules, levels, minimum_level, fields }) =>
    inOrder(
      newDefinition({
        ...fields,
        steps: ids.map((step_id, index) =>
          newStep({
            step_id,
            order_sequence: sequences[index] ?? index,
            step_name: names[index] ?? '',
            form_schema: settings[index] ?? {},
          }),
        ),
        routing_rules: rules.map(({ id, priority }) =>
          newRule({ rule_id: id, priority, target_step_id: ids[0] ?? 'a' }),
        ),
        approval_hierarchies: Array.from({ length: levels }, (_, index) =>
          newLevel({ level: index + 1, minimum_level }),
        ),
      }),
    ),
  );

describe('a diff', () => {
  it('leads from one definition to the other', () => {
    fc.assert(
      fc.property(definitions, definitions, (a, b) => {
        expect(applyDiff(a, diffDefinitions(a, b))).toEqual(b);
      }),
    );
  });

  it('and back again', () => {
    fc.assert(
      fc.property(definitions, definitions, (a, b) => {
        const diff = diffDefinitions(a, b);
        expect(applyDiff(applyDiff(a, diff), { changes: invertDiff(diff) })).toEqual(a);
      }),
    );
  });

  it('of equal definitions is empty, whatever the order of their keys', () => {
    fc.assert(
      fc.property(definitions, (a) => {
        const other = JSON.parse(JSON.stringify(a), (_, value: unknown) =>
          typeof value === 'object' && value !== null && !Array.isArray(value)
            ? Object.fromEntries(Object.entries(value).reverse())
            : value,
        ) as WorkflowDefinition;
        expect(diffDefinitions(a, other).changes).toEqual([]);
      }),
    );
  });

  it('says it in words', () => {
    const before = newDefinition({
      steps: [
        newStep({ step_id: 'request', order_sequence: 1 }),
        newStep({ step_id: 'archive', order_sequence: 2, step_name: 'Archive' }),
      ],
      approval_hierarchies: [newLevel({ level: 1, role_required: 'manager' })],
    });
    const after = newDefinition({
      global_timeout_hours: 24,
      steps: [
        newStep({ step_id: 'request', order_sequence: 1, required_roles: ['hr'] }),
        newStep({ step_id: 'upload', order_sequence: 2, step_name: 'Upload' }),
      ],
      routing_rules: [
        newRule({ rule_id: 'fast', target_step_id: 'upload', condition_expression: 'x > 1' }),
      ],
    });
    expect(diffDefinitions(before, after).sentences).toEqual([
      'The workflow: global_timeout_hours changes from 168 to 24.',
      'Step archive (“Archive”) is removed.',
      'Step request: required_roles changes from [] to ["hr"].',
      'Step upload (“Upload”, user_task) is added after request.',
      'Rule fast is added: when x > 1, go to upload.',
      'Approval level 1 (manager) is removed.',
    ]);
  });
});

describe('a step mapping', () => {
  const steps = (...ids: string[]): Pick<WorkflowDefinition, 'steps'> => ({
    steps: ids.map((step_id, index) => newStep({ step_id, order_sequence: index })),
  });

  it('goes to the next step that is left, else nowhere', () => {
    expect(stepMapping(steps('a', 'b', 'c', 'd'), steps('a', 'c'))).toEqual({ b: 'c', d: null });
  });

  it('does as it is told, also with steps that both have', () => {
    expect(stepMapping(steps('a', 'b', 'c'), steps('a', 'c'), { a: 'c', b: null })).toEqual({
      a: 'c',
      b: null,
    });
  });

  it('answers for every step that is lost, and only with steps that are there', () => {
    fc.assert(
      fc.property(definitions, definitions, (from, to) => {
        const mapping = new Map(Object.entries(stepMapping(from, to)));
        const kept = new Set(to.steps.map(({ step_id }) => step_id));
        const lost = from.steps.map(({ step_id }) => step_id).filter((id) => !kept.has(id));
        expect(new Set(mapping.keys())).toEqual(new Set(lost));
        for (const target of mapping.values())
          expect(target === null || kept.has(target)).toBe(true);
      }),
    );
  });
});
