import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsInt,
  IsNumber,
  IsObject,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';

import type { CanaryPlan, CanaryStage, Evidence } from '#engine/canary';

const MAX_STAGES = 10;
const MINUTES_OF_30_DAYS = 43_200;

export class CanaryStageRequest implements CanaryStage {
  @ApiProperty({ minimum: 0.1, maximum: 99, example: 10 })
  @IsNumber()
  @Min(0.1)
  @Max(99)
  percentage: number;

  @ApiPropertyOptional({ description: 'Instances of the canary that must have ended in all.' })
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  minimum_cases: number = 20;

  @ApiPropertyOptional({ description: 'How long the stage lasts at least.' })
  @IsNumber()
  @Min(0)
  @Max(MINUTES_OF_30_DAYS)
  minimum_minutes: number = 0;
}

export class CanaryRequest implements CanaryPlan {
  @ApiProperty({
    type: [CanaryStageRequest],
    description: 'Each with a higher percentage than the one before; after the last come all.',
    example: [
      { percentage: 5, minimum_cases: 20, minimum_minutes: 60 },
      { percentage: 25, minimum_cases: 100, minimum_minutes: 240 },
    ],
  })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_STAGES)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => CanaryStageRequest)
  stages: CanaryStageRequest[];

  @ApiPropertyOptional({
    minimum: 0.0001,
    maximum: 0.5,
    description:
      'The chance that a version that is no worse is stopped, over all stages and however often they are looked at.',
  })
  @IsNumber()
  @Min(0.0001)
  @Max(0.5)
  alpha: number = 0.05;
}

export class EvidenceView implements Evidence {
  @ApiProperty({ enum: ['failure_rate', 'deadline_misses', 'step_time'] })
  metric: Evidence['metric'];
  @ApiProperty({ type: String, nullable: true }) step_id: string | null;
  @ApiProperty({ description: 'A share of instances, or median minutes.', example: 0.4 })
  canary: number;
  @ApiProperty({ example: 0.05 }) control: number;
  @ApiProperty({
    description: 'One-sided: Fisher’s exact test for shares, Mann–Whitney for times.',
    example: 0.0004,
  })
  p_value: number;
  @ApiProperty({ description: 'At or below this it counts.', example: 0.01 }) threshold: number;
  @ApiProperty() worse: boolean;
}

export class CanaryView {
  @ApiProperty({ enum: ['planned', 'running', 'stopped', 'completed'] }) status: string;
  @ApiProperty({ description: 'From 0.' }) stage: number;
  @ApiProperty({ type: [CanaryStageRequest] }) stages: readonly CanaryStage[];
  @ApiProperty() alpha: number;
  @ApiProperty({ description: 'How often it was compared with the control group.' }) looks: number;
  @ApiProperty({ type: [EvidenceView], description: 'Of the latest comparison.' })
  evidence: Evidence[];
}
