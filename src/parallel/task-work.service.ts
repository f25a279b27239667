import { Injectable } from '@nestjs/common';

import { DomainError } from '#engine/errors';
import { Drain } from '#platform/health';
import {
  type OutcomeResult,
  TaskClaims,
  TaskLeases,
  type TaskOutcome,
  TaskOutcomes,
  WorkerRecords,
} from '#runtime';

import type {
  ClaimedTasks,
  ClaimTasksRequest,
  CompletedTask,
  CompleteTaskRequest,
  ExtendTaskRequest,
  FailTaskRequest,
  TaskAnswer,
  TaskAnswers,
  TaskExtension,
} from './task-work.dto.js';

const IN_A_LIST = {
  recorded: 'recorded',
  repeated: 'repeated',
  cancelled: 'task_cancelled',
  lost: 'lock_lost',
  unknown: 'task_not_found',
} as const satisfies Record<OutcomeResult, TaskAnswer['result']>;

/** The worker protocol (design.md §5). Every call may be repeated. */
@Injectable()
export class TaskWorkService {
  constructor(
    private readonly claims: TaskClaims,
    private readonly leases: TaskLeases,
    private readonly outcomes: TaskOutcomes,
    private readonly workers: WorkerRecords,
    private readonly drain: Drain,
  ) {}

  /** @param gone of a caller who waits: aborted when it has hung up, and then takes no task any more */
  async claim(request: ClaimTasksRequest, gone?: AbortSignal): Promise<ClaimedTasks> {
    const { signal } = this.drain;
    const ended = gone ? AbortSignal.any([gone, signal]) : signal;
    const tasks = await this.claims.claimForWorker(request, ended);
    return {
      tasks: tasks.map((task) => ({
        task_execution_id: task.task_execution_id,
        lock_token: task.lock_token,
        execution_id: task.execution_id,
        workflow_id: task.workflow_id,
        workflow_instance_id: task.workflow_instance_id,
        step_id: task.step_id,
        task_id: task.task_id,
        task_name: task.task_name,
        task_type: task.task_type,
        input_data: task.input_data,
        dependency_results: task.dependency_results ?? {},
        attempt: task.attempt,
        lock_expires_at: task.lock_expires_at,
      })),
    };
  }

  complete(task_execution_id: string, request: CompleteTaskRequest): Promise<TaskAnswer> {
    return this.answer(completion(task_execution_id, request));
  }

  fail(task_execution_id: string, request: FailTaskRequest): Promise<TaskAnswer> {
    const { lock_token, error_message, error_code, retryable, retry_after_seconds } = request;
    return this.answer({
      task_execution_id,
      lock_token: lock_token.toLowerCase(),
      error: { code: error_code ?? 'worker_failed', message: error_message },
      retryable,
      ...(typeof retry_after_seconds === 'number' && {
        retry_after_ms: retry_after_seconds * 1_000,
      }),
    });
  }

  /** One answer for each task, in their order: a lost one does not keep the others from being recorded. */
  async completeMany(tasks: readonly CompletedTask[]): Promise<TaskAnswers> {
    const results = await Promise.all(
      tasks.map((task) =>
        this.outcomes.record(completion(task.task_execution_id.toLowerCase(), task)),
      ),
    );
    return {
      results: tasks.map(({ task_execution_id }, index) => ({
        task_execution_id,
        result: IN_A_LIST[results[index] ?? 'unknown'],
      })),
    };
  }

  async extend(task_execution_id: string, request: ExtendTaskRequest): Promise<TaskExtension> {
    const { lock_seconds, cpu_usage_percentage, memory_usage_mb } = request;
    const lock_token = request.lock_token.toLowerCase();
    const [lease] = await this.leases.extend([{ task_execution_id, lock_token, lock_seconds }]);
    if (!lease) {
      const status = await this.leases.statusOf(task_execution_id);
      if (status === undefined) throw taskNotFound(task_execution_id);
      throw status === 'cancelled' ? taskCancelled(task_execution_id) : lockLost(task_execution_id);
    }
    const { worker_id, lock_expires_at } = lease;
    this.workers.hear({ worker_id, cpu_usage_percentage, memory_usage_mb });
    return { task_execution_id, lock_expires_at };
  }

  private async answer(outcome: TaskOutcome): Promise<TaskAnswer> {
    const { task_execution_id } = outcome;
    const result = await this.outcomes.record(outcome);
    if (result === 'cancelled') throw taskCancelled(task_execution_id);
    if (result === 'lost') throw lockLost(task_execution_id);
    if (result === 'unknown') throw taskNotFound(task_execution_id);
    return { task_execution_id, result };
  }
}

function completion(
  task_execution_id: string,
  { lock_token, output_data, resource_usage }: CompleteTaskRequest,
): TaskOutcome {
  return {
    task_execution_id,
    lock_token: lock_token.toLowerCase(),
    output_data,
    ...(resource_usage && { resource_usage }),
  };
}

function taskCancelled(task_execution_id: string): DomainError {
  return new DomainError(
    'task_cancelled',
    'The task was cancelled, or its execution has ended: nobody wants its result. Drop its work and claim again.',
    { task_execution_id },
  );
}

function lockLost(task_execution_id: string): DomainError {
  return new DomainError(
    'lock_lost',
    'The task is no longer yours: its lock expired, or somebody else has ended it. Drop its work and claim again.',
    { task_execution_id },
  );
}

function taskNotFound(task_execution_id: string): DomainError {
  return new DomainError('task_not_found', `There is no task ${task_execution_id}.`, {
    task_execution_id,
  });
}
