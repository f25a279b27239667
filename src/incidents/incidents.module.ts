import { Module } from '@nestjs/common';

import { IncidentBatchesService } from './incident-batches.service.js';
import { IncidentsController } from './incidents.controller.js';
import { IncidentsService } from './incidents.service.js';

@Module({
  controllers: [IncidentsController],
  providers: [IncidentBatchesService, IncidentsService],
})
export class IncidentsModule {}
