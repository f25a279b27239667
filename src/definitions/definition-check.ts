import type { WorkflowDefinition } from '#engine/definition';
import { definitionFaults } from '#engine/definition';
import { type Fault, ValidationError } from '#engine/errors';
import { RequestValidationPipe } from '#platform/http';

import { CreateWorkflowRequest } from './definitions.dto.js';
import { salvage } from './salvage.js';

export interface CheckedDefinition {
  /** Null when the fields have not the right shape. */
  definition: WorkflowDefinition | null;
  faults: Fault[];
}

const pipe = new RequestValidationPipe();

/**
 * All faults of a definition in one list: of its fields, and of what they mean together. Where a field has the wrong
 * shape, the rest is still looked at, as far as that makes sense.
 * @param defaultTimeoutHours for a definition that names no `global_timeout_hours`
 */
export async function checkDefinition(
  body: unknown,
  defaultTimeoutHours: number,
): Promise<CheckedDefinition> {
  const shape = await shaped(body);
  if (shape.request) {
    const definition = definitionOf(shape.request, defaultTimeoutHours);
    return { definition, faults: definitionFaults(definition) };
  }
  const further = definitionFaults(salvage(body)).filter((fault) => !follows(fault, shape.faults));
  return { definition: null, faults: [...shape.faults, ...further] };
}

async function shaped(
  body: unknown,
): Promise<{ request: CreateWorkflowRequest } | { request: null; faults: readonly Fault[] }> {
  try {
    const metadata = { type: 'body', metatype: CreateWorkflowRequest } as const;
    return { request: (await pipe.transform(body, metadata)) as CreateWorkflowRequest };
  } catch (error) {
    if (error instanceof ValidationError) return { request: null, faults: error.faults };
    throw error;
  }
}

/** Whether a fault is there only because a field that it depends on has the wrong shape. */
function follows(fault: Fault, shapeFaults: readonly Fault[]): boolean {
  return shapeFaults.some(
    ({ pointer }) =>
      fault.pointer === pointer ||
      fault.pointer.startsWith(`${pointer}/`) ||
      (fault.code === 'levels_not_consecutive' &&
        /^\/approval_hierarchies\/\d+(\/level)?$/.test(pointer)),
  );
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
