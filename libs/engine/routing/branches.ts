import type { StepDefinition } from '#engine/definition';
import { type JsonObject, TASK_TYPES } from '#engine/graph';

/** A node in a branch of a fork: what is done there. */
export interface Branch {
  node_id: string;
  /** The node of its branch that has to be done before; null of the first. */
  after: string | null;
  action_type: string | null;
  target_step_id: string | null;
  action_parameters: JsonObject;
}

/** A step of the workflow, as far as branches depend on it. */
export type StepOf = (stepId: string) => Pick<StepDefinition, 'step_type' | 'parallel'> | undefined;

/** The task_type of which workers do what a branch asks for, where it names no step to do it; else null. */
export function taskTypeOf({
  action_parameters: { task_type },
}: Pick<Branch, 'action_parameters'>): string | null {
  return TASK_TYPES.find((known) => known === task_type) ?? null;
}

/**
 * Whether branches of a fork are work, to be done beside each other: that of `automated` steps, or a task of their own
 * for workers. Branches to people's steps are not (an instance stands at one step), and only say why it goes where.
 */
export function areWork(branches: readonly Branch[], stepOf: StepOf): boolean {
  return branches.some((branch) => isWork(branch, stepOf));
}

/** Whether a step runs the branches of the fork that leads to it. */
export function runsBranches(step: ReturnType<StepOf>): boolean {
  return step?.step_type === 'parallel' && step.parallel === null;
}

/** Why a fork's branches cannot run; null where they can, or are no work. */
export function forkFault(
  branches: readonly Branch[],
  target_step_id: string | null,
  stepOf: StepOf,
): string | null {
  if (!areWork(branches, stepOf)) return null;
  const idle = branches.find((branch) => !isWork(branch, stepOf));
  if (idle) {
    return `node ${idle.node_id} beside it is no work: it needs the target_step_id of an automated step, or a task_type`;
  }
  if (target_step_id !== null && runsBranches(stepOf(target_step_id))) return null;
  return 'its branches run at a parallel step without a task graph of its own, which the fork or its join has to name as target_step_id';
}

function isWork(branch: Branch, stepOf: StepOf): boolean {
  const { target_step_id } = branch;
  if (target_step_id === null) return taskTypeOf(branch) !== null;
  return stepOf(target_step_id)?.step_type === 'automated';
}
