import {
  Body,
  Controller,
  Get,
  Headers,
  HttpCode,
  type MessageEvent,
  Post,
  Query,
  Sse,
  UseGuards,
} from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBody,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiProduces,
  ApiTags,
} from '@nestjs/swagger';
import type { Observable } from 'rxjs';

import { CurrentPrincipal, type Principal } from '#platform/auth';
import { ApiProblems, ClientIdParam, type Page } from '#platform/http';

import { ExecutionExists } from './execution-exists.guard.js';
import {
  CancelExecutionRequest,
  ExecuteRequest,
  ExecutionView,
  SynchronizationPoints,
  TaskPage,
  TasksQuery,
  type TaskView,
} from './parallel.dto.js';
import { ParallelService } from './parallel.service.js';
import { ProgressStream } from './progress-stream.service.js';

@ApiTags('parallel')
@Controller('parallel')
export class ParallelController {
  constructor(
    private readonly parallel: ParallelService,
    private readonly progress: ProgressStream,
  ) {}

  @Post('execute')
  @HttpCode(202)
  @ApiOperation({
    operationId: 'executeParallel',
    summary: 'Execute a graph of tasks',
    description:
      'Stores the execution and starts it as soon as fewer than MAX_CONCURRENT_EXECUTIONS run. Everything that is wrong comes back in one answer. Tasks with a handler are done by the service; the others are claimed by workers.',
  })
  @ApiBody({ type: ExecuteRequest })
  @ApiAcceptedResponse({ type: ExecutionView })
  @ApiProblems(
    'workflow_not_found',
    'workflow_inactive',
    'instance_not_running',
    'execution_exists',
  )
  execute(@Body() body: unknown, @CurrentPrincipal() principal: Principal): Promise<ExecutionView> {
    return this.parallel.execute(body, principal);
  }

  @Get('executions/:execution_id')
  @ApiOperation({
    operationId: 'getExecution',
    summary: 'Read an execution',
    description: 'Counts, open synchronization points and figures as they stand now.',
  })
  @ApiOkResponse({ type: ExecutionView })
  @ApiProblems('execution_not_found')
  read(@ClientIdParam('execution_id') execution_id: string): Promise<ExecutionView> {
    return this.parallel.read(execution_id);
  }

  @Get('executions/:execution_id/tasks')
  @ApiOperation({
    operationId: 'listExecutionTasks',
    summary: 'Tasks of an execution, in the order of the request',
    description: 'With their attempts, errors and outputs.',
  })
  @ApiOkResponse({ type: TaskPage })
  @ApiProblems('execution_not_found', 'cursor_invalid')
  tasks(
    @ClientIdParam('execution_id') execution_id: string,
    @Query() query: TasksQuery,
  ): Promise<Page<TaskView>> {
    return this.parallel.tasks(execution_id, query);
  }

  @Get('executions/:execution_id/synchronization-points')
  @ApiOperation({
    operationId: 'listSynchronizationPoints',
    summary: 'Synchronization points of an execution',
    description: 'All of them: how they stand, or how and when they were decided.',
  })
  @ApiOkResponse({ type: SynchronizationPoints })
  @ApiProblems('execution_not_found')
  points(@ClientIdParam('execution_id') execution_id: string): Promise<SynchronizationPoints> {
    return this.parallel.points(execution_id);
  }

  @Sse('executions/:execution_id/events')
  @UseGuards(ExecutionExists)
  @ApiOperation({
    operationId: 'streamExecutionEvents',
    summary: 'Follow an execution',
    description:
      'Server-sent events from the first on, or after `Last-Event-ID`; ends when the execution has ended. At its `monitoring_interval_seconds` a `progress` tells how it stands: counts, percentage and estimate, with the id of the event before it, and not stored. A comment every 15 s without news.',
  })
  @ApiHeader({ name: 'Last-Event-ID', required: false, schema: { type: 'string' } })
  @ApiProduces('text/event-stream')
  @ApiOkResponse({
    description: 'A stream of events.',
    schema: { type: 'string' },
    example:
      'id: 3\nevent: task_completed\ndata: {"task_id":"background_check","payload":{},"occurred_at":"2026-11-22T09:00:00.000Z"}\n\n',
  })
  @ApiProblems('execution_not_found')
  events(
    @ClientIdParam('execution_id') execution_id: string,
    @Headers('last-event-id') lastEventId: string | undefined,
  ): Observable<MessageEvent> {
    return this.progress.open(
      execution_id,
      /^\d{1,15}$/.test(lastEventId ?? '') ? Number(lastEventId) : 0,
    );
  }

  @Post('executions/:execution_id/cancel')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'cancelExecution',
    summary: 'Cancel an execution',
    description:
      'What has not ended is cancelled; running handlers are told to stop, workers by their next answer.',
  })
  @ApiOkResponse({ type: ExecutionView })
  @ApiProblems('execution_not_found', 'execution_ended')
  cancel(
    @ClientIdParam('execution_id') execution_id: string,
    @Body() { reason }: CancelExecutionRequest,
  ): Promise<ExecutionView> {
    return this.parallel.cancel(execution_id, reason);
  }

  @Post('executions/:execution_id/retry')
  @HttpCode(202)
  @ApiOperation({
    operationId: 'retryExecution',
    summary: 'Run again what failed',
    description:
      'Of an execution that has ended: failed, skipped and cancelled tasks get fresh attempts, and with a `for_each` its items that had failed; what has completed stays. Not of an execution that did the work of a step: its instance has moved on; nor while its instance is suspended, or has ended.',
  })
  @ApiAcceptedResponse({ type: ExecutionView })
  @ApiProblems(
    'execution_not_found',
    'execution_not_failed',
    'execution_ended',
    'instance_not_running',
  )
  retry(@ClientIdParam('execution_id') execution_id: string): Promise<ExecutionView> {
    return this.parallel.retry(execution_id);
  }
}
