import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, Max, Min } from 'class-validator';

import { type Estimate, type Forecast, WAITING_BASES, type WaitingBasis } from '#engine/simulation';

import { ModifyRequest } from '../modification.dto.js';

const LARGEST_SEED = 4_294_967_295;

export class WhatIfRequest extends ModifyRequest {
  @ApiPropertyOptional({ description: 'The same seed gives the same answer on the same history.' })
  @IsInt()
  @Min(0)
  @Max(LARGEST_SEED)
  seed: number = 1;
}

export class EstimateView implements Estimate {
  @ApiProperty({ example: 312.5 }) mean: number;
  @ApiProperty({ description: 'Of the interval at 95 %.', example: 280.1 }) low: number;
  @ApiProperty({ example: 347.9 }) high: number;
}

export class ForecastView implements Forecast {
  @ApiProperty({ type: EstimateView }) cycle_minutes: Estimate;
  @ApiProperty({ type: EstimateView, description: 'Of a step or of the whole instance.' })
  deadline_miss_percentage: Estimate;
  @ApiProperty({ type: EstimateView }) failure_percentage: Estimate;
  @ApiProperty({
    type: 'object',
    additionalProperties: { $ref: '#/components/schemas/EstimateView' },
    description: 'step_id → an instance’s wait there, 0 for those that do not come to it.',
  })
  wait_minutes: Record<string, Estimate>;
}

export class WaitingView {
  @ApiProperty() step_id: string;
  @ApiProperty({ type: Number, nullable: true, description: 'Of an approval.' })
  level: number | null;
  @ApiProperty({
    enum: WAITING_BASES,
    description:
      'How waiting there comes about. `queue`: it waits until one of those who were seen working there is free. `as_recorded`: it is not known who works there, and it waits as long as was recorded, whatever else there is to do. `estimated`: it was never done and takes its estimated time.',
  })
  basis: WaitingBasis;
  @ApiProperty({ type: Number, nullable: true, description: 'Who can do it; null: not known.' })
  people: number | null;
}

export class WhatIfAnswer {
  @ApiProperty({ format: 'uuid' }) workflow_id: string;
  @ApiProperty() from_version: number;
  @ApiProperty({ type: [String], description: 'What would change.' }) sentences: string[];
  @ApiProperty({
    description: 'That were started in the period, were not called off, and are told of.',
  })
  instances: number;
  @ApiProperty({ description: 'TREND_ANALYSIS_DAYS' }) history_days: number;
  @ApiProperty({ description: 'Of those of them that have ended, as recorded.' })
  recorded_cycle_minutes: number;
  @ApiProperty({ type: ForecastView, description: 'With the definition as it is.' })
  before: Forecast;
  @ApiProperty({ type: ForecastView, description: 'With the changed definition.' })
  after: Forecast;
  @ApiProperty({
    type: ForecastView,
    description: 'After less before, under the same chances: what the change comes to.',
  })
  difference: Forecast;
  @ApiProperty({ type: [WaitingView], description: 'Of the changed definition.' })
  waiting: WaitingView[];
  @ApiProperty({ description: 'Simulations of each definition that the intervals come from.' })
  replications: number;
  @ApiProperty({ type: [String], description: 'What the figures rest on.' }) assumptions: string[];
  @ApiProperty() seed: number;
}
