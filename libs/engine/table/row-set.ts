const BITS = 32;

/** A set of rows, one bit each: intersecting two of 1,000 rows takes 32 steps. */
export class RowSet {
  private constructor(private readonly words: Uint32Array) {}

  static none(rows: number): RowSet {
    return new RowSet(new Uint32Array(Math.ceil(rows / BITS)));
  }

  static all(rows: number): RowSet {
    const set = RowSet.none(rows);
    for (let row = 0; row < rows; row += 1) set.add(row);
    return set;
  }

  add(row: number): void {
    const word = row >>> 5;
    this.words[word] = (this.words[word] ?? 0) | (1 << (row & 31));
  }

  has(row: number): boolean {
    return ((this.words[row >>> 5] ?? 0) & (1 << (row & 31))) !== 0;
  }

  copy(): RowSet {
    return new RowSet(this.words.slice());
  }

  addAll(other: RowSet | undefined): void {
    const { words } = this;
    for (let index = 0; other && index < words.length; index += 1) {
      words[index] = (words[index] ?? 0) | (other.words[index] ?? 0);
    }
  }

  /** Takes out what is not in the other as well. */
  keep(other: RowSet): void {
    const { words } = this;
    for (let index = 0; index < words.length; index += 1) {
      words[index] = (words[index] ?? 0) & (other.words[index] ?? 0);
    }
  }

  intersection(other: RowSet): RowSet {
    const both = this.copy();
    both.keep(other);
    return both;
  }

  meets(other: RowSet): boolean {
    return this.words.some((word, index) => (word & (other.words[index] ?? 0)) !== 0);
  }

  get isEmpty(): boolean {
    return this.words.every((word) => word === 0);
  }

  /** Equal sets have equal keys. */
  get key(): string {
    return String.fromCharCode(...new Uint16Array(this.words.buffer));
  }

  /**
   * Calls `visit` with each row that is in all of the sets, lowest first, until it answers false. No set is made on the
   * way: this is what a decision spends its time on.
   */
  static forEachCommon(
    sets: readonly RowSet[],
    rows: number,
    visit: (row: number) => boolean,
  ): void {
    for (let index = 0; index * BITS < rows; index += 1) {
      let word = -1;
      for (const set of sets) word &= set.words[index] ?? 0;
      while (word !== 0) {
        const row = index * BITS + 31 - Math.clz32(word & -word);
        if (row >= rows || !visit(row)) return;
        word &= word - 1;
      }
    }
  }
}
