import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsNumber, IsOptional, Matches, Max, Min } from 'class-validator';

import { type ForEach, MAX_ITEMS } from '#engine/graph';
import { IsText } from '#platform/http';

const MAX_EXPRESSION = 10_000;
/** What an expression can say without quotes. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,99}$/;

/** A task for each item of a list. */
export class ForEachRequest implements ForEach {
  @ApiProperty({
    description: `FEEL over the instance's data when the execution is made, giving a list. All lists of an execution have at most ${MAX_ITEMS} items together.`,
    example: 'order.lines[quantity > 0]',
  })
  @IsText({ min: 1, max: MAX_EXPRESSION })
  items: string;

  @ApiPropertyOptional({
    description: "What the item is called in its handler's expressions and in its `input_data`.",
    example: 'line',
  })
  @Matches(NAME)
  item_name: string = 'item';

  @ApiPropertyOptional({ description: 'What its place in the list, from 0, is called.' })
  @Matches(NAME)
  index_name: string = 'index';

  @ApiPropertyOptional({
    type: 'integer',
    nullable: true,
    description:
      'Items at a time, within `max_concurrent_tasks`. Whenever one ends, the next in the order of the list begins.',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_ITEMS)
  max_concurrency?: number | null;

  @ApiPropertyOptional({
    type: 'integer',
    nullable: true,
    description: 'So many items may fail. With `tolerated_failure_percentage`, the larger of both.',
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(MAX_ITEMS)
  tolerated_failures?: number | null;

  @ApiPropertyOptional({ type: 'number', nullable: true, example: 5 })
  @IsOptional()
  @IsNumber()
  @Min(0)
  @Max(100)
  tolerated_failure_percentage?: number | null;
}
