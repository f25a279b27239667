import { policyFaults } from '#engine/approval';
import type { Fault } from '#engine/errors';
import { expressionFaults } from '#engine/expression';
import { compileForm, newPatternBudget } from '#engine/form';
import { graphFaults, handlerFaults } from '#engine/graph';
import { OF_STEP, OF_WORKFLOW, settingsFaults } from '#engine/notification';

import { entryExpression } from './compiled.js';
import type { StepDefinition, WorkflowDefinition } from './types.js';

/**
 * Everything that is wrong with a definition whose fields have the right shape: duplicates, targets that are no step,
 * levels with gaps, expressions that do not parse, task graphs that cannot run. Empty when it may be stored.
 */
export function definitionFaults(definition: WorkflowDefinition): Fault[] {
  return [
    ...duplicates(definition.steps, 'step_id', '/steps'),
    ...duplicates(definition.steps, 'order_sequence', '/steps'),
    ...duplicates(definition.routing_rules, 'rule_id', '/routing_rules'),
    ...stepFaults(definition),
    ...ruleFaults(definition),
    ...levelFaults(definition),
    ...settingsFaults(definition.notification_escalation, OF_WORKFLOW, '/notification_escalation'),
  ];
}

function duplicates<Item, Key extends keyof Item & string>(
  items: readonly Item[],
  key: Key,
  at: string,
): Fault[] {
  const first = new Map<unknown, number>();
  return items.flatMap((item, index) => {
    const earlier = first.get(item[key]);
    if (earlier === undefined) {
      first.set(item[key], index);
      return [];
    }
    return [
      {
        pointer: `${at}/${index}/${key}`,
        code: `duplicate_${key}`,
        message: `${key} ${JSON.stringify(item[key])} is already used at ${at}/${earlier}; give each its own.`,
      },
    ];
  });
}

function stepFaults(definition: WorkflowDefinition): Fault[] {
  const patterns = newPatternBudget();
  return definition.steps.flatMap((step, index) => {
    const at = `/steps/${index}`;
    const faults: Fault[] = [];
    faults.push(...entryFaults(step, `${at}/conditions/expression`));
    if (step.handler && step.step_type !== 'automated') {
      faults.push(misplaced(`${at}/handler`, 'handler', 'automated'));
    }
    if (step.decision_tree_id !== null && step.step_type !== 'conditional') {
      faults.push(misplaced(`${at}/decision_tree_id`, 'decision_tree_id', 'conditional'));
    }
    if (step.parallel && step.step_type !== 'parallel') {
      faults.push(misplaced(`${at}/parallel`, 'parallel', 'parallel'));
    }
    faults.push(...dutyFaults(step, definition, at));
    faults.push(...formFaults(step, `${at}/form_schema`, patterns));
    faults.push(
      ...settingsFaults(step.notification_settings, OF_STEP, `${at}/notification_settings`),
    );
    if (step.handler) faults.push(...handlerFaults(step.handler, `${at}/handler`));
    if (step.parallel) {
      faults.push(
        ...graphFaults(step.parallel).map((fault) => ({
          ...fault,
          pointer: `${at}/parallel${fault.pointer}`,
        })),
      );
    }
    return faults;
  });
}

/** Only people can be different people: at user tasks and approvals. */
function dutyFaults(step: StepDefinition, { steps }: WorkflowDefinition, at: string): Fault[] {
  const byPeople = ({ step_type }: StepDefinition): boolean =>
    step_type === 'user_task' || step_type === 'approval';
  if (step.different_person_from.length > 0 && !byPeople(step)) {
    return [
      misplaced(`${at}/different_person_from`, 'different_person_from', 'user_task or approval'),
    ];
  }
  return step.different_person_from.flatMap((named, index): Fault[] => {
    const other = steps.find(({ step_id }) => step_id === named);
    if (other && other.step_id !== step.step_id && byPeople(other)) return [];
    return [
      {
        pointer: `${at}/different_person_from/${index}`,
        code: other ? 'invalid_step' : 'unknown_step',
        message: `${JSON.stringify(named)} is no other user task or approval of this workflow.`,
      },
    ];
  });
}

function formFaults(
  { form_schema }: StepDefinition,
  at: string,
  patterns: ReturnType<typeof newPatternBudget>,
): Fault[] {
  const { faults } = compileForm(form_schema, patterns);
  return faults.map((fault) => ({ ...fault, pointer: `${at}${fault.pointer}` }));
}

function entryFaults(step: StepDefinition, pointer: string): Fault[] {
  const source = entryExpression(step);
  if (source !== undefined) return expressionFaults(source, pointer);
  if (step.conditions['expression'] === undefined) return [];
  const message = 'expression is FEEL text, such as "amount > 100".';
  return [{ pointer, code: 'is_text', message }];
}

function misplaced(pointer: string, field: string, stepType: string): Fault {
  return {
    pointer,
    code: 'misplaced_field',
    message: `${field} belongs to a step of type ${stepType}; take it away or change step_type.`,
  };
}

function ruleFaults({ steps, routing_rules }: WorkflowDefinition): Fault[] {
  const known = new Set(steps.map((step) => step.step_id));
  return routing_rules.flatMap((rule, index) => {
    const at = `/routing_rules/${index}`;
    const unknown = (field: 'target_step_id' | 'source_step_id', value: string): Fault[] =>
      known.has(value)
        ? []
        : [
            {
              pointer: `${at}/${field}`,
              code: 'unknown_step',
              message: `${JSON.stringify(value)} is no step of this workflow; name one of its step_ids.`,
            },
          ];
    return [
      ...expressionFaults(rule.condition_expression, `${at}/condition_expression`),
      ...unknown('target_step_id', rule.target_step_id),
      ...(rule.source_step_id === null ? [] : unknown('source_step_id', rule.source_step_id)),
    ];
  });
}

function levelFaults({ approval_hierarchies }: WorkflowDefinition): Fault[] {
  const levels = approval_hierarchies.map((level) => level.level).sort((a, b) => a - b);
  const consecutive = levels.every((level, index) => level === index + 1);
  const gaps: Fault[] = consecutive
    ? []
    : [
        {
          pointer: '/approval_hierarchies',
          code: 'levels_not_consecutive',
          message: `levels are ${levels.join(', ')}; number them 1, 2, 3 … without a gap or a repeat.`,
        },
      ];
  return [
    ...gaps,
    ...approval_hierarchies.flatMap(({ policy }, index) =>
      policy ? policyFaults(policy, `/approval_hierarchies/${index}/policy`) : [],
    ),
    ...approval_hierarchies.flatMap((level, index) =>
      level.bypass_conditions.flatMap((source, position) =>
        expressionFaults(source, `/approval_hierarchies/${index}/bypass_conditions/${position}`),
      ),
    ),
  ];
}
