import { ApiProperty } from '@nestjs/swagger';

export class Transition {
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'manager_approval',
    description: 'Null: the start of an instance.',
  })
  from_step_id: string | null;
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'book_cover',
    description: 'Null: the end of an instance.',
  })
  to_step_id: string | null;
  @ApiProperty({ example: 96, description: 'How often the one directly followed the other.' })
  transitions: number;
  @ApiProperty({ example: 352.7, description: 'From entering the one to entering the other.' })
  avg_minutes: number;
}

export class Variant {
  @ApiProperty({
    type: [String],
    example: ['manager_approval', 'book_cover'],
    description: 'Steps as they were entered; the first 50.',
  })
  step_ids: string[];
  @ApiProperty({ example: 2, description: 'Steps entered in all.' }) entries: number;
  @ApiProperty({ example: 88, description: 'That went this way.' }) instances: number;
  @ApiProperty({ example: 0.79, description: 'Of the instances of the map (0–1).' }) share: number;
  @ApiProperty({ example: 97.7 }) success_rate_percentage: number;
  @ApiProperty({ example: 360.1 }) avg_execution_time_minutes: number;
}

export class ProcessMap {
  @ApiProperty({ example: '0192f0c1-3a5e-7c3d-9b1a-5f0e8d7c6b5a' }) workflow_id: string;
  @ApiProperty({ example: 'Leave request' }) workflow_name: string;
  @ApiProperty({
    example: 112,
    description: 'The latest 2,000 ended ones at most of those that started in the period.',
  })
  instances: number;
  @ApiProperty({
    type: [Transition],
    description: 'The directly-follows graph, the most frequent first; 200 at most.',
  })
  transitions: Transition[];
  @ApiProperty({ example: 7, description: 'Different ones, shown or not.' })
  transitions_seen: number;
  @ApiProperty({
    type: [Variant],
    description: 'Ways through the workflow, the most frequent first; 10 at most.',
  })
  variants: Variant[];
  @ApiProperty({ example: 4, description: 'Different ones, shown or not.' }) variants_seen: number;
}
