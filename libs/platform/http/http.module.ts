import { Module, type DynamicModule, type INestApplication } from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { Authenticator, RouteAccess } from '#platform/auth';
import { RateLimits } from '#platform/limits';
import { BASE_PATH, type Door, ROOT_PATHS } from './adapter.js';
import { IdempotencyInterceptor } from './idempotency.interceptor.js';
import { ProblemFilter } from './problem.filter.js';
import { ProcessPresence } from './process-presence.js';
import { RouteTable } from './route-table.js';
import { UnknownQueryGuard } from './unknown-query.guard.js';
import { RequestValidationPipe } from './validation.pipe.js';

/** What every controller gets: idempotency, the table of routes that are really there, and who may call them. */
@Module({})
export class HttpModule {
  static forRoot(routes: RouteTable, door: Door): DynamicModule {
    return {
      module: HttpModule,
      global: true,
      providers: [
        { provide: RouteTable, useValue: routes },
        ProcessPresence,
        { provide: Authenticator, useValue: door.authenticator },
        { provide: RouteAccess, useValue: door.access },
        { provide: RateLimits, useValue: door.limits },
        { provide: APP_GUARD, useClass: UnknownQueryGuard },
        { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor },
      ],
      exports: [RouteTable, Authenticator, RouteAccess, RateLimits],
    };
  }
}

/** Prefix, validation and problems, for the service and for tests that make an application themselves. */
export function configureHttp(app: INestApplication, routes: RouteTable): void {
  app.setGlobalPrefix(BASE_PATH, { exclude: ROOT_PATHS });
  app.useGlobalPipes(new RequestValidationPipe());
  app.useGlobalFilters(new ProblemFilter(routes));
}
