import { Module, type DynamicModule, type INestApplication } from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { BASE_PATH, ROOT_PATHS } from './adapter.js';
import { IdempotencyInterceptor } from './idempotency.interceptor.js';
import { ProblemFilter } from './problem.filter.js';
import { ProcessPresence } from './process-presence.js';
import { RouteTable } from './route-table.js';
import { UnknownQueryGuard } from './unknown-query.guard.js';
import { RequestValidationPipe } from './validation.pipe.js';

/** What every controller gets: idempotency, and the table of routes that are really there. */
@Module({})
export class HttpModule {
  static forRoot(routes: RouteTable): DynamicModule {
    return {
      module: HttpModule,
      global: true,
      providers: [
        { provide: RouteTable, useValue: routes },
        ProcessPresence,
        { provide: APP_GUARD, useClass: UnknownQueryGuard },
        { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor },
      ],
      exports: [RouteTable],
    };
  }
}

/** Prefix, validation and problems, for the service and for tests that make an application themselves. */
export function configureHttp(app: INestApplication, routes: RouteTable): void {
  app.setGlobalPrefix(BASE_PATH, { exclude: ROOT_PATHS });
  app.useGlobalPipes(new RequestValidationPipe());
  app.useGlobalFilters(new ProblemFilter(routes));
}
