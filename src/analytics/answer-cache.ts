interface Entry<T> {
  answer: Promise<T>;
  /** Milliseconds; infinite while the answer is being computed. */
  expires_at: number;
}

const MAX_ENTRIES = 200;
const MAX_TTL_MS = 60_000;
const TTL_PER_COST = 20;

/**
 * Answers by what was asked, in this process. Who asks while one is being computed waits for that one. An answer lives a
 * twenty times as long as it took, 60 s at most: so asking over and over costs five per cent of a connection, and a
 * small installation, where an analysis takes milliseconds, sees what happened just now.
 */
export class AnswerCache<T> {
  private readonly entries = new Map<string, Entry<T>>();

  /** @param now a monotonic clock in milliseconds */
  constructor(private readonly now: () => number = () => performance.now()) {}

  get(key: string, compute: () => Promise<T>): Promise<T> {
    const known = this.entries.get(key);
    if (known && known.expires_at > this.now()) return known.answer;
    this.entries.delete(key);
    const asked_at = this.now();
    const entry: Entry<T> = { answer: compute(), expires_at: Infinity };
    this.entries.set(key, entry);
    this.forgetOldest();
    entry.answer.then(
      () => {
        const answered_at = this.now();
        entry.expires_at =
          answered_at + Math.min(MAX_TTL_MS, TTL_PER_COST * (answered_at - asked_at));
      },
      // whoever asked sees the failure; the next one asks anew
      () => {
        if (this.entries.get(key) === entry) this.entries.delete(key);
      },
    );
    return entry.answer;
  }

  private forgetOldest(): void {
    const [oldest] = this.entries.keys();
    if (this.entries.size > MAX_ENTRIES && oldest !== undefined) this.entries.delete(oldest);
  }
}
