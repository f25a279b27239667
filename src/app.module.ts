import { Module, type DynamicModule } from '@nestjs/common';
import { JobsModule } from '#jobs';
import { NotificationsModule } from '#notifications';
import { PersistenceModule } from '#persistence';
import { CapabilitiesModule } from '#platform/capabilities';
import { ConfigModule, type AppConfig } from '#platform/config';
import { HealthModule } from '#platform/health';
import { type Door, HttpModule, type RouteTable } from '#platform/http';
import { MetricsModule } from '#platform/metrics';
import { OutboundModule } from '#platform/outbound';
import { RuntimeModule } from '#runtime';
import { AccessModule } from './access/access.module.js';
import { AnalyticsModule } from './analytics/analytics.module.js';
import { BreakersModule } from './breakers/breakers.module.js';
import { DefinitionsModule } from './definitions/definitions.module.js';
import { IncidentsModule } from './incidents/incidents.module.js';
import { ModificationModule } from './modification/modification.module.js';
import { OperationsModule } from './operations/operations.module.js';
import { ParallelModule } from './parallel/parallel.module.js';
import { RoutingModule } from './routing/routing.module.js';

/** The features. What they stand on comes with forRoot, because it needs the configuration. */
const FEATURES = [
  AccessModule,
  DefinitionsModule,
  RoutingModule,
  ParallelModule,
  IncidentsModule,
  BreakersModule,
  AnalyticsModule,
  ModificationModule,
  OperationsModule,
];

@Module({})
export class AppModule {
  static forRoot(config: AppConfig, routes: RouteTable, door: Door): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config),
        PersistenceModule,
        MetricsModule,
        OutboundModule,
        HealthModule,
        CapabilitiesModule,
        HttpModule.forRoot(routes, door),
        JobsModule,
        NotificationsModule,
        RuntimeModule,
        ...FEATURES,
      ],
    };
  }
}
