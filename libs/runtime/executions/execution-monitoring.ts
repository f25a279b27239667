import { Injectable } from '@nestjs/common';

import { estimateGraph, type EstimatedTask } from '#engine/graph';
import { Sweeper } from '#jobs';
import { Database } from '#persistence';

import {
  findToMonitor,
  type MonitoredExecution,
  readOpenTasks,
  refreshExecutions,
} from './monitoring.queries.js';

/** In a turn of the sweeper: one of the many that run never holds up what else it finds. */
const EXECUTIONS = 100;
/** Their tasks that are looked at one by one: 5,000 keep the event loop for some 30 ms. */
const TASKS = 5_000;

/** Keeps the estimates and figures of running executions up to date in their table, each at its own interval. */
@Injectable()
export class ExecutionMonitoring {
  constructor(
    private readonly database: Database,
    sweeper: Sweeper,
  ) {
    sweeper.register('execution_monitoring', () => this.refresh());
  }

  private async refresh(): Promise<void> {
    const due = await findToMonitor(this.database.read, [EXECUTIONS]);
    const large = due.filter(({ tasks_left }) => tasks_left > TASKS);
    const small = within(
      TASKS,
      due.filter(({ tasks_left }) => tasks_left <= TASKS),
    );
    if (large.length + small.length === 0) return;
    const estimates = await this.estimates(small);
    const executions = [...small, ...large].map(({ execution_id }) => execution_id);
    const minutes = executions.map((id) => estimates.get(id) ?? null);
    await refreshExecutions(this.database.read, [executions, minutes]);
  }

  /** Minutes that are left of each. */
  private async estimates(
    executions: readonly MonitoredExecution[],
  ): Promise<ReadonlyMap<string, number>> {
    const ids = executions.map(({ execution_id }) => execution_id);
    const open = new Map<string, EstimatedTask[]>(ids.map((id) => [id, []]));
    for (const task of await readOpenTasks(this.database.read, [ids]))
      open.get(task.execution_id)?.push(task);
    return new Map(
      executions.map(({ execution_id, max_concurrent_tasks }) => [
        execution_id,
        estimateGraph(open.get(execution_id) ?? [], max_concurrent_tasks).minutes,
      ]),
    );
  }
}

/** The first of them, with no more than so many tasks together. */
function within(tasks: number, executions: readonly MonitoredExecution[]): MonitoredExecution[] {
  let room = tasks;
  return executions.filter(({ tasks_left }) => (room -= tasks_left) >= 0);
}
