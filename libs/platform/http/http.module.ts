import { Module, type DynamicModule, type INestApplication } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Authenticator, RouteAccess } from '#platform/auth';
import { RateLimits } from '#platform/limits';
import { BASE_PATH, type Door, ROOT_PATHS } from './adapter.js';
import { IdempotentRequests } from './idempotent-requests.js';
import { ProblemFilter } from './problem.filter.js';
import { ProcessPresence } from './process-presence.js';
import { RequestPipeline } from './request-pipeline.js';
import { RouteTable } from './route-table.js';

/** What every controller gets: checked requests, idempotency, the table of routes that are really there, and who may call them. */
@Module({})
export class HttpModule {
  static forRoot(routes: RouteTable, door: Door): DynamicModule {
    return {
      module: HttpModule,
      global: true,
      imports: [DiscoveryModule],
      providers: [
        { provide: RouteTable, useValue: routes },
        ProcessPresence,
        { provide: Authenticator, useValue: door.authenticator },
        { provide: RouteAccess, useValue: door.access },
        { provide: RateLimits, useValue: door.limits },
        IdempotentRequests,
        RequestPipeline,
      ],
      exports: [RouteTable, Authenticator, RouteAccess, RateLimits],
    };
  }
}

/** Prefix and problems, for the service and for tests that make an application themselves. */
export function configureHttp(app: INestApplication, routes: RouteTable): void {
  app.setGlobalPrefix(BASE_PATH, { exclude: ROOT_PATHS });
  app.useGlobalFilters(new ProblemFilter(routes));
}
