import { Injectable } from '@nestjs/common';

import type { TaskHandler, TaskResult } from './task-handler.js';

/**
 * `delay`: succeeds. The waiting is done by the table: a task with a delay is only handed out when it is over, so that
 * no worker is held meanwhile.
 */
@Injectable()
export class DelayTaskHandler implements TaskHandler<'delay'> {
  run(): Promise<TaskResult> {
    return Promise.resolve({ output_data: {} });
  }
}
