import type { JsonObject } from '#engine/graph';

export interface RoutingFacts {
  /** Data of the instance beneath what was sent: seen where nothing sent has such a field. */
  instance_data?: JsonObject;
  workflow_data: JsonObject;
  user_context?: JsonObject;
  system_context?: JsonObject;
  /** The step that has just ended, where there is one. */
  step?: { id: string; outcome: string };
}

/**
 * What an expression sees (contract.md §67): fields of the data directly; `user.`, `system.` and `step.` for the
 * others, which also stand directly where the data has no such field.
 */
export function routingContext(facts: RoutingFacts): JsonObject {
  const user = facts.user_context ?? {};
  const system = facts.system_context ?? {};
  return {
    ...facts.instance_data,
    ...(facts.step && { outcome: facts.step.outcome, step: facts.step }),
    ...system,
    ...user,
    ...facts.workflow_data,
    user,
    system,
  };
}
