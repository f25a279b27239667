import { type Fault, ValidationError } from '#engine/errors';
import { type CheckedGraph, graphFaults } from '#engine/graph';
import { isJsonObject, isUuid, RequestValidationPipe } from '#platform/http';

import { ExecuteRequest } from './parallel.dto.js';

export interface CheckedExecute {
  /** Null when the fields have not the right shape. */
  request: ExecuteRequest | null;
  /** Of a body with the wrong shape too, where it can be read. */
  workflow_id: string | null;
  faults: Fault[];
}

const pipe = new RequestValidationPipe();

/** All faults of a request in one list: of its fields, and of the graph that they make, as far as it can be read. */
export async function checkExecute(body: unknown): Promise<CheckedExecute> {
  const fields = isJsonObject(body) ? body : {};
  const workflow_id = isUuid(fields['workflow_id']) ? fields['workflow_id'].toLowerCase() : null;
  try {
    const request = (await pipe.transform(body, {
      type: 'body',
      metatype: ExecuteRequest,
    })) as ExecuteRequest;
    return { request, workflow_id, faults: graphFaults(request) };
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    const shape = error.faults;
    const further = outside(shape, graphFaults(readable(fields)));
    return { request: null, workflow_id, faults: [...shape, ...further] };
  }
}

/** Those of `faults` that are neither of a field that `shape` names nor of something in it; each of `shape` is read once. */
export function outside(shape: readonly Fault[], faults: readonly Fault[]): Fault[] {
  const pointers = new Set(shape.map(({ pointer }) => pointer));
  return faults.filter(({ pointer }) => {
    for (
      let end = pointer.length;
      end >= 0;
      end = end === 0 ? -1 : pointer.lastIndexOf('/', end - 1)
    ) {
      if (pointers.has(pointer.slice(0, end))) return false;
    }
    return true;
  });
}

/** The names and edges of a graph whose fields have not all the right shape; each item stays at its place. */
function readable(fields: Record<string, unknown>): CheckedGraph {
  const balancing = object(fields['load_balancing']);
  return {
    tasks: items(fields['tasks']).map((task, index) => ({
      task_id: text(task['task_id']) ?? `\u0000${index}`,
      task_name: '',
      task_type: '',
      step_id: '',
      priority: 0,
      estimated_duration_minutes: 0,
      max_retry_attempts: 0,
      timeout_minutes: 0,
      dependencies: texts(task['dependencies']),
      input_data: {},
      resource_requirements: object(task['resource_requirements']),
    })),
    load_balancing: {
      strategy: balancing['strategy'] === 'resource_aware' ? 'resource_aware' : 'round_robin',
      resource_constraints: object(balancing['resource_constraints']),
    },
    synchronization_points: items(fields['synchronization_points']).map((point, index) => ({
      sync_id: text(point['sync_id']) ?? `\u0000${index}`,
      sync_name: '',
      sync_type: 'barrier',
      required_tasks: texts(point['required_tasks']),
      minimum_completion_percentage: 100,
      timeout_minutes: 0,
      failure_strategy: 'fail_fast',
    })),
  };
}

function items(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.map(object) : [];
}

function object(value: unknown): Record<string, unknown> {
  return isJsonObject(value) ? value : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
