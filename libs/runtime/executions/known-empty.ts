/** Kinds of workers that are remembered; with more, the table is asked once too often. */
const CAPACITY = 1_000;

interface Asked {
  /** Nothing was there a moment ago, and no news has come since. */
  is_empty: boolean;
  /** Nothing was there either, now. News that came since it was asked makes this void. */
  remember: () => void;
}

/** Spares the table a question whose answer is known: nothing to claim. */
export class KnownEmpty {
  private until = new Map<string, number>();

  /** @param milliseconds for which it is believed without news */
  constructor(private readonly milliseconds: number) {}

  /** @param kind of workers: the tenant, and the types of task that they take */
  ask(kind: readonly string[]): Asked {
    const { until } = this;
    const key = JSON.stringify(kind);
    return {
      is_empty: (until.get(key) ?? 0) > performance.now(),
      remember: () => {
        if (until.size >= CAPACITY) until.clear();
        until.set(key, performance.now() + this.milliseconds);
      },
    };
  }

  /** There is news. */
  forget(): void {
    this.until = new Map();
  }
}
