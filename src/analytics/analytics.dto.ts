import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsOptional, IsUUID } from 'class-validator';

import { QueryBoolean, QueryInteger } from '#platform/http';

export const ANALYSIS_DEPTHS = ['basic', 'standard', 'deep', 'comprehensive'] as const;
export type AnalysisDepth = (typeof ANALYSIS_DEPTHS)[number];

export class AnalyticsQuery {
  @ApiPropertyOptional({
    type: [String],
    style: 'form',
    explode: false,
    description: 'Workflows, comma-separated; all when left out.',
    example: ['0192f0c1-3a5e-7c3d-9b1a-5f0e8d7c6b5a'],
  } as object)
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => partsOf(value))
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  @IsUUID(undefined, { each: true })
  workflow_ids?: string[];

  @ApiPropertyOptional({
    description: 'Instances that started within so many days until now are analysed.',
    example: 30,
    default: 30,
  })
  @QueryInteger(1, 365)
  date_range_days: number = 30;

  @ApiPropertyOptional({
    type: Boolean,
    default: true,
    example: true,
    description: 'From depth `standard` on, where ML_PREDICTION_ENABLED.',
  })
  @QueryBoolean()
  include_predictions: boolean = true;

  @ApiPropertyOptional({
    type: Boolean,
    default: true,
    example: true,
    description: 'From depth `standard` on, where OPTIMIZATION_RECOMMENDATIONS_ENABLED.',
  })
  @QueryBoolean()
  include_recommendations: boolean = true;

  @ApiPropertyOptional({
    enum: ANALYSIS_DEPTHS,
    default: 'standard',
    example: 'standard',
    description: 'How much is computed; the operation says what.',
  })
  @IsIn(ANALYSIS_DEPTHS)
  analysis_depth: AnalysisDepth = 'standard';
}

function partsOf(value: unknown): unknown {
  const given = Array.isArray(value) ? (value as unknown[]) : [value];
  return given.flatMap((part) =>
    typeof part === 'string' ? part.split(',').map((id) => id.trim().toLowerCase()) : part,
  );
}
