import type { CompiledDefinition, StepDefinition } from '#engine/definition';
import {
  type JsonObject,
  readRetryPolicy,
  type TaskDefinition,
  type TaskGraphDefinition,
} from '#engine/graph';
import { type Branch, taskTypeOf } from '#engine/routing';

/**
 * The graph that a step runs: a parallel step's own, or the branches of the fork that led to it, a task each under its
 * node's id; for an automated step, one task. Such tasks get the instance's data.
 */
export function graphOfStep(
  version: CompiledDefinition,
  step: StepDefinition,
  data: JsonObject,
  branches: readonly Branch[] = [],
): TaskGraphDefinition {
  if (step.parallel) return step.parallel;
  const { retry_configuration, global_timeout_hours } = version.definition;
  const tasks =
    branches.length > 0
      ? branches.map((branch) => ({
          ...branchTask(branch, version, step),
          input_data: data,
        }))
      : [{ ...stepTask(step, retry_configuration), input_data: data }];
  return {
    tasks,
    synchronization_points: [],
    load_balancing: {
      strategy: 'priority_based',
      max_concurrent_tasks: tasks.length,
      resource_constraints: {},
      queue_priority_levels: 3,
      adaptive_scaling: false,
    },
    // the instance's own timeout comes first, and ends this with it
    global_timeout_minutes: (global_timeout_hours + 1) * 60,
    failure_strategy: 'fail_fast',
    monitoring_interval_seconds: 30,
  };
}

/** What a branch does: an automated step's work, or a task of its own for workers. */
function branchTask(
  branch: Branch,
  version: CompiledDefinition,
  at: StepDefinition,
): Omit<TaskDefinition, 'input_data'> {
  const step = branch.target_step_id === null ? undefined : version.step(branch.target_step_id);
  const work = stepTask(step ?? at, version.definition.retry_configuration);
  return {
    ...work,
    task_id: branch.node_id,
    task_name: step?.step_name ?? branch.node_id,
    task_type: step ? work.task_type : (taskTypeOf(branch) ?? work.task_type),
    handler: step ? work.handler : { type: 'worker' },
    dependencies: branch.after === null ? [] : [branch.after],
  };
}

function stepTask(step: StepDefinition, retries: JsonObject): Omit<TaskDefinition, 'input_data'> {
  const { task_type, retry_policy } = step.conditions;
  const settings = { ...retries, ...(typeof retry_policy === 'object' ? retry_policy : {}) };
  const { max_attempts } = settings;
  return {
    task_id: step.step_id,
    task_name: step.step_name,
    task_type: typeof task_type === 'string' ? task_type : 'automation',
    step_id: step.step_id,
    priority: 100,
    estimated_duration_minutes: step.estimated_duration_minutes,
    max_retry_attempts:
      typeof max_attempts === 'number' ? Math.max(0, Math.trunc(max_attempts) - 1) : 3,
    retry_policy: readRetryPolicy(settings),
    timeout_minutes: 60,
    dependencies: [],
    resource_requirements: {},
    handler: step.handler,
  };
}
