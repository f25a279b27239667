import { ApiProperty } from '@nestjs/swagger';

const TEXT_OR_NULL = { type: String, nullable: true } as const;
const INSTANT_OR_NULL = { type: String, format: 'date-time', nullable: true } as const;

export const REVERSALS = ['reversible', 'compensated', 'irreversible'] as const;
export type Reversal = (typeof REVERSALS)[number];

export class EffectCounts implements Record<Reversal, number> {
  @ApiProperty({ description: 'It has an undoing, which has not run.' }) reversible: number;
  @ApiProperty({ description: 'Its undoing has run.' }) compensated: number;
  @ApiProperty({ description: 'Nothing is known that would undo it.' }) irreversible: number;
}

export class EffectView {
  @ApiProperty() workflow_instance_id: string;
  @ApiProperty() step_id: string;
  @ApiProperty() execution_id: string;
  @ApiProperty({ format: 'uuid' }) task_execution_id: string;
  @ApiProperty() task_id: string;
  @ApiProperty() task_name: string;
  @ApiProperty() task_type: string;
  @ApiProperty({
    enum: ['http', 'graphql', 'notification', 'worker'],
    description: 'Who did it: a handler of ours, or somebody’s own program.',
  })
  handler: string;
  @ApiProperty({
    description: 'Of the task. What failed or was called off may have had its effect all the same.',
    example: 'completed',
  })
  status: string;
  @ApiProperty() attempts: number;
  @ApiProperty({ format: 'date-time' }) started_at: string;
  @ApiProperty(INSTANT_OR_NULL) ended_at: string | null;
  @ApiProperty({ enum: REVERSALS }) reversal: Reversal;
  @ApiProperty({ ...TEXT_OR_NULL, description: 'The execution that undoes it.' })
  compensated_by: string | null;
  @ApiProperty({
    description: 'It belongs to the step at which the instance still stands: its result counts.',
  })
  work_goes_on: boolean;
  @ApiProperty({
    ...INSTANT_OR_NULL,
    description:
      'When its instance returned; null: it has not, an immediate roll-back would do so.',
  })
  taken_back_at: string | null;
}

export class EffectPage {
  @ApiProperty({ type: [EffectView] }) items: EffectView[];
  @ApiProperty(TEXT_OR_NULL) next_cursor: string | null;
  @ApiProperty({ type: EffectCounts, description: 'Of all of them, not of this page.' })
  counts: EffectCounts;
}
