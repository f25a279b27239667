import type { StepMapping } from './step-mapping.js';
import type { RoutingRule, StepDefinition, WorkflowDefinition } from './types.js';

/**
 * Approvals between two steps in their order: what a jump from one to the other passes over. Neither of the two is one
 * of them.
 * @param from null: before the first
 * @param to null: behind the last
 */
export function approvalsBetween(
  steps: readonly StepDefinition[],
  from: string | null,
  to: string | null,
): string[] {
  const place = (stepId: string): number =>
    steps.find(({ step_id }) => step_id === stepId)?.order_sequence ?? NaN;
  const begin = from === null ? -Infinity : place(from);
  const end = to === null ? Infinity : place(to);
  return steps
    .filter(({ step_type, order_sequence }) => {
      return step_type === 'approval' && order_sequence > begin && order_sequence < end;
    })
    .map(({ step_id }) => step_id);
}

/** How a change lets instances past approvals that it leaves as they are, one sentence each. */
export function passedApprovals(
  before: WorkflowDefinition,
  after: WorkflowDefinition,
  mapping: StepMapping = {},
): string[] {
  return [
    ...passedByRules(before, after),
    ...passedByOrder(before.steps, after.steps),
    ...passedByMoves(before.steps, after.steps, mapping),
  ];
}

function passedByRules(before: WorkflowDefinition, after: WorkflowDefinition): string[] {
  const isIn = (rules: readonly RoutingRule[], rule: RoutingRule): boolean =>
    rules.some((known) => sameRoute(known, rule));
  const approvals = new Set(
    after.steps.flatMap(({ step_id, step_type }) => (step_type === 'approval' ? [step_id] : [])),
  );
  return [
    ...after.routing_rules
      .filter((rule) => !isIn(before.routing_rules, rule))
      .flatMap(({ rule_id, source_step_id, target_step_id, condition_expression }) =>
        approvalsBetween(after.steps, source_step_id, target_step_id).map(
          (step_id) =>
            `The approval ${step_id} is passed over by rule ${rule_id} when ${condition_expression}.`,
        ),
      ),
    ...before.routing_rules
      .filter((rule) => approvals.has(rule.target_step_id) && !isIn(after.routing_rules, rule))
      .map(
        ({ rule_id, target_step_id, condition_expression }) =>
          `Rule ${rule_id} no longer leads to the approval ${target_step_id} when ${condition_expression}.`,
      ),
  ];
}

function sameRoute(a: RoutingRule, b: RoutingRule): boolean {
  return (
    a.source_step_id === b.source_step_id &&
    a.target_step_id === b.target_step_id &&
    a.condition_expression === b.condition_expression
  );
}

/** What came after an approval, and now comes before it. */
function passedByOrder(
  before: readonly StepDefinition[],
  after: readonly StepDefinition[],
): string[] {
  const places = new Map(after.map(({ step_id, order_sequence }) => [step_id, order_sequence]));
  const isBefore = (first: string, second: string): boolean =>
    (places.get(first) ?? NaN) < (places.get(second) ?? NaN);
  return before
    .filter(({ step_type }) => step_type === 'approval')
    .flatMap((approval) => {
      const overtaking = before.filter(
        ({ step_id, order_sequence }) =>
          order_sequence > approval.order_sequence && isBefore(step_id, approval.step_id),
      );
      return overtaking.map(
        ({ step_id }) => `The approval ${approval.step_id} is asked only after ${step_id}.`,
      );
    });
}

function passedByMoves(
  before: readonly StepDefinition[],
  after: readonly StepDefinition[],
  mapping: StepMapping,
): string[] {
  return Object.entries(mapping).flatMap(([from, to]) => {
    const stands = before.find(({ step_id }) => step_id === from);
    const leads = after.find(({ step_id }) => step_id === to);
    const isOn = (leads?.order_sequence ?? Infinity) > (stands?.order_sequence ?? Infinity);
    const own = stands?.step_type === 'approval' && isOn ? [from] : [];
    return [...own, ...approvalsBetween(after, from, to)].map(
      (approval) =>
        `Instances at ${from} are moved past the approval ${approval}, to ${to ?? 'their end'}.`,
    );
  });
}
