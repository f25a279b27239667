import type { WorkflowDefinition } from '#engine/definition';
import { definitionFaults } from '#engine/definition';
import type { Fault } from '#engine/errors';
import { beyondShape, shapeOf } from '#platform/http';

import { CreateWorkflowRequest } from './definitions.dto.js';
import { salvage } from './salvage.js';

export interface CheckedDefinition {
  /** Null when the fields have not the right shape. */
  definition: WorkflowDefinition | null;
  faults: Fault[];
}

/**
 * All faults of a definition in one list: of its fields, and of what they mean together. Where a field has the wrong
 * shape, the rest is still looked at, as far as that makes sense.
 * @param defaultTimeoutHours for a definition that names no `global_timeout_hours`
 */
export async function checkDefinition(
  body: unknown,
  defaultTimeoutHours: number,
): Promise<CheckedDefinition> {
  const shape = await shapeOf(body, CreateWorkflowRequest);
  if (shape.value) {
    const definition = definitionOf(shape.value, defaultTimeoutHours);
    return { definition, faults: definitionFaults(definition) };
  }
  const further = beyondShape(definitionFaults(salvage(body)), shape.faults).filter(
    (fault) => !(fault.code === 'levels_not_consecutive' && shape.faults.some(isOfLevel)),
  );
  return { definition: null, faults: [...shape.faults, ...further] };
}

function isOfLevel({ pointer }: Fault): boolean {
  return /^\/approval_hierarchies\/\d+(\/level)?$/.test(pointer);
}

function definitionOf(
  request: CreateWorkflowRequest,
  defaultTimeoutHours: number,
): WorkflowDefinition {
  const { steps, approval_hierarchies, routing_rules, global_timeout_hours, ...fields } = request;
  return {
    ...fields,
    global_timeout_hours: global_timeout_hours ?? defaultTimeoutHours,
    steps: steps.map((step) => ({ ...step })),
    approval_hierarchies: approval_hierarchies.map((level) => ({ ...level })),
    routing_rules: routing_rules.map((rule) => ({ ...rule })),
  };
}
