import { Injectable } from '@nestjs/common';

import type { JsonObject } from '#engine/graph';

import type { TaskHandler } from './task-handler.js';

/**
 * `delay`: succeeds. The waiting is done by the table: a task with a delay is only handed out when it is over, so that
 * no worker is held meanwhile.
 */
@Injectable()
export class DelayTaskHandler implements TaskHandler<'delay'> {
  run(): Promise<JsonObject> {
    return Promise.resolve({});
  }
}
