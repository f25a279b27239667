import { FeelFunction } from '../run.js';
import type { Run } from '../run.js';
import { zoneSteps } from '../temporal/instants.js';
import { toDouble } from '../values/decimal.js';
import type { Numeric } from '../values/decimal.js';
import { isNumber } from '../values/number.js';
import { fromData, isContext, isList } from '../values/value.js';
import type { Context, Value } from '../values/value.js';

const MISMATCH = Symbol('mismatch');

/** What a parameter takes: `read` gives it typed, or MISMATCH. */
export interface Kind<T> {
  label: string;
  read(value: Value): T | typeof MISMATCH;
  optional?: boolean;
  /**
   * Takes all remaining positional arguments as one list: `always`, or only when there are several, one alone
   * being the list itself.
   */
  variadic?: 'always' | 'several';
}

type Parameter<T> = readonly [name: string, kind: Kind<T>];
type Arguments<P extends readonly Parameter<unknown>[]> = {
  -readonly [I in keyof P]: P[I] extends readonly [string, Kind<infer T>] ? T : never;
};

/** A singleton list stands for its element where the element's type is asked (DMN 1.5 §10.3.2.9.4). */
function single(value: Value): Value {
  return isList(value) && value.length === 1 ? fromData(value[0]) : value;
}

function kind<T extends Value>(label: string, accepts: (value: Value) => value is T): Kind<T> {
  return {
    label,
    read(value) {
      if (accepts(value)) return value;
      const one = single(value);
      return accepts(one) ? one : MISMATCH;
    },
  };
}

export const number = kind<Numeric>('a number', isNumber);
export const string = kind<string>('a string', (v): v is string => typeof v === 'string');
export const boolean = kind<boolean>('a boolean', (v): v is boolean => typeof v === 'boolean');
export const context = kind<Context>('a context', isContext);
export const fn = kind<FeelFunction>(
  'a function',
  (v): v is FeelFunction => v instanceof FeelFunction,
);
export const any: Kind<Value> = { label: 'a value', read: (value) => value };
export const present: Kind<NonNullable<Value>> = {
  label: 'a value',
  read: (value) => value ?? MISMATCH,
};

/** A number without its fraction, within what a length or position can be. */
export const integer: Kind<number> = {
  label: 'an integer',
  read(value) {
    const one = single(value);
    if (!isNumber(one)) return MISMATCH;
    const whole = Math.trunc(toDouble(one));
    return Number.isSafeInteger(whole) ? whole + 0 : MISMATCH;
  },
};

/** A list; another value than null stands for the list of it. */
export const list: Kind<readonly Value[]> = {
  label: 'a list',
  read(value) {
    if (isList(value)) return value;
    return value === null ? MISMATCH : [value];
  },
};

/** `f(list)` or `f(a, b, …)`. */
export const values: Kind<readonly Value[]> = { ...list, variadic: 'several' };

/** `f(…, a, b, …)`: each argument as it is, a list too. */
export const rest: Kind<readonly Value[]> = { ...list, variadic: 'always' };

export function typed<T extends Value>(
  label: string,
  accepts: (value: Value) => value is T,
): Kind<T> {
  return kind(label, accepts);
}

/** Null where it is left out or null. */
export function optional<T>(inner: Kind<T>): Kind<T | null> {
  return {
    label: inner.label,
    optional: true,
    read: (value) => (value === null ? null : inner.read(value)),
  };
}

/** Null where it is null, but it must be given. */
export function nullable<T>(inner: Kind<T>): Kind<T | null> {
  return { ...optional(inner), optional: false };
}

interface Form {
  names: readonly string[];
  kinds: readonly Kind<unknown>[];
  body: (run: Run, args: readonly unknown[]) => Value;
}

/** Steps that a call costs beside its arguments: what an ordinary built-in takes, in visited nodes. */
const CALL_STEPS = 8;

export class Builtin extends FeelFunction {
  constructor(
    readonly name: string,
    private readonly forms: readonly Form[],
  ) {
    super();
  }

  get arity(): number | null {
    const [form] = this.forms;
    return this.forms.length === 1 && !form!.kinds.some((k) => k.variadic)
      ? form!.names.length
      : null;
  }

  invoke(run: Run, args: readonly Value[], names: readonly string[] | null): Value {
    run.spend(CALL_STEPS);
    let mismatch = '';
    for (const form of this.forms) {
      const ordered = names ? byName(form, args, names) : byPosition(form, args);
      if (!ordered) continue;
      const read = readAll(form, ordered);
      if (Array.isArray(read)) {
        const result = form.body(run, read);
        run.spend(zoneSteps(result));
        return result;
      }
      mismatch ||= read;
    }
    const usage = this.forms.map((form) => `${this.name}(${form.names.join(', ')})`).join(' or ');
    return run.warn('wrong_arguments', mismatch ? `${this.name}: ${mismatch}` : `use ${usage}`);
  }
}

function byPosition(form: Form, args: readonly Value[]): readonly Value[] | null {
  const { kinds } = form;
  const rest = kinds.findIndex((k) => k.variadic);
  const more = args.length - rest;
  if (rest >= 0 && (more > 1 || (more === 1 && kinds[rest]!.variadic === 'always'))) {
    return [...args.slice(0, rest), args.slice(rest)];
  }
  if (args.length > kinds.length) return null;
  for (let i = args.length; i < kinds.length; i++) if (!kinds[i]!.optional) return null;
  return args;
}

function byName(
  form: Form,
  args: readonly Value[],
  names: readonly string[],
): readonly Value[] | null {
  if (names.some((name, i) => !form.names.includes(name) || names.indexOf(name) !== i)) return null;
  const ordered: Value[] = [];
  for (const [i, name] of form.names.entries()) {
    const at = names.indexOf(name);
    if (at < 0 && !form.kinds[i]!.optional) return null;
    ordered.push(at < 0 ? null : args[at]!);
  }
  return ordered;
}

function readAll(form: Form, args: readonly Value[]): unknown[] | string {
  const read: unknown[] = [];
  for (const [i, kindOf] of form.kinds.entries()) {
    const value = kindOf.read(args[i] ?? null);
    if (value === MISMATCH) return `${form.names[i]} must be ${kindOf.label}`;
    read.push(value);
  }
  return read;
}

/** One form of a built-in: its parameters in order, and what it does with them once they fit. */
export function form<const P extends readonly Parameter<unknown>[]>(
  parameters: P,
  body: (run: Run, ...args: Arguments<P>) => Value,
): Form {
  return {
    names: parameters.map(([name]) => name),
    kinds: parameters.map(([, kindOf]) => kindOf),
    // The kinds have just read each argument as what the body's parameter says.
    body: (run, args) => body(run, ...(args as Arguments<P>)),
  };
}

export function builtin(name: string, ...forms: Form[]): Builtin {
  return new Builtin(name, forms);
}
