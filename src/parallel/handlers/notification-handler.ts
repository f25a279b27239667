import { Injectable, Logger } from '@nestjs/common';

import { Database } from '#persistence';
import { Outbound } from '#platform/outbound';
import { ExecutionRuntime } from '#runtime';

import { attemptHeaders, bytesOf } from './http-handlers.js';
import { type TaskAttempt, TaskFailed, type TaskHandler, type TaskResult } from './task-handler.js';

/** `notification`: `log` writes an event of the execution and a log line, `webhook` posts to `to`. */
@Injectable()
export class NotificationTaskHandler implements TaskHandler<'notification'> {
  private readonly logger = new Logger('Notification');

  constructor(
    private readonly outbound: Outbound,
    private readonly database: Database,
    private readonly executions: ExecutionRuntime,
  ) {}

  async run(attempt: TaskAttempt<'notification'>): Promise<TaskResult> {
    const { channel, to } = attempt.handler;
    if (channel === 'webhook') return this.post(attempt);
    if (channel === 'log') return this.log(attempt);
    throw new TaskFailed(
      'unknown_channel',
      `Nobody serves the channel ${channel} for ${to}.`,
      false,
    );
  }

  private async post(attempt: TaskAttempt<'notification'>): Promise<TaskResult> {
    const { to, message } = attempt.handler;
    const { workflow_id, workflow_instance_id, execution_id, task_id } = attempt;
    const body = JSON.stringify({
      message,
      workflow_id,
      workflow_instance_id,
      execution_id,
      task_id,
    });
    const answer = await this.outbound.call({
      method: 'POST',
      url: to,
      headers: { 'content-type': 'application/json', ...attemptHeaders(attempt) },
      body,
      signal: attempt.signal,
    });
    return {
      output_data: { channel: 'webhook', to, status: answer.status },
      resource_usage: bytesOf(body, answer),
    };
  }

  private async log(attempt: TaskAttempt<'notification'>): Promise<TaskResult> {
    const { to, message } = attempt.handler;
    const { execution_id, task_id } = attempt;
    await this.database.transaction((tx) =>
      this.executions.note(tx, {
        execution_id,
        task_id,
        event_type: 'notification',
        payload: { to, message },
      }),
    );
    this.logger.log({ execution_id, task_id, to, notification: message }, 'Notification');
    return { output_data: { channel: 'log', to } };
  }
}
