import type { Fault } from '#engine/errors';

import { compile } from './compile.js';
import { ExpressionLimitError, ExpressionSyntaxError } from './errors.js';
import type { CompileOptions } from './expression.js';

/** The fault of a source that does not parse or is beyond the limits, at a JSON pointer. Empty when it compiles. */
export function expressionFaults(
  source: string,
  pointer: string,
  options: CompileOptions = {},
): Fault[] {
  try {
    compile(source, options);
    return [];
  } catch (error) {
    if (error instanceof ExpressionSyntaxError || error instanceof ExpressionLimitError) {
      return [{ pointer, code: error.code, message: error.message }];
    }
    throw error;
  }
}
