import { FeelFunction, Scope } from '../run.js';
import type { Closure, Run } from '../run.js';
import { conform } from '../values/types.js';
import type { FeelType } from '../values/types.js';
import { fromData } from '../values/value.js';
import type { Value } from '../values/value.js';

export interface Signature {
  names: readonly string[];
  types: readonly (FeelType | null)[];
  body: Closure;
  /** Height of the body's tree, for the stack's sake, and its cost in steps. */
  height: number;
  cost: number;
}

/** A function that the expression defines, with the bindings around its definition. */
export class UserFunction extends FeelFunction {
  readonly name = 'function';

  constructor(
    readonly signature: Signature,
    private readonly scope: Scope | null,
  ) {
    super();
  }

  get arity(): number {
    return this.signature.names.length;
  }

  invoke(run: Run, args: readonly Value[], names: readonly string[] | null): Value {
    const { signature } = this;
    const given = names ? this.ordered(args, names) : args;
    if (given?.length !== signature.names.length) {
      return run.warn('wrong_arguments', `the function takes (${signature.names.join(', ')})`);
    }
    const values: Value[] = [];
    for (const [i, raw] of given.entries()) {
      const type = signature.types[i] ?? null;
      const value = fromData(raw);
      const fitted = type ? conform(value, type, run) : value;
      if (fitted === null && value !== null) {
        return run.warn('wrong_arguments', `${signature.names[i]} is not of its type`);
      }
      values.push(fitted);
    }
    run.spend(signature.cost);
    return run.enter(signature.height, () => signature.body(run, new Scope(values, this.scope)));
  }

  private ordered(args: readonly Value[], names: readonly string[]): Value[] | null {
    const own = this.signature.names;
    if (names.length !== own.length || names.some((name) => !own.includes(name))) return null;
    const ordered = own.map((name) => names.indexOf(name));
    return ordered.includes(-1) ? null : ordered.map((at) => args[at]!);
  }
}
