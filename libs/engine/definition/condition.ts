import { compile, type CompiledExpression } from '#engine/expression';

/**
 * Steps that one condition may take: enough to look through some thousand items, and 6 ms at most. A decision tries
 * hundreds of them, one after the other, while other requests wait.
 */
const STEPS = 25_000;

/** A condition of a rule, a step, a level or a tree. @throws ExpressionSyntaxError, ExpressionLimitError */
export function compileCondition(source: string): CompiledExpression {
  return compile(source, { limits: { steps: STEPS } });
}
