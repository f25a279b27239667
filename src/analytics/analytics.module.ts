import { Module } from '@nestjs/common';

import { AnalysisReader } from './analysis-reader.js';
import { AnalyticsController } from './analytics.controller.js';
import { AnalyticsService } from './analytics.service.js';
import { RollUp } from './roll-up.js';

@Module({
  controllers: [AnalyticsController],
  providers: [AnalyticsService, AnalysisReader, RollUp],
})
export class AnalyticsModule {}
