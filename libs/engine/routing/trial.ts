import { ExpressionLimitError, type CompiledExpression } from '#engine/expression';
import type { JsonObject } from '#engine/graph';

/** One condition tried on one set of data. */
export interface Trial {
  /** True when the condition was true; null and everything else that is no boolean does not match. */
  matched: boolean;
  /** Null: it could not be told, for want of data or because it was too much work. */
  value: boolean | null;
  warnings: string[];
  /** The condition exceeded a limit and has no value at all. */
  exceeded: boolean;
}

/** Tries a condition. Total: what is odd about it comes back in words, whatever the data are. */
export function tryCondition(
  condition: CompiledExpression,
  context: JsonObject,
  now: number,
): Trial {
  try {
    const { matched, value, warnings } = condition.test(context, { now });
    const messages = warnings.map((warning) => warning.message);
    return { matched, value, warnings: messages, exceeded: false };
  } catch (error) {
    if (!(error instanceof ExpressionLimitError)) throw error;
    return { matched: false, value: null, warnings: [error.message], exceeded: true };
  }
}
