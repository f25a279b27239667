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

  union(other: RowSet): RowSet {
    return new RowSet(this.words.map((word, index) => word | (other.words[index] ?? 0)));
  }

  intersection(other: RowSet): RowSet {
    return new RowSet(this.words.map((word, index) => word & (other.words[index] ?? 0)));
  }

  get isEmpty(): boolean {
    return this.words.every((word) => word === 0);
  }

  /** Rows in ascending order. */
  *[Symbol.iterator](): Generator<number> {
    for (let index = 0; index < this.words.length; index += 1) {
      let word = this.words[index] ?? 0;
      while (word !== 0) {
        const bit = 31 - Math.clz32(word & -word);
        yield index * BITS + bit;
        word &= word - 1;
      }
    }
  }

  /** Equal sets have equal keys. */
  get key(): string {
    return this.words.join(',');
  }
}
