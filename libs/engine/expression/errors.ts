/** A place in an expression: `offset` in UTF-16 units from 0, `line` and `column` from 1. */
export interface Position {
  offset: number;
  line: number;
  column: number;
}

/** Where `offset` lies in `source`. */
export function positionAt(source: string, offset: number): Position {
  const before = source.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { offset, line: before.split('\n').length, column: offset - lineStart + 1 };
}

/** The text is not FEEL. `hint` says what to write instead, where we can tell. */
export class ExpressionSyntaxError extends Error {
  readonly code = 'expression_syntax';

  constructor(
    readonly position: Position,
    readonly expected: string[],
    readonly found: string,
    readonly hint?: string,
  ) {
    const wanted = expected.length > 0 ? `expected ${expected.join(' or ')}, found` : 'unexpected';
    super(
      `line ${position.line}, column ${position.column}: ${wanted} ${found}${hint ? ` (${hint})` : ''}`,
    );
    this.name = 'ExpressionSyntaxError';
  }
}

/** What bounds the work of one expression, so that a hostile one cannot hold the process. */
export interface Limits {
  /** Length of the source, in UTF-16 units. */
  sourceLength: number;
  /** Nesting of brackets, calls and control forms while parsing. */
  nesting: number;
  /** Height of the syntax tree: left-deep chains such as `a + b + c …` grow it without nesting. */
  treeHeight: number;
  /** Words in one name. */
  nameWords: number;
  /** Steps of evaluation: one for each node visited, list element made, and 16 characters built. */
  steps: number;
  /** Levels of closures on the stack, over all user function calls in progress. */
  callDepth: number;
  /** Length of a string that an expression builds, in UTF-16 units. */
  stringLength: number;
  /** Nesting of the data that are compared, converted or returned. */
  dataDepth: number;
}

export const DEFAULT_LIMITS: Readonly<Limits> = {
  sourceLength: 50_000,
  nesting: 200,
  treeHeight: 1_500,
  nameWords: 64,
  steps: 200_000,
  callDepth: 2_000,
  stringLength: 1_000_000,
  dataDepth: 200,
};

/** An expression asked for more than `maximum` of `limit`; nothing of its result is kept. */
export class ExpressionLimitError extends Error {
  readonly code = 'expression_limit';

  constructor(
    readonly limit: keyof Limits,
    readonly maximum: number,
    what = 'the expression',
  ) {
    super(`${what} exceeds the limit of ${maximum} for ${limit}`);
    this.name = 'ExpressionLimitError';
  }
}
