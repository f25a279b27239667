/** Somebody who works: a person, or a worker that holds several things at a time. */
interface Worker<Item> {
  name: string;
  free: number;
  free_since: number;
  queues: Queue<Item>[];
}

interface Queue<Item> {
  workers: readonly Worker<Item>[];
  /** In the order in which they came; those before `head` have been taken. */
  waiting: { item: Item; turn: number }[];
  head: number;
}

/** A place in a queue, or with somebody who works on it. */
export interface Place<Item> {
  worker: Worker<Item> | null;
}

/**
 * Work that waits for one of those who can do it. First come, first served: who becomes free takes what has waited
 * longest of all that they can do, and new work goes to whoever has been free longest.
 */
export class Queues<Item extends { place: Place<Item> | null; over: boolean }> {
  private readonly workers = new Map<string, Worker<Item>>();
  private readonly queues = new Map<string, Queue<Item>>();
  private turn = 0;

  constructor(private readonly slots: ReadonlyMap<string, number>) {}

  /** @returns whether somebody begins with it at once */
  put(item: Item, people: readonly string[]): boolean {
    const queue = this.queueOf(people);
    let worker: Worker<Item> | undefined;
    for (const one of queue.workers) {
      if (one.free > 0 && one.free_since < (worker?.free_since ?? Infinity)) worker = one;
    }
    item.place = { worker: worker ?? null };
    if (worker) {
      worker.free -= 1;
      return true;
    }
    this.turn += 1;
    queue.waiting.push({ item, turn: this.turn });
    return false;
  }

  /** Its worker is free again. @returns what they begin with next */
  leave(item: Item, now: number): Item | undefined {
    const worker = item.place?.worker;
    item.place = null;
    if (!worker) return undefined;
    worker.free += 1;
    worker.free_since = now;
    const next = this.nextFor(worker);
    if (!next) return undefined;
    worker.free -= 1;
    next.place = { worker };
    return next;
  }

  private nextFor(worker: Worker<Item>): Item | undefined {
    let first: Queue<Item> | undefined;
    for (const queue of worker.queues) {
      while (queue.waiting[queue.head]?.item.over) queue.head += 1;
      const head = queue.waiting[queue.head];
      if (head && head.turn < (first?.waiting[first.head]?.turn ?? Infinity)) first = queue;
    }
    const taken = first?.waiting[first.head]?.item;
    if (first) first.head += 1;
    return taken;
  }

  private queueOf(people: readonly string[]): Queue<Item> {
    const key = people.join('\n');
    const known = this.queues.get(key);
    if (known) return known;
    const workers = people.map((name) => this.workerOf(name));
    const queue: Queue<Item> = { workers, waiting: [], head: 0 };
    for (const worker of workers) worker.queues.push(queue);
    this.queues.set(key, queue);
    return queue;
  }

  private workerOf(name: string): Worker<Item> {
    const known = this.workers.get(name);
    if (known) return known;
    const worker = { name, free: this.slots.get(name) ?? 1, free_since: -Infinity, queues: [] };
    this.workers.set(name, worker);
    return worker;
  }
}
