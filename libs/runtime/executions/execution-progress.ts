import { Injectable } from '@nestjs/common';

import {
  endOf,
  type ExecutionStatus,
  joinContext,
  judgePoint,
  mayRunAgain,
  missReason,
  type PointTally,
  startsRound,
} from '#engine/graph';
import { afterCommit, type Tx, unawaited } from '#persistence';

import { settleCompensation } from './execution-compensation.js';
import { pointEvent } from './execution-events.js';
import { settleIncidents } from './execution-incidents.js';
import { isOpen, type Movement, type MovingExecution, roundOf } from './execution-movement.js';
import { ExecutionSignals } from './execution-signals.js';
import { JoinCondition, missedPoint } from './join-condition.js';
import {
  cancelWhatIsNotNeeded,
  closePoints,
  decidePoints,
  findNeededFailures,
  readResultsOfPoint,
  readWaitingPoints,
  recountPoints,
  type WaitingPoint,
} from './points.queries.js';
import {
  cancelOpenTasks,
  type LockedExecution,
  resetTasks,
  saveProgress,
} from './progress.queries.js';
import { releaseWithin } from './task-release.js';

/**
 * The tail of every change of executions, in the transaction that holds their rows: synchronization points, newly
 * ready tasks, rounds of `retry_all`, ends. The meaning is that of `GraphRun` in #engine/graph.
 */
@Injectable()
export class ExecutionProgress {
  constructor(private readonly signals: ExecutionSignals) {}

  /** Carries on with what is running, then writes all executions of the movement and their events. */
  async advance(tx: Tx, movement: Movement): Promise<void> {
    await this.settle(tx, movement);
    this.save(tx, movement);
  }

  /** Carries on with what is running; the executions themselves are still to be written. */
  async settle(tx: Tx, movement: Movement): Promise<void> {
    let open = movement.running();
    while (open.length > 0) {
      await this.judgePoints(tx, movement, open);
      open = open.filter((execution) => execution.overall_status === 'running');
      await this.release(tx, movement, open);
      const settled = open.filter((execution) => execution.tasks_running === 0);
      const again = await this.thoseToRunAgain(tx, settled);
      for (const execution of settled) {
        if (!again.includes(execution)) this.finish(movement, execution, settledStatus(execution));
      }
      await this.startRound(tx, movement, again);
      open = again;
    }
    await settleCompensation(tx, movement);
    await settleIncidents(tx, movement);
  }

  /** Writes all executions of the movement and their events. */
  save(tx: Tx, movement: Movement): void {
    // what had ended before the lock stays as it was; it may still get an event
    const executions = [...movement.executions.values()]
      .filter((execution) => execution.was_open)
      .map((execution) => ({
        ...execution,
        told: movement.told.has(execution.execution_id),
        ended: !isOpen(execution),
      }));
    if (executions.length === 0 && movement.events.length === 0) return;
    const values = [JSON.stringify(executions), JSON.stringify(movement.events)] as const;
    unawaited(tx, saveProgress(tx, [...values]));
    this.signals.workersTasksIn(tx, movement.released);
    afterCommit(tx, () =>
      this.signals.moved(
        executions.map((execution) => ({
          ...execution,
          took_place: execution.total_tasks > 1,
          step_execution_id:
            execution.told || execution.compensated_by !== null
              ? null
              : execution.step_execution_id,
        })),
        movement.released,
      ),
    );
  }

  /** Ends executions before their tasks have: what is open is cancelled. */
  async endEarly(
    tx: Tx,
    movement: Movement,
    executions: readonly MovingExecution[],
    status: Extract<ExecutionStatus, 'failed' | 'cancelled' | 'timed_out'>,
    reason: string,
  ): Promise<void> {
    if (executions.length === 0) return;
    const ids = executions.map((execution) => execution.execution_id);
    const cancelled = await cancelOpenTasks(tx, [ids]);
    if (executions.some(({ has_points }) => has_points))
      unawaited(
        tx,
        closePoints(tx, [ids, status === 'timed_out' ? 'timed_out' : 'failed', reason]),
      );
    for (const { execution_id, task_id } of cancelled)
      movement.record(execution_id, 'task_cancelled', task_id);
    for (const execution of executions) {
      execution.tasks_running = 0;
      execution.end_reason = reason;
      this.finish(movement, execution, status);
    }
    afterCommit(tx, () => this.signals.cancelled(ids));
  }

  private finish(movement: Movement, execution: MovingExecution, status: ExecutionStatus): void {
    execution.overall_status = status;
    movement.record(execution.execution_id, 'execution_ended', null, {
      overall_status: status,
      ...(execution.end_reason !== null && { reason: execution.end_reason }),
    });
  }

  private async judgePoints(
    tx: Tx,
    movement: Movement,
    executions: readonly MovingExecution[],
  ): Promise<void> {
    const ids = executions
      .filter(({ has_points }) => has_points)
      .map(({ execution_id }) => execution_id);
    if (ids.length === 0) return;
    const points = await readWaitingPoints(tx, [ids]);
    const failing = new Map<MovingExecution, string>();
    const waiting = new Set<MovingExecution>();
    const settled = new Set<MovingExecution>();
    const decided: object[] = [];
    for (const point of points) {
      const execution = movement.executions.get(point.execution_id);
      if (!execution) continue;
      const tally = {
        required: point.tasks_required,
        completed: point.tasks_completed,
        lost: mayRunAgain(roundOf(execution)) ? 0 : point.tasks_lost,
      };
      const condition = await this.conditionOf(tx, point, tally);
      const verdict = judgePoint(point, tally, point.timed_out, () => condition?.holds() ?? false);
      const { status } = verdict;
      if (status === 'waiting') {
        waiting.add(execution);
        continue;
      }
      const reason = verdict.missed ? missReason(point, tally, condition?.came_to ?? null) : null;
      decided.push({ sync_point_id: point.sync_point_id, status, reason });
      settled.add(execution);
      movement.events.push({
        execution_id: point.execution_id,
        task_id: null,
        ...pointEvent(point.sync_id, status, reason),
      });
      if (verdict.missed) execution.synchronization_failed = true;
      if (verdict.fails_execution && !failing.has(execution))
        failing.set(execution, missedPoint(point.sync_id, reason));
    }
    if (decided.length === 0) return;
    unawaited(tx, decidePoints(tx, [JSON.stringify(decided)]));
    for (const [execution, reason] of failing) {
      await this.endEarly(tx, movement, [execution], 'failed', reason);
    }
    await this.cancelWhatIsNotNeeded(
      tx,
      movement,
      [...settled].filter((one) => one.overall_status === 'running' && !waiting.has(one)),
    );
  }

  /** Of executions whose points have all been decided. */
  private async cancelWhatIsNotNeeded(
    tx: Tx,
    movement: Movement,
    executions: readonly MovingExecution[],
  ): Promise<void> {
    if (executions.length === 0) return;
    const cancelled = await cancelWhatIsNotNeeded(tx, [
      executions.map(({ execution_id }) => execution_id),
    ]);
    for (const { execution_id, task_id, was_released } of cancelled) {
      const execution = movement.executions.get(execution_id);
      if (execution && was_released) execution.tasks_running -= 1;
      movement.record(execution_id, 'task_cancelled', task_id);
    }
  }

  /** The condition of a `conditional_join` whose tasks have all ended; outputs are read only then. */
  private async conditionOf(
    tx: Tx,
    point: WaitingPoint,
    { required, completed, lost }: PointTally,
  ): Promise<JoinCondition | null> {
    const source = point.condition_expression;
    if (point.sync_type !== 'conditional_join' || source === null || completed + lost < required)
      return null;
    const ends = await readResultsOfPoint(tx, [point.sync_point_id]);
    const results = Object.fromEntries(
      ends.flatMap((end) => (end.completed ? [[end.task_id, end.output_data ?? {}]] : [])),
    );
    const failed = ends.flatMap((end) => (end.completed ? [] : [end.task_id]));
    return new JoinCondition(source, joinContext(results, failed));
  }

  private async release(
    tx: Tx,
    movement: Movement,
    executions: readonly MovingExecution[],
  ): Promise<void> {
    const free = executions.filter(
      ({ max_concurrent_tasks, tasks_running, total_tasks, tasks_completed, tasks_failed }) =>
        max_concurrent_tasks > tasks_running &&
        total_tasks > tasks_running + tasks_completed + tasks_failed,
    );
    if (free.length === 0) return;
    const released = await releaseWithin(tx, free);
    for (const { execution_id, tasks, last_turn } of released) {
      const execution = movement.executions.get(execution_id);
      if (!execution) continue;
      execution.tasks_running += tasks;
      execution.last_turn = Math.max(execution.last_turn, last_turn);
    }
    movement.released.push(...released);
  }

  /** Those of which a round of `retry_all` is to begin: not for what a reached point can do without. */
  private async thoseToRunAgain(
    tx: Tx,
    settled: readonly MovingExecution[],
  ): Promise<MovingExecution[]> {
    const candidates = settled.filter((execution) => startsRound(roundOf(execution)));
    const joined = candidates.filter(({ has_points }) => has_points);
    if (joined.length === 0) return candidates;
    const failures = await findNeededFailures(tx, [joined.map(({ execution_id }) => execution_id)]);
    const needed = new Set(failures.map(({ execution_id }) => execution_id));
    return candidates.filter(
      ({ has_points, execution_id }) => !has_points || needed.has(execution_id),
    );
  }

  private async startRound(
    tx: Tx,
    movement: Movement,
    executions: readonly MovingExecution[],
  ): Promise<void> {
    if (executions.length === 0) return;
    const setBack = await resetTasks(tx, [
      executions.map(({ execution_id }) => execution_id),
      ['failed', 'skipped'],
    ]);
    for (const { execution_id, failed_items } of setBack) {
      const execution = movement.executions.get(execution_id);
      if (execution) execution.tasks_completed -= failed_items;
    }
    const joined = executions.filter(({ has_points }) => has_points);
    if (joined.length > 0)
      unawaited(tx, recountPoints(tx, [joined.map(({ execution_id }) => execution_id)]));
    for (const execution of executions) {
      execution.retry_round += 1;
      execution.tasks_failed = 0;
      movement.record(execution.execution_id, 'retry_round_started', null, {
        round: execution.retry_round,
      });
    }
  }
}

function settledStatus(execution: LockedExecution): ExecutionStatus {
  return endOf({
    total: execution.total_tasks,
    completed: execution.tasks_completed,
    failed: execution.tasks_failed,
    point_missed: execution.synchronization_failed,
    compensate: execution.compensate,
  });
}
