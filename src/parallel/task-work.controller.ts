import type { Socket } from 'node:net';
import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';

import { ApiProblems, UuidParam } from '#platform/http';

import {
  ClaimedTasks,
  ClaimTasksRequest,
  CompleteTaskRequest,
  CompleteTasksRequest,
  ExtendTaskRequest,
  FailTaskRequest,
  TaskAnswer,
  TaskAnswers,
  TaskExtension,
} from './task-work.dto.js';
import { TaskWorkService } from './task-work.service.js';

@ApiTags('workers')
@Controller('parallel/tasks')
export class TaskWorkController {
  constructor(private readonly work: TaskWorkService) {}

  @Post('claim')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'claimTasks',
    summary: 'Claim tasks to work on',
    description:
      'Takes ready tasks of these types, the largest priority first. Each is yours until `lock_expires_at` (never later than its `timeout_minutes`); after that another worker may get it, and answers with your `lock_token` are refused.',
  })
  @ApiOkResponse({ type: ClaimedTasks })
  claim(@Body() request: ClaimTasksRequest, @Req() { raw }: FastifyRequest): Promise<ClaimedTasks> {
    return request.wait_seconds > 0
      ? untilHungUp(raw.socket, (gone) => this.work.claim(request, gone))
      : this.work.claim(request);
  }

  @Post('complete')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'completeTasks',
    summary: 'Complete many tasks',
    description:
      'One result for each, in their order; those that are no longer yours do not hold up the others.',
  })
  @ApiOkResponse({ type: TaskAnswers })
  completeMany(@Body() { tasks }: CompleteTasksRequest): Promise<TaskAnswers> {
    return this.work.completeMany(tasks);
  }

  @Post(':task_execution_id/complete')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'completeTask',
    summary: 'Complete a task',
    description: 'Recorded once: repeating the call answers `repeated` and changes nothing.',
  })
  @ApiOkResponse({ type: TaskAnswer })
  @ApiProblems('task_not_found', 'task_cancelled', 'lock_lost')
  complete(
    @UuidParam('task_execution_id') task_execution_id: string,
    @Body() request: CompleteTaskRequest,
  ): Promise<TaskAnswer> {
    return this.work.complete(task_execution_id, request);
  }

  @Post(':task_execution_id/fail')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'failTask',
    summary: 'Report that a task failed',
    description:
      'It is tried again after a growing pause, or after `retry_after_seconds`, while attempts are left.',
  })
  @ApiOkResponse({ type: TaskAnswer })
  @ApiProblems('task_not_found', 'task_cancelled', 'lock_lost')
  fail(
    @UuidParam('task_execution_id') task_execution_id: string,
    @Body() request: FailTaskRequest,
  ): Promise<TaskAnswer> {
    return this.work.fail(task_execution_id, request);
  }

  @Post(':task_execution_id/extend')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'extendTask',
    summary: 'Keep a task',
    description:
      'Moves `lock_expires_at` to so many seconds from now, at most to the end of its `timeout_minutes`. 409 tells that the work can be dropped.',
  })
  @ApiOkResponse({ type: TaskExtension })
  @ApiProblems('task_not_found', 'task_cancelled', 'lock_lost')
  extend(
    @UuidParam('task_execution_id') task_execution_id: string,
    @Body() request: ExtendTaskRequest,
  ): Promise<TaskExtension> {
    return this.work.extend(task_execution_id, request);
  }
}

/** @param work is given a signal that is aborted when the caller hangs up */
async function untilHungUp<T>(socket: Socket, work: (gone: AbortSignal) => Promise<T>): Promise<T> {
  const gone = new AbortController();
  const hangUp = (): void => gone.abort();
  socket.once('close', hangUp);
  try {
    return await work(gone.signal);
  } finally {
    socket.off('close', hangUp);
  }
}
