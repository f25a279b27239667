import { FeelObject } from './value.js';
import type { Value } from './value.js';
import { valueText } from './text.js';

/** An interval; an end of null is unbounded. Its ends are of one ordered type. */
export class Range extends FeelObject {
  readonly type = 'range';

  constructor(
    readonly low: Value,
    readonly high: Value,
    readonly lowClosed: boolean,
    readonly highClosed: boolean,
  ) {
    super();
  }

  toString(): string {
    const low = this.low === null ? '' : valueText(this.low, true);
    const high = this.high === null ? '' : valueText(this.high, true);
    return `${this.lowClosed ? '[' : '('}${low}..${high}${this.highClosed ? ']' : ')'}`;
  }
}

/** `(= x)` or `(!= x)`: what a value is in when it equals `operand`, or does not. */
export class EqualityTest extends FeelObject {
  readonly type = 'range';

  constructor(
    readonly operand: Value,
    readonly negated: boolean,
  ) {
    super();
  }

  toString(): string {
    return `(${this.negated ? '!=' : '='} ${valueText(this.operand, true)})`;
  }
}
