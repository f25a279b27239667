import { isDeepStrictEqual } from 'node:util';
import { Injectable, Logger } from '@nestjs/common';

import { afterFailedAttempt, type AttemptError, type JsonObject, mayRunAgain } from '#engine/graph';
import { afterCommit, Database, type Tx, unawaited } from '#persistence';

import { CircuitBreakers } from '../breakers/circuit-breakers.js';
import { Batcher } from './batcher.js';
import { ExecutionEndings } from './execution-endings.js';
import { Movement, roundOf } from './execution-movement.js';
import { ExecutionProgress } from './execution-progress.js';
import type { GoingOn } from './execution-spec.js';
import { ExecutionSignals } from './execution-signals.js';
import {
  type AnsweredTask,
  completeTasks,
  type EndedTask,
  failTasks,
  openItems,
  readAnswered,
  readRunningAttempts,
  skipDependents,
} from './outcomes.queries.js';
import { WorkerRecords } from './worker-records.js';

interface Attempt {
  task_execution_id: string;
  /** Of the attempt that the answer is for. */
  lock_token: string;
}

export interface TaskCompletion extends Attempt {
  output_data: JsonObject;
  resource_usage?: JsonObject;
}

export interface TaskFailure extends Attempt {
  error: JsonObject & AttemptError;
  retryable: boolean;
  /** Wait at least so long instead of the backoff. */
  retry_after_ms?: number;
}

export type TaskOutcome = TaskCompletion | TaskFailure;

/**
 * `recorded`: written. `repeated`: the attempt had completed, or failed with this error, before. `lost`: the task is no
 * longer this attempt's (its lease expired, or it was answered otherwise). `cancelled`: it was, or its execution has
 * ended. `unknown`: there is no such task. Only `recorded` changes anything.
 */
export type OutcomeResult = 'recorded' | 'repeated' | 'cancelled' | 'lost' | 'unknown';

/** The error of an attempt of which nothing was heard. */
export const LEASE_EXPIRED = 'lease_expired';

/** Answers of one transaction; more only make it longer. */
const BATCH = 500;
/** One batch is written while the next one waits for its commit. */
const BATCHES_AT_A_TIME = 2;

/** What became of attempts. Answers that arrive together in this process share a transaction (group commit). */
@Injectable()
export class TaskOutcomes {
  private readonly logger = new Logger(TaskOutcomes.name);
  private readonly batcher = new Batcher<TaskOutcome, OutcomeResult>(
    (outcomes) => this.write(outcomes),
    { size: BATCH, concurrency: BATCHES_AT_A_TIME },
  );

  constructor(
    private readonly database: Database,
    private readonly progress: ExecutionProgress,
    private readonly signals: ExecutionSignals,
    private readonly workers: WorkerRecords,
    private readonly endings: ExecutionEndings,
    private readonly breakers: CircuitBreakers,
  ) {}

  /** Resolves when it is committed. */
  record(outcome: TaskOutcome): Promise<OutcomeResult> {
    return this.batcher.add(outcome);
  }

  /** Resolves when everything that was recorded so far is committed. */
  drained(): Promise<void> {
    return this.batcher.drained();
  }

  /**
   * The instances that wait for these go on in the same transaction: one commit a step instead of two. A result does
   * not depend on it: where an instance cannot go on, the results are written alone, and its end is told later.
   */
  private async write(outcomes: readonly TaskOutcome[]): Promise<OutcomeResult[]> {
    try {
      return await this.database.transaction(
        (tx) => this.apply(tx, outcomes, (movement) => this.endings.tellIn(tx, movement)),
        { lookups: true },
      );
    } catch (error) {
      this.logger.debug({ err: error }, 'Results are written without what follows from them.');
      return this.database.transaction((tx) => this.apply(tx, outcomes), { lookups: true });
    }
  }

  private async apply(
    tx: Tx,
    outcomes: readonly TaskOutcome[],
    tell?: (movement: Movement) => Promise<GoingOn>,
  ): Promise<OutcomeResult[]> {
    const answers = firstOfAttempts(outcomes);
    const [answered] = await completeTasks(tx, [
      JSON.stringify([...answers.values()].map(answerOf)),
    ]);
    if (!answered) throw new Error('Answers had no answer.');
    const { executions, completed } = answered;
    const movement = new Movement(executions);
    this.complete(movement, completed, answers);
    makeRoom(tx, completed);
    const failed = await this.fail(tx, movement, answers);
    const ended = [...completed, ...failed];
    if (ended.length > 0) {
      afterCommit(tx, () => this.tellOfWorkers(ended, answers));
      await this.progress.settle(tx, movement);
      const goingOn = await tell?.(movement);
      for (const execution_id of goingOn?.told ?? []) movement.told.add(execution_id);
      this.progress.save(tx, movement);
      await goingOn?.write();
      if (completed.length > 0) afterCommit(tx, () => this.workers.recordResults(completed));
    }
    return this.resultsOf(tx, outcomes, new Set(ended.map((task) => answers.get(attemptOf(task)))));
  }

  /**
   * Of workers' tasks; a handler's own calls are told by who makes them. A worker that died has said nothing: were its
   * tasks failures, they would be parked instead of going to the next one; and it is not idle.
   */
  private tellOfWorkers(ended: readonly EndedTask[], answers: Answers): void {
    for (const task of ended) {
      const answer = answers.get(attemptOf(task));
      if (!answer || task.handler_kind !== 'worker') continue;
      if (isFailure(answer) && answer.error.code === LEASE_EXPIRED) continue;
      const succeeded = isCompletion(answer) || !answer.retryable;
      this.breakers.record({ kind: 'task_type', name: task.task_type }, succeeded);
      if (task.worker_id !== null) this.workers.freed(task.worker_id);
    }
  }

  private complete(movement: Movement, completed: readonly EndedTask[], answers: Answers): void {
    for (const task of completed) {
      const { execution_id, task_id } = task;
      const execution = movement.executions.get(execution_id);
      const answer = answers.get(attemptOf(task));
      if (!execution || !answer || !isCompletion(answer)) continue;
      execution.tasks_completed += 1;
      execution.tasks_running -= 1;
      movement.record(execution_id, 'task_completed', task_id);
      if (execution.total_tasks > 1) continue;
      movement.results.set(execution_id, { [task_id]: answer.output_data });
    }
  }

  private async fail(tx: Tx, movement: Movement, answers: Answers): Promise<EndedTask[]> {
    const failures = new Map(
      [...answers].flatMap(([key, one]) => (isFailure(one) ? [[key, one]] : [])),
    );
    if (failures.size === 0) return [];
    const attempts = await readRunningAttempts(tx, [
      [...failures.values()].map((failure) => failure.task_execution_id),
      [...failures.values()].map((failure) => failure.lock_token),
    ]);
    const decided = attempts.flatMap((attempt) => {
      const failure = failures.get(attemptOf(attempt));
      if (!failure) return [];
      const { error, retryable, retry_after_ms } = failure;
      const after = afterFailedAttempt(
        { ...attempt, retryable, error, retry_after_ms },
        Math.random(),
      );
      const { task_execution_id, lock_token } = attempt;
      return [{ task_execution_id, lock_token, ...after, retryable, error }];
    });
    if (decided.length === 0) return [];
    const ended = await failTasks(tx, [JSON.stringify(decided)]);
    const delays = new Map(decided.map((one) => [one.task_execution_id, one.delay_ms]));
    const messageOf = (task: EndedTask): string | undefined =>
      failures.get(attemptOf(task))?.error.message;
    for (const task of ended) {
      const event = task.next === 'retrying' ? 'task_retrying' : 'task_failed';
      movement.record(task.execution_id, event, task.task_id, { error: messageOf(task) });
      if (task.next === 'retrying') {
        const delay_ms = delays.get(task.task_execution_id) ?? 0;
        movement.released.push({ handler_kind: task.handler_kind, delay_ms });
      }
    }
    for (const { execution_id } of ended.filter((task) => task.next === 'completed')) {
      const execution = movement.executions.get(execution_id);
      if (!execution) continue;
      execution.tasks_completed += 1;
      execution.tasks_running -= 1;
    }
    makeRoom(
      tx,
      ended.filter((task) => task.next === 'completed'),
    );
    await this.giveUp(
      tx,
      movement,
      ended.filter((task) => task.next === 'failed'),
      messageOf,
    );
    return ended;
  }

  /** What follows from tasks that are out of attempts. */
  private async giveUp(
    tx: Tx,
    movement: Movement,
    failed: readonly EndedTask[],
    messageOf: (task: EndedTask) => string | undefined,
  ): Promise<void> {
    const known = failed.flatMap((task) => {
      const execution = movement.executions.get(task.execution_id);
      return execution ? [{ task, execution }] : [];
    });
    // all of them, before the first may end its execution
    for (const { task, execution } of known) {
      execution.tasks_failed += 1;
      execution.tasks_running -= 1;
      if (!mayRunAgain(roundOf(execution))) movement.failed.push(task);
    }
    const toSkip: string[] = [];
    for (const { task, execution } of known) {
      if (execution.overall_status !== 'running') continue;
      if (execution.failure_strategy === 'fail_fast') {
        await this.progress.endEarly(
          tx,
          movement,
          [execution],
          'failed',
          `Task ${task.task_id} failed: ${messageOf(task) ?? 'no reason was given'}`,
        );
      } else {
        toSkip.push(task.task_execution_id);
      }
    }
    if (toSkip.length === 0) return;
    for (const skipped of await skipDependents(tx, [toSkip])) {
      movement.record(skipped.execution_id, 'task_skipped', skipped.task_id);
    }
  }

  /** @param recorded those of `outcomes` that were written */
  private async resultsOf(
    tx: Tx,
    outcomes: readonly TaskOutcome[],
    recorded: ReadonlySet<TaskOutcome | undefined>,
  ): Promise<OutcomeResult[]> {
    const others = outcomes.filter((outcome) => !recorded.has(outcome));
    const standing = new Map(
      others.length === 0
        ? []
        : (await readAnswered(tx, [others.map((outcome) => outcome.task_execution_id)])).map(
            (task) => [task.task_execution_id, task],
          ),
    );
    return outcomes.map((outcome) => {
      if (recorded.has(outcome)) return 'recorded';
      const task = standing.get(outcome.task_execution_id);
      if (!task) return 'unknown';
      if (task.status === 'cancelled') return 'cancelled';
      if (task.lock_token !== outcome.lock_token) return 'lost';
      return isRepeated(outcome, task) ? 'repeated' : 'lost';
    });
  }
}

/** The answer to each attempt: of several that travel together, the first. Another attempt of its task is another's. */
type Answers = ReadonlyMap<string, TaskOutcome>;

const attemptOf = ({ task_execution_id, lock_token }: Attempt): string =>
  `${task_execution_id} ${lock_token}`;

function firstOfAttempts(outcomes: readonly TaskOutcome[]): Answers {
  const first = new Map<string, TaskOutcome>();
  for (const outcome of outcomes) {
    const attempt = attemptOf(outcome);
    if (!first.has(attempt)) first.set(attempt, outcome);
  }
  return first;
}

/** A failure that the engine wrote (an expired lease, a timeout) is not what the attempt itself now says. */
function isRepeated(outcome: TaskOutcome, { status, last_error }: AnsweredTask): boolean {
  return isCompletion(outcome)
    ? status === 'completed' && last_error === null
    : isDeepStrictEqual(last_error, JSON.parse(JSON.stringify(outcome.error)));
}

/** The next items of fan-outs, for those that have ended. */
function makeRoom(tx: Tx, ended: readonly EndedTask[]): void {
  const items = ended.flatMap(({ execution_id, makes_room_in }) =>
    makes_room_in === null ? [] : [{ execution_id, makes_room_in }],
  );
  if (items.length === 0) return;
  const opened = openItems(tx, [
    items.map(({ execution_id }) => execution_id),
    items.map(({ makes_room_in }) => makes_room_in),
  ]);
  unawaited(tx, opened);
}

/** The failures among them only lock their executions. */
function answerOf(outcome: TaskOutcome): object {
  const { task_execution_id, lock_token } = outcome;
  return { task_execution_id, lock_token, ...(isCompletion(outcome) && outcome) };
}

function isCompletion(outcome: TaskOutcome): outcome is TaskCompletion {
  return 'output_data' in outcome;
}

function isFailure(outcome: TaskOutcome): outcome is TaskFailure {
  return !isCompletion(outcome);
}
