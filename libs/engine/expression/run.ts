import { ExpressionLimitError } from './errors.js';
import type { Limits } from './errors.js';
import type { RE2JS } from 're2js';
import { FeelDateTime } from './temporal/instants.js';
import { parseDateTime } from './temporal/literal.js';
import { FeelObject } from './values/value.js';
import type { Context, Value } from './values/value.js';

export type WarningCode =
  | 'unknown_name'
  | 'refused_data'
  | 'wrong_type'
  | 'not_a_function'
  | 'wrong_arguments'
  | 'no_clock'
  | 'out_of_range';

/** Why something in an evaluation became null. `offset` is into the source, in UTF-16 units. */
export interface Warning {
  code: WarningCode;
  message: string;
  offset: number;
}

const MAX_WARNINGS = 20;
export const NO_WARNINGS: readonly Warning[] = Object.freeze([]);

/** A Date, milliseconds since 1970, or ISO 8601 text with an offset. */
export type Instant = Date | number | string;

/** Steps that several evaluations may take together. */
export class Budget {
  private left: number;

  /** @param what takes them, for the error that says so */
  constructor(
    private readonly steps: number,
    private readonly what: string,
  ) {
    this.left = steps;
  }

  /** @throws ExpressionLimitError */
  spend(steps: number): void {
    this.left -= steps;
    if (this.left < 0) throw new ExpressionLimitError('steps', this.steps, this.what);
  }
}

/** One evaluation: its data, its clock, and what it may still spend. */
export class Run {
  warnings: Warning[] | null = null;
  /** Patterns that this run has paid for. */
  get patterns(): Map<string, RE2JS | null> {
    return (this.used ??= new Map());
  }

  /** What `now()` answers; null without a clock. Made when asked for: few expressions do. */
  get now(): FeelDateTime | null {
    if (this.moment === undefined)
      this.moment = this.clock === undefined ? null : instant(this.clock);
    return this.moment;
  }

  private used: Map<string, RE2JS | null> | null = null;
  private moment: FeelDateTime | null | undefined;
  /** Where the call in progress stands, for the warnings of built-in functions. */
  offset = 0;
  private steps: number;
  private stack = 0;

  constructor(
    readonly data: Context,
    private readonly clock: Instant | undefined,
    readonly limits: Limits,
    /** What `?` stands for: the input of a unary test. */
    readonly input: Value = null,
    private readonly budget: Budget | undefined = undefined,
  ) {
    this.steps = limits.steps;
  }

  /** Pays for work about to be done, so that it never starts when it cannot be afforded. */
  spend(steps: number): void {
    this.steps -= steps;
    if (this.steps < 0) throw new ExpressionLimitError('steps', this.limits.steps);
    this.budget?.spend(steps);
  }

  checkLength(length: number): void {
    if (length > this.limits.stringLength) {
      throw new ExpressionLimitError('stringLength', this.limits.stringLength);
    }
    this.spend(length >> 4);
  }

  /** Runs a function body whose syntax tree is `height` high. */
  enter<T>(height: number, body: () => T): T {
    this.stack += height + 3;
    if (this.stack > this.limits.callDepth) {
      throw new ExpressionLimitError('callDepth', this.limits.callDepth);
    }
    const result = body();
    this.stack -= height + 3;
    return result;
  }

  warn(code: WarningCode, message: string, offset = this.offset): null {
    this.warnings ??= [];
    if (this.warnings.length < MAX_WARNINGS) this.warnings.push({ code, message, offset });
    return null;
  }
}

/** The values bound by one `for`, context, filter or call, inside those around it. */
export class Scope {
  constructor(
    readonly values: Value[],
    readonly parent: Scope | null,
  ) {}
}

/** A compiled node. */
export type Closure = (run: Run, scope: Scope | null) => Value;

/** A function as a value: built in, or written in the expression. */
export abstract class FeelFunction extends FeelObject {
  readonly type = 'function';
  abstract readonly name: string;
  /** Number of parameters; null where any number is taken. */
  abstract readonly arity: number | null;

  /** Null and a warning where the arguments do not fit. `names` are those of the arguments, if they are named. */
  abstract invoke(run: Run, args: readonly Value[], names: readonly string[] | null): Value;

  toString(): string {
    return `function ${this.name}`;
  }
}

function instant(now: Instant): FeelDateTime | null {
  if (typeof now === 'string') return parseDateTime(now);
  const millis = typeof now === 'number' ? now : now.getTime();
  return Number.isFinite(millis)
    ? FeelDateTime.fromLocal(BigInt(Math.floor(millis)) * 1_000_000n, 0)
    : null;
}
