import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';

import { BREAKER_STATES, type BreakerState } from '#engine/breaker';
import { BREAKER_KINDS, type BreakerKind } from '#persistence';
import { PageQuery } from '#platform/http';
import type { BreakerEventRow } from '#runtime';

import type { BreakerViewRow } from './breakers.queries.js';

export class ListBreakersQuery extends PageQuery {
  @ApiPropertyOptional({ enum: BREAKER_STATES, description: 'All of them when left out.' })
  @IsOptional()
  @IsIn(BREAKER_STATES)
  state?: BreakerState;
}

export class BreakerSummary {
  @ApiProperty({
    enum: BREAKER_KINDS,
    description: '`host`: called by handlers. `task_type`: done by workers.',
  })
  kind: BreakerKind;
  @ApiProperty({ example: 'api.example.com' }) name: string;
  @ApiProperty({
    enum: BREAKER_STATES,
    description: '`open`: its work is parked. `half_open`: it is probed, more with every success.',
  })
  state: BreakerState;
  @ApiProperty({ description: 'In its window; of a closed one.', example: 120 }) calls: number;
  @ApiProperty({ example: 3 }) failures: number;
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When an open one is probed; null: when somebody closes it.',
  })
  retry_at: string | null;
  @ApiProperty({ description: 'In a row, without having closed.' }) openings: number;
  @ApiProperty({ description: 'Tasks that were claimed and put back; no attempt was spent.' })
  parked_tasks: number;
  @ApiProperty({ format: 'date-time' }) updated_at: string;

  static of(
    { breaker, now: _, updated_at, ...row }: BreakerViewRow,
    tally: { calls: number; failures: number },
  ): BreakerSummary {
    const { retry_at, openings } = breaker;
    return {
      ...row,
      ...tally,
      retry_at: retry_at === null ? null : new Date(retry_at).toISOString(),
      openings,
      updated_at: updated_at.toISOString(),
    };
  }
}

export class BreakerPage {
  @ApiProperty({ type: [BreakerSummary] }) items: BreakerSummary[];
  @ApiProperty({ type: String, nullable: true }) next_cursor: string | null;
}

export class BreakerEvent {
  @ApiProperty({ enum: BREAKER_STATES }) from_state: BreakerState;
  @ApiProperty({ enum: BREAKER_STATES }) to_state: BreakerState;
  @ApiProperty({
    description: 'Of its window, or of the round of probes: those that it turned by.',
  })
  calls: number;
  @ApiProperty() failures: number;
  @ApiProperty({ description: '`engine`, or who did it by hand.', example: 'engine' })
  actor: string;
  @ApiProperty({ format: 'date-time' }) occurred_at: string;
}

export class BreakerView extends BreakerSummary {
  @ApiProperty({ type: [BreakerEvent], description: 'The latest 100 changes, newest first.' })
  history: BreakerEvent[];

  static withHistory(summary: BreakerSummary, events: readonly BreakerEventRow[]): BreakerView {
    return {
      ...summary,
      history: events.map(({ event_id: _, occurred_at, ...event }) => ({
        ...event,
        occurred_at: occurred_at.toISOString(),
      })),
    };
  }
}
