import { ExpressionLimitError, type CompiledExpression } from '#engine/expression';
import type { JsonObject } from '#engine/graph';

/**
 * Whether a condition is true of these data. Anything but true does not hold, and what was odd about it comes back in
 * words: a decision has to be total, whatever the data are.
 */
export function holds(
  condition: CompiledExpression,
  context: JsonObject,
  now?: number,
): { matched: boolean; warnings: string[] } {
  try {
    const { matched, warnings } = condition.test(context, now === undefined ? {} : { now });
    return { matched, warnings: warnings.map(String) };
  } catch (error) {
    if (error instanceof ExpressionLimitError) return { matched: false, warnings: [error.message] };
    throw error;
  }
}
