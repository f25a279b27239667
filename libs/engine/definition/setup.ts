import type { Handler } from '#engine/graph';

import type { WorkflowDefinition } from './types.js';

/** Minutes for each kind of thing that somebody has to set up before the workflow can run. A rule of thumb of ours. */
export const SETUP_MINUTES = {
  /** Read the definition through and try it once. */
  review: 10,
  /** Find the people of a role and tell them. */
  role: 5,
  /** Write, or point, a worker's program at a task. */
  worker: 30,
  /** Allow a handler's call to another system, and check its address and credentials. */
  call: 10,
  /** Draw a form in the user interface. */
  form: 5,
} as const;

export type SetupCounts = Record<keyof typeof SETUP_MINUTES, number>;

/** What has to be set up by people before the first instance runs through. */
export function setupCounts({ steps, approval_hierarchies }: WorkflowDefinition): SetupCounts {
  const roles = new Set([
    ...steps.flatMap((step) => step.required_roles),
    ...approval_hierarchies.map((level) => level.role_required),
  ]);
  const handlers = steps.flatMap((step): (Handler | null | undefined)[] => {
    if (step.step_type === 'automated') return [step.handler];
    return step.parallel?.tasks.map((task) => task.handler) ?? [];
  });
  const works = handlers.map((handler) => handler?.type ?? 'worker');
  return {
    review: 1,
    role: roles.size,
    worker: works.filter((type) => type === 'worker').length,
    call: works.filter((type) => type !== 'worker' && type !== 'delay').length,
    form: steps.filter((step) => Object.keys(step.form_schema).length > 0).length,
  };
}

/** Minutes of people's work until the first instance can run: each count of `setupCounts` times its `SETUP_MINUTES`. */
export function estimatedSetupMinutes(definition: WorkflowDefinition): number {
  const counts = setupCounts(definition);
  return (Object.keys(counts) as (keyof SetupCounts)[]).reduce(
    (sum, kind) => sum + counts[kind] * SETUP_MINUTES[kind],
    0,
  );
}
