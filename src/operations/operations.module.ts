import { Module } from '@nestjs/common';
import { Database } from '#persistence';
import { markIdempotencyApplied } from '#platform/http';
import { CapabilitiesService } from './capabilities.service.js';
import { DocsController } from './docs.controller.js';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';
import { OpenApiDocument } from './openapi-document.js';
import { OperationsController } from './operations.controller.js';
import { SystemMetricsService } from './system-metrics.service.js';

@Module({
  controllers: [HealthController, OperationsController, MetricsController, DocsController],
  providers: [CapabilitiesService, SystemMetricsService, OpenApiDocument],
  exports: [OpenApiDocument],
})
export class OperationsModule {
  /** A request's key commits with its work: see markIdempotencyApplied. */
  constructor(database: Database) {
    database.beforeCommit(markIdempotencyApplied);
  }
}
