import { compileTree } from './compiler/compile.js';
import { compileFast, compileScalar } from './compiler/fast.js';
import type { Fast } from './compiler/fast.js';
import { DEFAULT_LIMITS, ExpressionLimitError } from './errors.js';
import type { Limits } from './errors.js';
import { plainResult } from './result.js';
import { NO_WARNINGS, Run } from './run.js';
import type { Budget, Closure, Instant, Warning } from './run.js';
import type { Node } from './syntax/ast.js';
import { parse } from './syntax/parser.js';
import type { SourceKind } from './syntax/parser.js';
import { explain } from './trace.js';
import type { Trace } from './trace.js';
import { fromData } from './values/value.js';
import type { Context, Value } from './values/value.js';
import { freeVariables } from './variables.js';

export interface CompileOptions {
  /** `expression` (the default), or `unaryTests`, the cell of a decision table, which tests `?`. */
  kind?: SourceKind;
  limits?: Partial<Limits>;
  /** Names of the data that words alone do not spell (`a-b`, `days in month`), as a DMN model declares them. */
  names?: readonly string[];
}

export interface EvaluateOptions {
  /** What `now()` and `today()` answer. */
  now?: Instant;
  /** What `?` stands for. */
  input?: unknown;
  /** What it may spend with others, beside its own limit. */
  budget?: Budget;
}

export interface Evaluation {
  value: Value;
  /** Why parts of it became null; at most 20. */
  warnings: readonly Warning[];
}

export interface TestResult {
  matched: boolean;
  value: boolean | null;
  warnings: readonly Warning[];
}

/** The answers of most rules, made once. */
const IS_TRUE: Evaluation = Object.freeze({ value: true, warnings: NO_WARNINGS });
const IS_FALSE: Evaluation = Object.freeze({ value: false, warnings: NO_WARNINGS });
const MATCHED: TestResult = Object.freeze({ matched: true, ...IS_TRUE, value: true });
const UNMATCHED: TestResult = Object.freeze({ matched: false, ...IS_FALSE, value: false });

/** A compiled expression: immutable, shared, and safe to evaluate any number of times. */
export class CompiledExpression {
  readonly limits: Limits;
  /** The free names and paths that it may read, sorted: `amount`, `user.role`. */
  readonly variables: readonly string[];
  /** What it was parsed to, for whoever looks into a condition instead of asking it. */
  readonly syntax: Node;
  private readonly closure: Closure;
  private readonly fast: Fast | null;
  private readonly scalar: ReturnType<typeof compileScalar>;

  /** Throws {@link ExpressionSyntaxError} and {@link ExpressionLimitError}. */
  constructor(
    readonly source: string,
    readonly kind: SourceKind,
    options: CompileOptions,
  ) {
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.syntax = parse(source, kind, this.limits, options.names);
    this.variables = freeVariables(this.syntax);
    this.closure = compileTree(this.syntax);
    this.fast = compileFast(this.syntax);
    this.scalar = compileScalar(this.syntax);
  }

  /** Never throws but {@link ExpressionLimitError}: what cannot be computed is null, with a warning. */
  evaluate(context: object, options?: EvaluateOptions): Evaluation {
    const quick = this.fast?.(context as Context);
    if (quick !== undefined) return quick ? IS_TRUE : IS_FALSE;
    const scalar = this.scalar?.(context as Context);
    if (scalar !== undefined) return { value: scalar, warnings: NO_WARNINGS };
    const run = this.run(context, options);
    const value = plainResult(
      run,
      guarded(this.limits, () => this.closure(run, null)),
    );
    return { value, warnings: run.warnings ?? NO_WARNINGS };
  }

  /** As a condition: only true matches; what is no boolean is null. */
  test(context: object, options?: EvaluateOptions): TestResult {
    const quick = this.fast?.(context as Context);
    if (quick !== undefined) return quick ? MATCHED : UNMATCHED;
    const run = this.run(context, options);
    const value = guarded(this.limits, () => this.closure(run, null));
    return {
      matched: value === true,
      value: typeof value === 'boolean' ? value : null,
      warnings: run.warnings ?? NO_WARNINGS,
    };
  }

  /** What every sub-expression was on these data. */
  explain(context: object, options?: EvaluateOptions): Trace {
    const run = this.run(context, options);
    return guarded(this.limits, () => explain(this.source, this.syntax, run));
  }

  private run(context: object, options?: EvaluateOptions): Run {
    const input = fromData(options?.input);
    return new Run(context as Context, options?.now, this.limits, input, options?.budget);
  }
}

/** The stack is bounded by limits; should the caller have left too little of it, that is a limit too. */
function guarded<T>(limits: Limits, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof RangeError) throw new ExpressionLimitError('callDepth', limits.callDepth);
    throw error;
  }
}
