import { compensationOf } from './compensation.js';
import { endOf, mayRunAgain, startsRound } from './ending.js';
import { beginsReady } from './fan-out.js';
import { fitting } from './resources.js';
import type { ConditionHolds, GraphRun, RunEvent, RunPoint, RunTask } from './run-state.js';
import { joinContext, judgePoint } from './synchronization.js';
import { TASK_MACHINE, type TaskEvent } from './task-machine.js';
import type { ExecutionStatus, JsonObject, TaskGraphDefinition, TaskStatus } from './types.js';

/** An execution that waits to be admitted. `graph` has no faults (`graphFaults`). */
export function newRun(graph: TaskGraphDefinition, max_retry_rounds: number): GraphRun {
  return {
    graph,
    max_retry_rounds,
    retry_round: 0,
    completions: 0,
    status: 'initializing',
    tasks: new Map(
      graph.tasks.map((definition) => [
        definition.task_id,
        {
          definition,
          status: beginsReady(definition) ? 'ready' : 'pending',
          attempt: 0,
          released: false,
          output: null,
          completed_at: null,
        },
      ]),
    ),
    points: new Map(
      graph.synchronization_points.map((definition) => [
        definition.sync_id,
        { definition, status: 'waiting', missed: false },
      ]),
    ),
  };
}

/**
 * The scheduler: what an execution is after an event. Total and pure; an event that does not fit the state (a late
 * answer, a second end) leaves it as it is. The SQL of `#runtime` does the same to rows, and is tested against this.
 *
 * Failure strategies:
 * - `fail_fast`: the first task that is out of attempts cancels all that has not ended; the execution has failed.
 * - `partial_success`: what depends on a failed task, directly or not, is skipped; the rest goes on.
 * - `retry_all`: as `partial_success`, but when all has settled with failures, the failed and skipped tasks are set
 *   back and run again with fresh attempts, for at most `max_retry_rounds` rounds.
 *
 * With a task that gathers the items of a fan-out, those of them that failed are set back.
 */
export function transition(run: GraphRun, event: RunEvent, holds: ConditionHolds): GraphRun {
  const draft = new Draft(run, holds);
  draft.apply(event);
  return draft.result();
}

/** Tasks that may be started now, in the order in which they are handed out. */
export function startable(run: GraphRun): RunTask[] {
  return [...run.tasks.values()]
    .filter((task) => task.released && (task.status === 'ready' || task.status === 'retrying'))
    .sort((a, b) => b.definition.priority - a.definition.priority);
}

/** Whether it is an item that is out of attempts. */
export function isFailedItem({ definition, status, completed_at }: RunTask): boolean {
  return Boolean(definition.item) && status === 'completed' && completed_at === null;
}

/** Statuses of an item that has its place within its fan-out's concurrency. */
const BEGUN = ['ready', 'running', 'retrying'] as const satisfies TaskStatus[];

/** A copy of a run that one transition works on. */
class Draft {
  private readonly run: Omit<GraphRun, 'tasks' | 'points'> & {
    tasks: Map<string, RunTask>;
    points: Map<string, RunPoint>;
  };

  constructor(
    before: GraphRun,
    private readonly holds: ConditionHolds,
  ) {
    this.run = { ...before, tasks: new Map(before.tasks), points: new Map(before.points) };
  }

  result(): GraphRun {
    return this.run;
  }

  apply(event: RunEvent): void {
    if (event.type === 'retried') return this.retry();
    if (event.type === 'admitted') return this.admit();
    if (event.type === 'task_retried') return this.repair(event.task_id, null);
    if (event.type === 'task_resolved') return this.repair(event.task_id, event.output);
    if (this.run.status === 'initializing' && event.type === 'cancelled')
      return this.end('cancelled');
    if (this.run.status !== 'running') return;
    switch (event.type) {
      case 'task_started':
        return this.start(event.task_id);
      case 'task_completed':
        if (!this.complete(event.task_id, 'complete', event.output)) return;
        return this.progress();
      case 'task_failed':
        return this.fail(event.task_id, event.retryable);
      case 'point_timed_out':
        return this.progress(event.sync_id);
      case 'execution_timed_out':
        return this.end('timed_out');
      case 'cancelled':
        return this.end('cancelled');
    }
  }

  private complete(taskId: string, event: 'complete' | 'resolve', output: JsonObject): boolean {
    const completed_at = this.run.completions;
    if (!this.move(taskId, event, { output, completed_at, released: false })) return false;
    this.run.completions += 1;
    return true;
  }

  private admit(): void {
    if (this.run.status !== 'initializing') return;
    this.run.status = 'running';
    this.progress();
  }

  private start(taskId: string): void {
    const task = this.run.tasks.get(taskId);
    if (!task?.released) return;
    this.move(taskId, 'start', { attempt: task.attempt + 1 });
  }

  private fail(taskId: string, retryable: boolean): void {
    const task = this.run.tasks.get(taskId);
    if (task?.status !== 'running') return;
    if (retryable && task.attempt <= task.definition.max_retry_attempts) {
      this.move(taskId, 'retry');
      return;
    }
    if (task.definition.item) {
      this.move(taskId, 'complete', { released: false });
      return this.progress();
    }
    this.move(taskId, 'fail', { released: false });
    if (this.run.graph.failure_strategy === 'fail_fast') return this.end('failed');
    this.skipDependents(taskId);
    this.progress();
  }

  /** What follows from tasks having ended, or from one point's timeout. */
  private progress(timedOutPoint?: string): void {
    this.unblock();
    const waited = this.pointsThatWait();
    if (this.judgePoints(timedOutPoint)) return this.end('failed');
    if (waited > 0 && this.pointsThatWait() === 0) this.cancelWhatIsNotNeeded();
    this.release();
    if (this.released() > 0) return;
    if (startsRound({ ...this.run, ...this.run.graph, failed: this.failedAndNeeded() })) {
      this.run.retry_round += 1;
      this.reset(['failed', 'skipped']);
      return this.progress();
    }
    this.run.status = endOf({
      total: this.run.tasks.size,
      completed: this.count('completed'),
      failed: this.count('failed'),
      point_missed: [...this.run.points.values()].some((point) => point.missed),
      compensate: this.run.graph.compensate,
    });
  }

  private unblock(): void {
    const begun = this.itemsBegun();
    for (const [id, task] of this.run.tasks) {
      if (task.status !== 'pending' || !this.isUnblocked(task)) continue;
      const { item } = task.definition;
      if (item) {
        const before = begun.get(item.of) ?? 0;
        if (item.concurrency !== null && before >= item.concurrency) continue;
        begun.set(item.of, before + 1);
      }
      this.move(id, 'unblock');
    }
  }

  /** Of each fan-out, the items that are ready or in hand. */
  private itemsBegun(): Map<string, number> {
    const begun = new Map<string, number>();
    for (const { definition, status } of this.run.tasks.values()) {
      if (!definition.item || !BEGUN.some((one) => one === status)) continue;
      begun.set(definition.item.of, (begun.get(definition.item.of) ?? 0) + 1);
    }
    return begun;
  }

  private isUnblocked(task: RunTask): boolean {
    return task.definition.dependencies.every(
      (id) => this.run.tasks.get(id)?.status === 'completed',
    );
  }

  private skipDependents(taskId: string): void {
    for (const [id, task] of this.run.tasks) {
      if (task.definition.dependencies.includes(taskId) && this.move(id, 'skip')) {
        this.skipDependents(id);
      }
    }
  }

  private judgePoints(timedOutPoint?: string): boolean {
    let failsExecution = false;
    for (const [id, point] of this.run.points) {
      if (point.status !== 'waiting') continue;
      const required = [...new Set(point.definition.required_tasks)].flatMap((taskId) => {
        const task = this.run.tasks.get(taskId);
        return task ? [task] : [];
      });
      const completed = required.filter((task) => task.status === 'completed');
      const lost = required.filter((task) => this.isLost(task.status));
      const verdict = judgePoint(
        point.definition,
        { required: required.length, completed: completed.length, lost: lost.length },
        id === timedOutPoint,
        () => this.conditionHolds(point, completed, lost),
      );
      this.run.points.set(id, { ...point, status: verdict.status, missed: verdict.missed });
      failsExecution ||= verdict.fails_execution;
    }
    return failsExecution;
  }

  private pointsThatWait(): number {
    return [...this.run.points.values()].filter(({ status }) => status === 'waiting').length;
  }

  /** What the points that were reached require, once all are decided. */
  private served(): ReadonlySet<string> {
    if (this.pointsThatWait() > 0) return new Set();
    return new Set(
      [...this.run.points.values()].flatMap(({ status, definition }) =>
        status === 'reached' ? definition.required_tasks : [],
      ),
    );
  }

  /**
   * What is still to be done: what has not completed, no reached point requires and nothing depends on, and all that it
   * waits for. The rest only led to points that did not wait for it.
   */
  private needed(): ReadonlySet<string> {
    const served = this.served();
    const tasks = [...this.run.tasks.values()];
    const leading = new Set(tasks.flatMap(({ definition }) => definition.dependencies));
    const needed = new Set(
      [...this.run.tasks.keys()].filter(
        (id) =>
          this.run.tasks.get(id)?.status !== 'completed' && !served.has(id) && !leading.has(id),
      ),
    );
    // a set is also walked through what is added to it meanwhile
    for (const id of needed) {
      for (const dependency of this.run.tasks.get(id)?.definition.dependencies ?? []) {
        needed.add(dependency);
      }
    }
    return needed;
  }

  private cancelWhatIsNotNeeded(): void {
    const needed = this.needed();
    for (const id of this.run.tasks.keys()) {
      if (!needed.has(id)) this.move(id, 'cancel', { released: false });
    }
  }

  /** Failures that a round is to mend. */
  private failedAndNeeded(): number {
    const needed = this.needed();
    return [...this.run.tasks].filter(([id, { status }]) => status === 'failed' && needed.has(id))
      .length;
  }

  private conditionHolds(point: RunPoint, completed: RunTask[], lost: RunTask[]): boolean {
    const results = Object.fromEntries(
      completed.map((task) => [task.definition.task_id, task.output ?? {}]),
    );
    const context = joinContext(
      results,
      lost.map((task) => task.definition.task_id),
    );
    return this.holds(point.definition.condition_expression ?? 'false', context);
  }

  private isLost(status: TaskStatus): boolean {
    if (status === 'cancelled') return true;
    const ended = status === 'failed' || status === 'skipped';
    return ended && !mayRunAgain({ ...this.run, ...this.run.graph });
  }

  private release(): void {
    const ready = [...this.run.tasks]
      .filter(([, task]) => task.status === 'ready' && !task.released)
      .sort(([, a], [, b]) => b.definition.priority - a.definition.priority);
    const { strategy, max_concurrent_tasks, resource_constraints } = this.run.graph.load_balancing;
    const free = Math.max(max_concurrent_tasks - this.released(), 0);
    const within = fitting(
      ready.map(([id, { definition }]) => ({ ...definition, id })),
      [...this.run.tasks.values()].filter((task) => task.released).map((task) => task.definition),
      strategy === 'resource_aware' ? resource_constraints : {},
      free,
    );
    const chosen = new Set(within.map(({ id }) => id));
    for (const [id, task] of ready) {
      if (chosen.has(id)) this.run.tasks.set(id, { ...task, released: true });
    }
  }

  private end(status: ExecutionStatus): void {
    for (const id of this.run.tasks.keys()) this.move(id, 'cancel', { released: false });
    for (const [id, point] of this.run.points) {
      if (point.status !== 'waiting') continue;
      const closed = status === 'timed_out' ? 'timed_out' : 'failed';
      this.run.points.set(id, { ...point, status: closed, missed: true });
    }
    this.run.status = status;
  }

  private retry(): void {
    const unfinished = [...this.run.tasks.values()].some((task) => task.status !== 'completed');
    const ended = this.run.status !== 'initializing' && this.run.status !== 'running';
    if (!ended || !unfinished || compensationOf(this.run)) return;
    this.reset(['failed', 'skipped', 'cancelled']);
    this.unblock();
    this.run.retry_round = 0;
    this.reopen();
  }

  /**
   * Of one failed task: fresh attempts, or a result given by hand. What was skipped for it, and where the execution
   * had ended what was cancelled with it, comes back; other failed tasks stay as they are.
   */
  private repair(taskId: string, output: JsonObject | null): void {
    const { status } = this.run;
    if (this.run.tasks.get(taskId)?.status !== 'failed' || status === 'cancelled') return;
    const ended = status !== 'initializing' && status !== 'running';
    if (ended && compensationOf(this.run)) return;
    if (output) this.complete(taskId, 'resolve', output);
    else this.setBack(taskId);
    this.reset(ended ? ['skipped', 'cancelled'] : ['skipped']);
    for (const [id, task] of this.run.tasks) if (task.status === 'failed') this.skipDependents(id);
    this.unblock();
    if (ended) this.reopen();
    else if (status === 'running') this.progress();
  }

  /** To be admitted again; points that were missed are judged anew. */
  private reopen(): void {
    for (const [id, point] of this.run.points) {
      if (point.missed) this.run.points.set(id, { ...point, status: 'waiting', missed: false });
    }
    this.run.status = 'initializing';
  }

  private reset(statuses: readonly TaskStatus[]): void {
    for (const [id, task] of this.run.tasks) {
      if (statuses.includes(task.status)) this.setBack(id);
    }
  }

  private setBack(taskId: string): void {
    this.move(taskId, 'reset', { attempt: 0 });
    if (this.run.tasks.get(taskId)?.definition.handler?.type !== 'gather') return;
    for (const [id, task] of this.run.tasks) {
      if (task.definition.item?.of === taskId && isFailedItem(task)) {
        this.move(id, 'reset', { attempt: 0 });
      }
    }
  }

  private move(taskId: string, event: TaskEvent, change: Partial<RunTask> = {}): boolean {
    const task = this.run.tasks.get(taskId);
    const next = task && TASK_MACHINE[task.status][event];
    if (!task || !next) return false;
    this.run.tasks.set(taskId, { ...task, ...change, status: next });
    return true;
  }

  private released(): number {
    return [...this.run.tasks.values()].filter((task) => task.released).length;
  }

  private count(status: TaskStatus): number {
    return [...this.run.tasks.values()].filter((task) => task.status === status).length;
  }
}
