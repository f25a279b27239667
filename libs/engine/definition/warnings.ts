import type { Fault } from '#engine/errors';

import type { RoutingRule, StepDefinition, WorkflowDefinition } from './types.js';

/** What is odd about a definition that may be stored as it is: where an instance would wait, or a rule never apply. */
export function definitionWarnings(definition: WorkflowDefinition): Fault[] {
  return [
    ...definition.steps.flatMap((step, index) => stepWarnings(step, `/steps/${index}`, definition)),
    ...definition.routing_rules.flatMap((rule, index) =>
      ruleWarnings(rule, `/routing_rules/${index}`, definition),
    ),
    ...(definition.approval_hierarchies.length > 0 &&
    definition.steps.every((step) => step.step_type !== 'approval')
      ? [warning('/approval_hierarchies', 'unused', 'No step is an approval, so nobody is asked.')]
      : []),
  ];
}

function stepWarnings(
  step: StepDefinition,
  at: string,
  { approval_hierarchies, routing_rules }: WorkflowDefinition,
): Fault[] {
  switch (step.step_type) {
    case 'user_task':
      return [];
    case 'approval':
      return step.required_roles.length === 0 && approval_hierarchies.length === 0
        ? [
            warning(
              `${at}/required_roles`,
              'anybody_may_approve',
              'Neither a role nor an approval hierarchy is named, so anybody may approve.',
            ),
          ]
        : [];
    case 'automated':
      return step.handler === null
        ? [
            warning(
              `${at}/handler`,
              'needs_worker',
              'Without a handler it waits until a worker claims it.',
            ),
          ]
        : [];
    case 'conditional': {
      const decides = routing_rules.some(
        ({ source_step_id: source }) => source === null || source === step.step_id,
      );
      return step.decision_tree_id === null && !decides
        ? [
            warning(
              at,
              'decides_nothing',
              'It has neither a decision tree nor rules after it, so the next step always follows.',
            ),
          ]
        : [];
    }
    case 'parallel':
      return step.parallel === null
        ? [
            warning(
              `${at}/parallel`,
              'needs_execution',
              'Without a task graph it waits for POST /parallel/execute.',
            ),
          ]
        : [];
  }
}

function ruleWarnings(rule: RoutingRule, at: string, { steps }: WorkflowDefinition): Fault[] {
  const first = steps.toSorted((a, b) => a.order_sequence - b.order_sequence)[0];
  if (rule.source_step_id !== null || rule.target_step_id !== first?.step_id) return [];
  return [
    warning(
      `${at}/target_step_id`,
      'rarely_applies',
      'A rule without source_step_id never leads back to a step entered before, and instances start here. Name the step it follows as source_step_id.',
    ),
  ];
}

function warning(pointer: string, code: string, message: string): Fault {
  return { pointer, code, message };
}
