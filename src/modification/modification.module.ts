import { Module } from '@nestjs/common';

import { DefinitionsModule } from '../definitions/definitions.module.js';
import { ModificationApplier } from './modification-apply.service.js';
import { ModificationPlanner } from './modification-plan.service.js';
import { ModificationsController } from './modifications.controller.js';
import { ModificationsService } from './modifications.service.js';
import { Mover } from './mover.service.js';

/** Changes of running workflows: request, approval, application, monitoring, roll-back. */
@Module({
  imports: [DefinitionsModule],
  controllers: [ModificationsController],
  providers: [ModificationPlanner, ModificationApplier, ModificationsService, Mover],
})
export class ModificationModule {}
