/** Keeps the most recently used entries: at most `capacity`, and at most `weight` characters of keys. */
export class LruCache<V> {
  private readonly entries = new Map<string, V>();

  private held = 0;

  constructor(
    private readonly capacity: number,
    private readonly weight = Infinity,
  ) {}

  /** The value of `key`, made on first use; nothing is kept of a failure. */
  get(key: string, make: () => V): V {
    const known = this.entries.get(key);
    if (known !== undefined) {
      // A Map keeps insertion order: the first is the least recently used.
      this.entries.delete(key);
      this.entries.set(key, known);
      return known;
    }
    const made = make();
    this.entries.set(key, made);
    this.held += key.length;
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= this.capacity && this.held <= this.weight) break;
      this.entries.delete(oldest);
      this.held -= oldest.length;
    }
    return made;
  }
}
