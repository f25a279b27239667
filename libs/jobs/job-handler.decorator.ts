import { SetMetadata } from '@nestjs/common';

import type { JobMap, JobName } from './job-map.js';

export const JOB_HANDLER = 'job_handler';

type HandlerMethod<Name extends JobName> = (payload: JobMap[Name]) => Promise<void>;

/**
 * Makes a provider's method the one that does the jobs of this name, in processes that are workers. It throws to have
 * the job retried, where `JOBS` gives it more than one attempt.
 */
export function JobHandler<Name extends JobName>(name: Name) {
  return <Method extends HandlerMethod<Name>>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void => {
    SetMetadata(JOB_HANDLER, name)(target, key, descriptor);
  };
}
