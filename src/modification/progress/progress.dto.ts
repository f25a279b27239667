import { ApiProperty } from '@nestjs/swagger';

import { APPROVAL_STATUSES, MODIFICATION_STATUSES, MOVE_DIRECTIONS } from '#persistence';

import { MoveCounts } from '../modification-views.dto.js';

export class MoveProgress extends MoveCounts {
  @ApiProperty({ type: String, nullable: true, description: 'As in the status.' })
  status: string | null;
  @ApiProperty({ description: 'Odd: to the new version; even: back; 0: none moves.' })
  round: number;
  @ApiProperty({ enum: MOVE_DIRECTIONS }) direction: string;
  @ApiProperty({
    description:
      'Open instances that the round has still to move, counted up to 10,000. Some may wait until they have left their step.',
  })
  waiting: number;
}

export class CanaryProgressView {
  @ApiProperty({ example: 'running' }) status: string;
  @ApiProperty({ description: 'From 0.' }) stage: number;
  @ApiProperty({ type: Number, nullable: true, example: 10 }) percentage: number | null;
}

/** The data of an event `progress`. */
export class ProgressView {
  @ApiProperty() modification_id: string;
  @ApiProperty({ enum: MODIFICATION_STATUSES }) status: string;
  @ApiProperty({ enum: APPROVAL_STATUSES }) approval_status: string;
  @ApiProperty({ type: MoveProgress }) moves: MoveProgress;
  @ApiProperty({ type: CanaryProgressView, nullable: true }) canary: CanaryProgressView | null;
  @ApiProperty({ type: String, nullable: true }) rollback_status: string | null;
}
