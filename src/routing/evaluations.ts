import { setImmediate as letOthersRun } from 'node:timers/promises';

import { compile, ExpressionLimitError, ExpressionSyntaxError, toJson } from '#engine/expression';

import type { EvaluationRequest, EvaluationResult } from './decisions.dto.js';

/** Evaluates each expression on its data; one that cannot be is an error in its place, and the others are evaluated. */
export async function evaluateAll(
  evaluations: readonly EvaluationRequest[],
): Promise<EvaluationResult[]> {
  const now = Date.now();
  const results: EvaluationResult[] = [];
  for (const { expression, context } of evaluations) {
    results.push(evaluate(expression, context, now));
    // One may take tens of milliseconds at its limit; other requests need not wait for all of them.
    await letOthersRun();
  }
  return results;
}

function evaluate(
  expression: string,
  context: Record<string, unknown>,
  now: number,
): EvaluationResult {
  try {
    const { value, warnings } = compile(expression).evaluate(context, { now });
    return { ...toJson(value), warnings: warnings.map((warning) => warning.message) };
  } catch (error) {
    if (error instanceof ExpressionSyntaxError) {
      const { code, message, position } = error;
      return { value: null, type: null, warnings: [], error: { code, message, position } };
    }
    if (error instanceof ExpressionLimitError) {
      const { code, message } = error;
      return { value: null, type: null, warnings: [], error: { code, message } };
    }
    throw error;
  }
}
