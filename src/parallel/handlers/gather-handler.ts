import { Injectable } from '@nestjs/common';

import { gathered, type ItemEnd } from '#engine/graph';
import { Database, statement } from '#persistence';

import { type TaskAttempt, TaskFailed, type TaskHandler, type TaskResult } from './task-handler.js';

/** Failures that a task's own error names. */
const NAMED = 5;

const readItems = statement<ItemEnd, [string, string]>(
  'read_items_of_fan_out',
  `select output_data, error_message from task_executions
   where execution_id = $1 and fan_out_of = $2 order by item_index`,
);

/** `gather`: the end of a fan-out. Its items have all ended; more failures than are tolerated fail it. */
@Injectable()
export class GatherTaskHandler implements TaskHandler<'gather'> {
  constructor(private readonly database: Database) {}

  async run({ handler, execution_id, task_id }: TaskAttempt<'gather'>): Promise<TaskResult> {
    const { tolerated, fault } = handler;
    if (fault !== undefined) throw new TaskFailed('not_a_list', fault, false);
    const { results, failed } = gathered(
      await readItems(this.database.read, [execution_id, task_id]),
    );
    if (failed.length > tolerated) {
      const named = failed.slice(0, NAMED).map(({ index, error }) => `${index}: ${error}`);
      const message = `${failed.length} of ${results.length} items failed, ${tolerated} are tolerated. ${named.join('; ')}`;
      throw new TaskFailed('items_failed', message, false, { details: { failed } });
    }
    return { output_data: { results, failed } };
  }
}
