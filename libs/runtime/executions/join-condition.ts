import { compile, ExpressionLimitError } from '#engine/expression';
import type { JsonObject } from '#engine/graph';

export const missedPoint = (sync_id: string, reason: string | null): string =>
  `The synchronization point ${sync_id} was missed: ${reason ?? 'no reason is known'}.`;

/** The condition of a `conditional_join`, over results. */
export class JoinCondition {
  /** What it came to where it did not hold; null as long as it has not been asked. */
  came_to: string | null = null;

  constructor(
    private readonly source: string,
    private readonly context: JsonObject,
  ) {}

  /** One that is too much work for these results does not hold. */
  holds(): boolean {
    try {
      const { matched, value, warnings } = compile(this.source).test(this.context);
      const [warning] = warnings;
      this.came_to = `its condition gave ${value}${warning ? ` (${warning.message})` : ''}`;
      return matched;
    } catch (error) {
      if (!(error instanceof ExpressionLimitError)) throw error;
      this.came_to = `its condition is too much work for these results: ${error.message}`;
      return false;
    }
  }
}
