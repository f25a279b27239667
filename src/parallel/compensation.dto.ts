import { ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsInt,
  IsNumber,
  IsObject,
  IsOptional,
  IsPositive,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';

import type { Compensation, Handler } from '#engine/graph';
import { IsClientId } from '#platform/http';

import { HANDLER_REQUESTS, handlerType } from './handler.dto.js';
import { RetryPolicyRequest } from './retry-policy.dto.js';

const MINUTES_OF_A_YEAR = 527_040;

/** What undoes a completed task when its execution fails. */
export class CompensationRequest implements Compensation {
  @ApiPropertyOptional({
    nullable: true,
    description:
      'Who undoes it. Left out: a worker that claims `task_type`. Expressions see the task as `input.input` and `input.output`.',
    oneOf: HANDLER_REQUESTS.map((handler) => ({ $ref: getSchemaPath(handler) })),
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(handlerType)
  handler?: Handler | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'Workers claim by it; needed where no handler is given.',
    example: 'cancel_booking',
  })
  @IsOptional()
  @IsClientId()
  task_type?: string | null;

  @ApiPropertyOptional({ description: 'Further attempts after the first.' })
  @IsInt()
  @Min(0)
  @Max(1_000)
  max_retry_attempts: number = 3;

  @ApiPropertyOptional({ type: RetryPolicyRequest, nullable: true })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => RetryPolicyRequest)
  retry_policy?: RetryPolicyRequest | null;

  @ApiPropertyOptional({ description: 'Of one attempt, from its claim.' })
  @IsNumber()
  @IsPositive()
  @Max(MINUTES_OF_A_YEAR)
  timeout_minutes: number = 60;
}
