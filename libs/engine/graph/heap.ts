/** Binary heap, smallest by `compare` first. */
export class Heap<Item> {
  private readonly items: Item[] = [];

  constructor(private readonly compare: (a: Item, b: Item) => number) {}

  get size(): number {
    return this.items.length;
  }

  push(item: Item): void {
    let at = this.items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.ordered(parent, at)) break;
      this.swap(parent, at);
      at = parent;
    }
  }

  pop(): Item | undefined {
    const top = this.items[0];
    const last = this.items.pop();
    if (this.items.length > 0 && last !== undefined) {
      this.items[0] = last;
      this.sink();
    }
    return top;
  }

  private sink(): void {
    for (let at = 0; ;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < this.items.length && !this.ordered(least, child)) least = child;
      }
      if (least === at) return;
      this.swap(least, at);
      at = least;
    }
  }

  private ordered(first: number, second: number): boolean {
    const a = this.items[first];
    const b = this.items[second];
    return a === undefined || b === undefined || this.compare(a, b) <= 0;
  }

  private swap(first: number, second: number): void {
    const a = this.items[first];
    const b = this.items[second];
    if (a === undefined || b === undefined) return;
    this.items[first] = b;
    this.items[second] = a;
  }
}
