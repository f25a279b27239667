import { sameJson } from './diff.js';
import type { ApprovalLevel, StepDefinition, WorkflowDefinition } from './types.js';

/** How approvals get weaker by a change, one sentence each; empty when they do not. */
export function weakerApprovals(
  before: WorkflowDefinition,
  after: WorkflowDefinition,
  bypassed: readonly string[] = [],
): string[] {
  return [
    ...before.approval_hierarchies.flatMap((level) =>
      weakerLevel(
        level,
        after.approval_hierarchies.find((other) => other.level === level.level),
      ),
    ),
    ...before.steps
      .filter((step) => step.step_type === 'approval')
      .flatMap((step) =>
        bypassed.includes(step.step_id)
          ? [`The approval ${step.step_id} is bypassed.`]
          : weakerStep(
              step,
              after.steps.find((other) => other.step_id === step.step_id),
            ),
      ),
  ];
}

function weakerLevel(before: ApprovalLevel, after: ApprovalLevel | undefined): string[] {
  const name = `approval level ${before.level}`;
  if (!after) return [`The ${name} (${before.role_required}) is removed.`];
  const known = new Set(before.bypass_conditions);
  return [
    ...(after.role_required === before.role_required
      ? []
      : [
          `The ${name} no longer requires the role ${before.role_required} but ${after.role_required}.`,
        ]),
    ...(before.department_required === null ||
    after.department_required === before.department_required
      ? []
      : [`The ${name} no longer requires the department ${before.department_required}.`]),
    ...(after.minimum_level < before.minimum_level
      ? [
          `The ${name} is satisfied by management level ${after.minimum_level} instead of ${before.minimum_level}.`,
        ]
      : []),
    ...(before.policy && !sameJson(before.policy, after.policy)
      ? [`The ${name} is decided by other votes.`]
      : []),
    ...after.bypass_conditions
      .filter((condition) => !known.has(condition))
      .map((condition) => `The ${name} is bypassed when ${condition}.`),
  ];
}

function weakerStep(before: StepDefinition, after: StepDefinition | undefined): string[] {
  const name = `approval ${before.step_id}`;
  if (!after) return [`The ${name} is removed.`];
  if (after.step_type !== 'approval') return [`The ${name} becomes a ${after.step_type}.`];
  const [old, current] = [before.conditions['expression'], after.conditions['expression']];
  return [
    ...(typeof current === 'string' && current !== old
      ? [`The ${name} is skipped unless ${current}.`]
      : []),
    ...before.different_person_from
      .filter((other) => !after.different_person_from.includes(other))
      .map((other) => `The ${name} may be given by who acted on ${other}.`),
    ...weakerRoles(name, before.required_roles, after.required_roles),
  ];
}

/** Any one of the roles may approve, so each further one, or none at all, makes it weaker. */
function weakerRoles(name: string, before: readonly string[], after: readonly string[]): string[] {
  if (before.length === 0) return [];
  if (after.length === 0) return [`The ${name} no longer requires a role.`];
  const further = after.filter((role) => !before.includes(role));
  return further.length === 0 ? [] : [`The ${name} may also be given by ${further.join(', ')}.`];
}
