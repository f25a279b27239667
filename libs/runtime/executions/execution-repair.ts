import { Injectable } from '@nestjs/common';

import { DomainError } from '#engine/errors';
import type { JsonObject } from '#engine/graph';
import { afterCommit, type Tx } from '#persistence';

import { endCompensating } from './compensation.queries.js';
import { ExecutionAdmission } from './execution-admission.js';
import { isOpen, Movement, type MovingExecution } from './execution-movement.js';
import { ExecutionProgress } from './execution-progress.js';
import { closeIncidentsOfExecutions } from './incidents.queries.js';
import { recountPoints } from './points.queries.js';
import { lockExecutions, resetTasks } from './progress.queries.js';
import {
  type HeldInstance,
  holdInstanceOf,
  reopenExecution,
  repairTasks,
  reviveTasks,
} from './repair.queries.js';

/** What an operator makes of a failed task: null gives it fresh attempts, an output lets it count as completed. */
export interface TaskRepair {
  task_execution_id: string;
  output_data: JsonObject | null;
}

/** Executions in which something failed, taken up again by hand. The meaning is that of `GraphRun` in #engine/graph. */
@Injectable()
export class ExecutionRepair {
  constructor(
    private readonly progress: ExecutionProgress,
    private readonly admission: ExecutionAdmission,
  ) {}

  /**
   * Locks an execution and its instance, so that what is decided about them stands until the end of the transaction.
   * @throws DomainError execution_not_found
   */
  async hold(tx: Tx, execution_id: string): Promise<void> {
    await this.lock(tx, execution_id);
  }

  /**
   * Runs again what has not completed, with fresh attempts, rounds and timeouts.
   * @throws DomainError execution_not_found; execution_not_failed when it runs or has completed; execution_ended when
   *   it did the work of a step that has moved on, or is undone; instance_not_running when its instance is suspended
   *   or has ended
   */
  async retry(tx: Tx, execution_id: string): Promise<void> {
    const { execution, instance } = await this.lock(tx, execution_id);
    if (isOpen(execution) || execution.tasks_completed === execution.total_tasks) {
      throw new DomainError(
        'execution_not_failed',
        'Only an execution that ended with tasks left undone can be retried.',
        { execution_id, overall_status: execution.overall_status },
      );
    }
    refuseWhatIsOver(execution);
    refuseWhatRests(instance);
    await closeIncidentsOfExecutions(tx, [[execution_id], 'retried']);
    await resetTasks(tx, [[execution_id], ['failed', 'skipped', 'cancelled']]);
    await reopenExecution(tx, [execution_id, 0]);
    await recountPoints(tx, [[execution_id]]);
    await this.admit(tx, execution);
  }

  /**
   * Takes up failed tasks. An execution that has ended is opened again, with fresh timeouts and what its end had
   * cancelled; its rounds of `retry_all` are not.
   * @throws DomainError execution_not_found; execution_ended when it was cancelled, or did the work of a step that has
   *   moved on; instance_not_running when its instance is suspended or has ended; incident_resolved when one of the
   *   tasks has not failed (any more)
   */
  async repair(tx: Tx, execution_id: string, repairs: readonly TaskRepair[]): Promise<void> {
    const { execution, instance, movement } = await this.lock(tx, execution_id);
    const ended = !isOpen(execution);
    if (execution.overall_status === 'cancelled') {
      throw new DomainError('execution_ended', 'The execution was cancelled; execute it anew.', {
        execution_id,
      });
    }
    if (ended) refuseWhatIsOver(execution);
    refuseWhatRests(instance);
    const repaired = await repairTasks(tx, [execution_id, JSON.stringify(repairs)]);
    if (repaired.length < repairs.length) {
      throw new DomainError('incident_resolved', 'The task is not failed any more.', {
        execution_id,
      });
    }
    const [revived] = await reviveTasks(tx, [
      execution_id,
      ended ? ['skipped', 'cancelled'] : ['skipped'],
    ]);
    for (const { task_id, resolved } of repaired) {
      movement.record(execution_id, resolved ? 'task_resolved' : 'task_retried', task_id);
    }
    if (ended) await reopenExecution(tx, [execution_id, execution.retry_round]);
    await recountPoints(tx, [[execution_id]]);
    if (ended) {
      await this.progress.advance(tx, movement);
      return this.admit(tx, execution);
    }
    execution.tasks_failed -= repaired.length;
    execution.tasks_completed += repaired.filter(({ resolved }) => resolved).length;
    execution.tasks_completed -= revived?.failed_items ?? 0;
    await this.progress.advance(tx, movement);
  }

  /**
   * Ends an open execution as failed; one that has ended stays as it is. The step of what it was to undo waits no longer.
   * @throws DomainError execution_not_found
   */
  async fail(tx: Tx, execution_id: string, reason: string): Promise<void> {
    const { execution, movement } = await this.lock(tx, execution_id);
    if (isOpen(execution)) {
      await this.progress.endEarly(tx, movement, [execution], 'failed', reason);
      await this.progress.advance(tx, movement);
    }
    if (execution.compensates !== null) await endCompensating(tx, [[execution.compensates]]);
  }

  private async admit(tx: Tx, { execution_id, total_tasks }: MovingExecution): Promise<void> {
    if (total_tasks === 1) await this.admission.start(tx, [execution_id]);
    else afterCommit(tx, () => this.admission.admit());
  }

  private async lock(
    tx: Tx,
    execution_id: string,
  ): Promise<{
    execution: MovingExecution;
    instance: HeldInstance | undefined;
    movement: Movement;
  }> {
    const [instance] = await holdInstanceOf(tx, [execution_id]);
    const movement = new Movement(await lockExecutions(tx, [[execution_id]]));
    const execution = movement.executions.get(execution_id);
    if (execution) return { execution, instance, movement };
    throw new DomainError('execution_not_found', `There is no execution ${execution_id}.`, {
      execution_id,
    });
  }
}

function refuseWhatIsOver({
  execution_id,
  step_execution_id,
  compensated_by,
}: MovingExecution): void {
  if (compensated_by !== null) {
    throw new DomainError(
      'execution_ended',
      'What had completed of it is undone; execute it anew instead.',
      { execution_id, compensated_by },
    );
  }
  if (step_execution_id === null) return;
  throw new DomainError(
    'execution_ended',
    'Its step has ended with it and the workflow has moved on; start or route the instance again instead.',
    { execution_id, step_execution_id },
  );
}

/** What undoes an execution is of no instance, and never refused for it. */
function refuseWhatRests(instance: HeldInstance | undefined): void {
  if (!instance || instance.status === 'running') return;
  const { status } = instance;
  const remedy = REMEDIES[status] ?? 'its tasks are not run again';
  throw new DomainError('instance_not_running', `The instance is ${status}; ${remedy}.`, {
    ...instance,
  });
}

const REMEDIES: Partial<Record<HeldInstance['status'], string>> = {
  suspended: 'resume it first',
  failed: 'retry or skip the incident of its step first',
};
