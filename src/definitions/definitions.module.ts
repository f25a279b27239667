import { Module } from '@nestjs/common';

import { RuntimeModule } from '#runtime';

import { DefinitionsController } from './definitions.controller.js';
import { DefinitionsService } from './definitions.service.js';
import { WorkflowsService } from './workflows.service.js';

@Module({
  imports: [RuntimeModule],
  controllers: [DefinitionsController],
  providers: [DefinitionsService, WorkflowsService],
  exports: [DefinitionsService],
})
export class DefinitionsModule {}
