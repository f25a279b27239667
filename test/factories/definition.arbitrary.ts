import fc from 'fast-check';

import type { WorkflowDefinition } from '#engine/definition';
import { newDefinition, newLevel, newRule, newStep } from './definition.factory.js';

const STEPS = ['a', 'b', 'c', 'd'];

const OF_OUTCOME = [
  'outcome = "completed"',
  'outcome = "rejected"',
  'outcome = "skipped"',
  'step.id = "b"',
];

const conditions = (more: readonly string[]): fc.Arbitrary<string> =>
  fc.letrec<{ condition: string }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 2 },
      fc.constantFrom(
        'true',
        'false',
        'x',
        'x = false',
        'n > 3',
        'n <= 7',
        'n = 3',
        'n != 7',
        'n in [3..7)',
        'n between 4 and 9',
        'kind = "u"',
        'kind in ("u", "v")',
        'kind = null',
        ...more,
      ),
      tie('condition').map((inner) => `not(${inner})`),
      fc.tuple(tie('condition'), tie('condition')).map(([one, other]) => `(${one}) and (${other})`),
      fc.tuple(tie('condition'), tie('condition')).map(([one, other]) => `(${one}) or (${other})`),
    ),
  })).condition;

/** Small definitions that ask for all that decides where instances go. */
export const definitions: fc.Arbitrary<WorkflowDefinition> = fc
  .record({
    steps: fc.array(
      fc.record({
        step_type: fc.constantFrom(
          'user_task' as const,
          'approval' as const,
          'conditional' as const,
        ),
        expression: fc.option(conditions([]), { freq: 3 }),
      }),
      { minLength: 1, maxLength: STEPS.length },
    ),
    rules: fc.array(
      fc.record({
        source: fc.option(fc.nat(3), { freq: 3 }),
        target: fc.nat(3),
        condition: conditions(OF_OUTCOME),
        priority: fc.integer({ min: 1, max: 3 }),
      }),
      { maxLength: 5 },
    ),
    levelled: fc.boolean(),
  })
  .map(({ steps, rules, levelled }) => {
    const stepId = (index: number): string => STEPS[index % steps.length] ?? 'a';
    return newDefinition({
      steps: steps.map(({ step_type, expression }, index) =>
        newStep({
          step_id: stepId(index),
          order_sequence: index,
          step_type,
          conditions: expression === null ? {} : { expression },
        }),
      ),
      routing_rules: rules.map((rule, index) =>
        newRule({
          rule_id: `r${index}`,
          target_step_id: stepId(rule.target),
          source_step_id: rule.source === null ? null : stepId(rule.source),
          condition_expression: rule.condition,
          priority: rule.priority,
        }),
      ),
      approval_hierarchies: levelled ? [newLevel({ level: 1 })] : [],
    });
  });

/** Data for which every condition of theirs comes out each way. */
export const DATA = [true, false, null].flatMap((x) =>
  [1, 3, 3.5, 5, 7, 8, 10, null].flatMap((n) =>
    ['u', 'v', 'w', null].map((kind) => ({ x, n, kind })),
  ),
);
