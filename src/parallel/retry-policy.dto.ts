import { ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsNumber,
  IsOptional,
  IsPositive,
  Max,
  Min,
} from 'class-validator';

import { JITTERS, type RetryPolicy } from '#engine/graph';
import { IsText } from '#platform/http';

const MS_OF_A_DAY = 86_400_000;
const MINUTES_OF_A_YEAR = 527_040;

export class RetryPolicyRequest implements RetryPolicy {
  @ApiPropertyOptional({ description: 'Before the second attempt.', default: 1_000 })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(MS_OF_A_DAY)
  initial_interval_ms?: number;

  @ApiPropertyOptional({ description: 'What each pause is multiplied by.', default: 2 })
  @IsOptional()
  @IsNumber()
  @Min(1)
  @Max(100)
  backoff_coefficient?: number;

  @ApiPropertyOptional({ description: 'No pause is longer.', default: 60_000 })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(MS_OF_A_DAY)
  maximum_interval_ms?: number;

  @ApiPropertyOptional({
    enum: JITTERS,
    default: 'full',
    description: '`full`: a random part of the pause.',
  })
  @IsOptional()
  @IsIn(JITTERS)
  jitter?: (typeof JITTERS)[number];

  @ApiPropertyOptional({
    type: Number,
    nullable: true,
    description: 'From the start of the first attempt; none is planned for later.',
    example: 30,
  })
  @IsOptional()
  @IsNumber()
  @IsPositive()
  @Max(MINUTES_OF_A_YEAR)
  total_timeout_minutes?: number | null;

  @ApiPropertyOptional({
    type: [String],
    description:
      'Errors that no further attempt can mend: the code of an error, its code and HTTP status, or its message; `*` stands for any text, letter case does not count.',
    example: ['http_status:409', '*quota exceeded*'],
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @IsText({ min: 1, max: 500 }, { each: true })
  non_retryable_errors?: string[];
}
