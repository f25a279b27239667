import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { TypeHelpOptions } from 'class-transformer';
import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';

import {
  type Handler,
  HANDLER_TYPES,
  HTTP_METHODS,
  MAX_DELAY_MS,
  NOTIFICATION_CHANNELS,
} from '#engine/graph';
import { AsSent, IsJsonObject, isJsonObject, IsText } from '#platform/http';

const MAX_URL = 2_000;
const MAX_TEXT = 100_000;
const MAX_TIMEOUT_MS = 3_600_000;
const TEMPLATE =
  'May hold `{{ expression }}` over the instance’s data, the task’s `input` and, where it has `dependencies`, their outputs as `results`.';
const ANY_OBJECT = { type: 'object', additionalProperties: true } as const;

type HandlerOf<Type extends Handler['type']> = Extract<Handler, { type: Type }>;

export class HttpHandlerRequest implements HandlerOf<'http'> {
  @ApiProperty({ enum: ['http'] })
  @IsIn(['http'])
  type: 'http';

  @ApiProperty({ enum: HTTP_METHODS })
  @IsText({ min: 1, max: 10 })
  method: string;

  @ApiProperty({
    description: TEMPLATE,
    example: 'https://hr.example.com/checks/{{ employee_id }}',
  })
  @IsText({ min: 1, max: MAX_URL })
  url: string;

  @ApiPropertyOptional({
    ...ANY_OBJECT,
    additionalProperties: { type: 'string' },
    description: TEMPLATE,
  })
  @IsOptional()
  @IsJsonObject()
  headers?: Record<string, string>;

  @ApiPropertyOptional({ description: `${TEMPLATE} Anything but text is sent as JSON.` })
  @IsOptional()
  @AsSent()
  body?: unknown;

  @ApiPropertyOptional({ description: 'Default 30 s.' })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_TIMEOUT_MS)
  timeout_ms?: number;
}

export class GraphqlHandlerRequest implements HandlerOf<'graphql'> {
  @ApiProperty({ enum: ['graphql'] })
  @IsIn(['graphql'])
  type: 'graphql';

  @ApiProperty({ description: TEMPLATE })
  @IsText({ min: 1, max: MAX_URL })
  url: string;

  @ApiProperty({ example: 'mutation ($id: ID!) { grant(id: $id) { granted } }' })
  @IsText({ min: 1, max: MAX_TEXT })
  query: string;

  @ApiPropertyOptional({ ...ANY_OBJECT, description: TEMPLATE })
  @IsOptional()
  @IsJsonObject()
  variables?: Record<string, unknown>;

  @ApiPropertyOptional({ description: 'Default 30 s.' })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_TIMEOUT_MS)
  timeout_ms?: number;
}

export class NotificationHandlerRequest implements HandlerOf<'notification'> {
  @ApiProperty({ enum: ['notification'] })
  @IsIn(['notification'])
  type: 'notification';

  @ApiProperty({ enum: NOTIFICATION_CHANNELS })
  @IsText({ min: 1, max: 50 })
  channel: string;

  @ApiProperty({ description: `Of \`webhook\`, a URL. ${TEMPLATE}` })
  @IsText({ min: 1, max: MAX_URL })
  to: string;

  @ApiProperty({ description: TEMPLATE })
  @IsText({ min: 0, max: MAX_TEXT })
  message: string;
}

export class DelayHandlerRequest implements HandlerOf<'delay'> {
  @ApiProperty({ enum: ['delay'] })
  @IsIn(['delay'])
  type: 'delay';

  @ApiProperty({ description: 'Waits, then succeeds; 0 is the no-op.', minimum: 0 })
  @IsInt()
  @Min(0)
  @Max(MAX_DELAY_MS)
  duration_ms: number;
}

export class WorkerHandlerRequest implements HandlerOf<'worker'> {
  @ApiProperty({ enum: ['worker'] })
  @IsIn(['worker'])
  type: 'worker';
}

/** What is left when `type` is none of ours: it is refused by that field. */
export class UnknownHandlerRequest {
  @IsIn(HANDLER_TYPES, { message: `type must be one of ${HANDLER_TYPES.join(', ')}` })
  type: string;
}

export const HANDLER_REQUESTS = [
  HttpHandlerRequest,
  GraphqlHandlerRequest,
  NotificationHandlerRequest,
  DelayHandlerRequest,
  WorkerHandlerRequest,
];

const REQUEST_OF_TYPE = new Map<unknown, new () => object>([
  ['http', HttpHandlerRequest],
  ['graphql', GraphqlHandlerRequest],
  ['notification', NotificationHandlerRequest],
  ['delay', DelayHandlerRequest],
  ['worker', WorkerHandlerRequest],
]);

/** For `@Type(handlerType)`. Not by class-transformer's discriminator: it breaks on a list that holds null. */
export function handlerType(help?: TypeHelpOptions): new () => object {
  const handler = (help?.object as Record<string, unknown> | undefined)?.[help?.property ?? ''];
  const type = isJsonObject(handler) ? handler['type'] : undefined;
  return REQUEST_OF_TYPE.get(type) ?? UnknownHandlerRequest;
}
