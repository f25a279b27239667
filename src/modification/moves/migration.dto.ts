import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';

import { TIMER_POLICIES, type TimerPolicy } from '#engine/instance';
import { IsJsonObject, IsText } from '#platform/http';

import { IN_PROGRESS, type InProgress } from './migration-plan.js';

const MAX_FILTER = 10_000;

export class MigrationRequest {
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string', nullable: true },
    description:
      'step_id → the step where its instances go; null: they complete. Instances at a removed step that is not named go to the next step that is left.',
    example: { hr_processing: 'document_upload' },
  })
  @IsJsonObject()
  step_mapping: Record<string, unknown> = {};

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description:
      'With `apply_to: filter`: FEEL over the data of an instance and `instance` (`workflow_instance_id`, `version_number`, `status`, `step_id`, `steps_entered`, `age_hours`). Those for which it is true when their turn comes are moved.',
    example: "instance.step_id = 'hr_processing' and instance.age_hours < 48 and amount > 1000",
  })
  @IsOptional()
  @IsText({ min: 1, max: MAX_FILTER })
  filter: string | null = null;

  @ApiPropertyOptional({
    enum: IN_PROGRESS,
    description:
      'Work under way on a step that changes or goes. `move`: it goes on where the step still asks for the same work, else the step is entered anew; `cancel`: it is called off and the step entered anew; `finish`: the instance is moved once it has left the step.',
  })
  @IsIn(IN_PROGRESS)
  in_progress: InProgress = 'move';

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    description:
      'Field → FEEL over the same: the value of a field that the new version needs, for instances that have none.',
    example: { country: '"DE"', total: 'amount * 1.19' },
  })
  @IsJsonObject()
  values: Record<string, unknown> = {};

  @ApiPropertyOptional({
    enum: TIMER_POLICIES,
    nullable: true,
    description:
      "Deadlines of instances and of the steps at which they go on. `keep`: as they are (the default); `recalculate`: what they would be had the instance begun on the new version (the default of `update_timeout`); `restart`: the new version's, counted from the move.",
  })
  @IsOptional()
  @IsIn(TIMER_POLICIES)
  timers: TimerPolicy | null = null;
}

export class InstanceFateView {
  @ApiProperty() workflow_instance_id: string;
  @ApiProperty() version_number: number;
  @ApiProperty({ type: String, nullable: true }) step_id: string | null;
  @ApiProperty({
    enum: ['moves', 'completes', 'waits', 'stays', 'refused'],
    description: '`waits`: until it has left its step; `refused`: it cannot be moved, and stays.',
  })
  fate: 'moves' | 'completes' | 'waits' | 'stays' | 'refused';
  @ApiProperty({ type: String, nullable: true, description: 'Where it would stand.' })
  to_step_id: string | null;
  @ApiProperty({ description: 'Whether it begins the work at its step anew.' }) anew: boolean;
  @ApiProperty({ example: 'It goes on at hr_processing.' }) what_happens: string;
}

export class InstanceFatePage {
  @ApiProperty({ type: [InstanceFateView] }) items: InstanceFateView[];
  @ApiProperty({ type: String, nullable: true }) next_cursor: string | null;
}
