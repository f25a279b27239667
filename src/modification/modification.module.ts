import { Module } from '@nestjs/common';

import { DefinitionsModule } from '../definitions/definitions.module.js';
import { ModificationApplier } from './modification-apply.service.js';
import { ModificationPlanner } from './modification-plan.service.js';
import { ModificationsController } from './modifications.controller.js';
import { ModificationsService } from './modifications.service.js';
import { Monitoring } from './monitoring.service.js';
import { Mover } from './mover.service.js';
import { RollbackController } from './rollback.controller.js';
import { Rollbacks } from './rollback.service.js';
import { RoutingOverridesController } from './routing-overrides.controller.js';
import { RoutingOverrides } from './routing-overrides.service.js';

/** Changes of running workflows: request, approval, application, monitoring, roll-back. */
@Module({
  imports: [DefinitionsModule],
  controllers: [ModificationsController, RollbackController, RoutingOverridesController],
  providers: [
    ModificationPlanner,
    ModificationApplier,
    ModificationsService,
    Mover,
    Rollbacks,
    Monitoring,
    RoutingOverrides,
  ],
})
export class ModificationModule {}
