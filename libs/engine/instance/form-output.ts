import { ValidationError } from '#engine/errors';
import type { JsonObject } from '#engine/graph';

import type { Progress } from './progress.js';

/** Where an output stands in the request that brings it. */
const OUTPUT = '/output_data';

/**
 * What ends a step has to fit its form, in the version that the instance runs on now. Asked last: whoever may not act at
 * all is told that.
 * @param output as it is laid over the data
 * @throws ValidationError with every fault
 */
export function requireForm({ definition }: Progress, step_id: string, output: JsonObject): void {
  const faults = definition.formOf(step_id)?.faultsOf(output, OUTPUT) ?? [];
  if (faults.length > 0) throw new ValidationError(faults);
}
