import { AsyncLocalStorage } from 'node:async_hooks';

type Values = readonly unknown[];

/**
 * The one storage of this process. On Node 20 each further one is asked about every promise that anybody makes
 * (docs/decisions/2026-11-28-one-pipeline.md).
 */
const storage = new AsyncLocalStorage<Values>();
let slots = 0;

/** A value and where it is kept, for `runWithAll`. */
export interface Given {
  readonly slot: number;
  readonly value: unknown;
}

/** What all of the present work knows without being told: whose it is, what asked for it. Made once, at the top of a file. */
export class AmbientValue<T> {
  private readonly slot = slots++;

  /** Undefined where the present work has none. */
  get(): T | undefined {
    return storage.getStore()?.[this.slot] as T | undefined;
  }

  as(value: T): Given {
    return { slot: this.slot, value };
  }

  /** Runs `work`, and all that comes of it, with this value beside those that there are. */
  run<R>(value: T, work: () => R): R {
    return runWithAll([this.as(value)], work);
  }
}

/** As `run` of each of them. */
export function runWithAll<R>(given: readonly Given[], work: () => R): R {
  const values = storage.getStore()?.slice() ?? new Array<unknown>(slots).fill(undefined);
  for (const { slot, value } of given) values[slot] = value;
  return storage.run(values, work);
}

/** Runs `work`, and all that comes of it, without any of them. */
export function runWithNone<R>(work: () => R): R {
  return storage.exit(work);
}
