import { Module } from '@nestjs/common';
import { Sweeper } from '#jobs';
import { Database } from '#persistence';
import { deleteExpiredKeys, markIdempotencyApplied } from '#platform/http';
import { CapabilitiesService } from './capabilities.service.js';
import { DocsController } from './docs.controller.js';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';
import { OpenApiDocument } from './openapi-document.js';
import { OperationsController } from './operations.controller.js';
import { SystemMetricsService } from './system-metrics.service.js';
import { TableStatistics } from './table-statistics.js';

/** The sweeper turns once a second, so this is far more than can expire. */
const EXPIRED_KEYS_A_TURN = 5_000;

@Module({
  controllers: [HealthController, OperationsController, MetricsController, DocsController],
  providers: [CapabilitiesService, SystemMetricsService, OpenApiDocument, TableStatistics],
  exports: [OpenApiDocument],
})
export class OperationsModule {
  /** A request's key commits with its work: see markIdempotencyApplied. */
  constructor(database: Database, sweeper: Sweeper) {
    database.beforeCommit(markIdempotencyApplied);
    sweeper.register('expired_idempotency_keys', async () => {
      await database.transaction((tx) => deleteExpiredKeys(tx, EXPIRED_KEYS_A_TURN));
    });
  }
}
