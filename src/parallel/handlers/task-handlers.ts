import { Injectable } from '@nestjs/common';

import type { Handler } from '#engine/graph';

import { DelayTaskHandler } from './delay-handler.js';
import { GatherTaskHandler } from './gather-handler.js';
import { GraphqlTaskHandler, HttpTaskHandler } from './http-handlers.js';
import { NotificationTaskHandler } from './notification-handler.js';
import type { TaskAttempt, TaskHandler, TaskResult } from './task-handler.js';

type BuiltinType = Exclude<Handler['type'], 'worker'>;

/** Every built-in handler by its type. A new one is a class and a line here; leaving the line out does not compile. */
@Injectable()
export class TaskHandlers {
  private readonly byType: { [Type in BuiltinType]: TaskHandler<Type> };

  constructor(
    http: HttpTaskHandler,
    graphql: GraphqlTaskHandler,
    notification: NotificationTaskHandler,
    delay: DelayTaskHandler,
    gather: GatherTaskHandler,
  ) {
    this.byType = { http, graphql, notification, delay, gather };
  }

  get types(): string[] {
    return Object.keys(this.byType);
  }

  run<Type extends BuiltinType>(type: Type, attempt: TaskAttempt<Type>): Promise<TaskResult> {
    return this.byType[type].run(attempt);
  }
}
