import { Module, type OnModuleInit } from '@nestjs/common';

import {
  FAILURE_STRATEGIES,
  LOAD_BALANCING_STRATEGIES,
  NOTIFICATION_CHANNELS,
  SYNCHRONIZATION_FAILURE_STRATEGIES,
  SYNCHRONIZATION_TYPES,
} from '#engine/graph';
import { CapabilityCatalog } from '#platform/capabilities';
import { EventStreams } from '#platform/streams';

import { DelayTaskHandler } from './handlers/delay-handler.js';
import { GatherTaskHandler } from './handlers/gather-handler.js';
import { GraphqlTaskHandler, HttpTaskHandler } from './handlers/http-handlers.js';
import { NotificationTaskHandler } from './handlers/notification-handler.js';
import { TaskHandlers } from './handlers/task-handlers.js';
import { ParallelController } from './parallel.controller.js';
import { ParallelService } from './parallel.service.js';
import { ProgressStream } from './progress-stream.service.js';
import { TaskRunner } from './task-runner.js';
import { WorkerCapacity } from './worker-capacity.js';
import { TaskWorkController } from './task-work.controller.js';
import { TaskWorkService } from './task-work.service.js';

@Module({
  controllers: [ParallelController, TaskWorkController],
  providers: [
    DelayTaskHandler,
    GatherTaskHandler,
    GraphqlTaskHandler,
    HttpTaskHandler,
    NotificationTaskHandler,
    ParallelService,
    EventStreams,
    ProgressStream,
    TaskHandlers,
    TaskRunner,
    WorkerCapacity,
    TaskWorkService,
  ],
})
export class ParallelModule implements OnModuleInit {
  constructor(
    private readonly catalog: CapabilityCatalog,
    private readonly handlers: TaskHandlers,
  ) {}

  onModuleInit(): void {
    this.catalog.register('parallel_execution', () => ({
      task_handlers: [...this.handlers.types, 'worker'],
      notification_channels: NOTIFICATION_CHANNELS,
      synchronization_types: SYNCHRONIZATION_TYPES,
      synchronization_failure_strategies: SYNCHRONIZATION_FAILURE_STRATEGIES,
      failure_strategies: FAILURE_STRATEGIES,
      load_balancing_strategies: LOAD_BALANCING_STRATEGIES,
    }));
  }
}
