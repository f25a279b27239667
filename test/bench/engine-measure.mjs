/** What a contender reports of one workload. @typedef {{workload: string, in_flight: number, count: number,
 * per_second: number, p50_ms: number, p99_ms: number, cpu_ms: number}} Measure */

/**
 * Keeps `in_flight` pieces of work going for `seconds`, after a quarter of that to warm up.
 * @param {(index: number) => Promise<unknown>} work resolves when one piece is done for good
 * @returns {Promise<Measure>} `cpu_ms`: this process's CPU for one piece; `per_second`: pieces
 */
export async function keepInFlight(workload, in_flight, seconds, work) {
  await during(in_flight, seconds / 4, work);
  const cpu = process.cpuUsage();
  const { times, elapsed } = await during(in_flight, seconds, work);
  const { user, system } = process.cpuUsage(cpu);
  times.sort((a, b) => a - b);
  return {
    workload,
    in_flight,
    count: times.length,
    per_second: (times.length * 1000) / elapsed,
    p50_ms: at(times, 0.5),
    p99_ms: at(times, 0.99),
    cpu_ms: (user + system) / 1000 / times.length,
  };
}

let pieces = 0;

async function during(in_flight, seconds, work) {
  const begun = performance.now();
  const times = [];
  const one = async () => {
    while (performance.now() - begun < seconds * 1000) {
      const start = performance.now();
      await work(pieces++);
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: in_flight }, one));
  return { times, elapsed: performance.now() - begun };
}

/** One execution of `tasks` tasks, a few times over where it is short. @returns {Promise<Measure>} pieces are tasks */
export async function timeGraphs(tasks, work) {
  const times = [];
  const cpu = process.cpuUsage();
  const begun = performance.now();
  do {
    const start = performance.now();
    await work(tasks);
    times.push(performance.now() - start);
  } while (performance.now() - begun < 1_500 && times.length < 50);
  const { user, system } = process.cpuUsage(cpu);
  const elapsed = performance.now() - begun;
  times.sort((a, b) => a - b);
  return {
    workload: 'graph',
    in_flight: tasks,
    count: times.length,
    per_second: (tasks * times.length * 1000) / elapsed,
    p50_ms: at(times, 0.5),
    p99_ms: at(times, 0.99),
    cpu_ms: (user + system) / 1000 / times.length / tasks,
  };
}

const at = (sorted, share) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

/** Lets one wait for what another part reports by its id. */
export class Waiting {
  #done = new Map();

  for(id) {
    return new Promise((resolve) => this.#done.set(id, resolve));
  }

  done(id) {
    this.#done.get(id)?.();
    this.#done.delete(id);
  }
}

/** The seven pieces of work of the five-step workflow: what each waits for. The third step is a fan of three. */
export const PIECES = {
  first: [],
  second: ['first'],
  fan_a: ['second'],
  fan_b: ['second'],
  fan_c: ['second', 'fan_a'],
  fourth: ['fan_b', 'fan_c'],
  fifth: ['fourth'],
};
export const STEPS = 5;

/** For queues without workflows: what is next after a piece, joins counted in memory (a peer's best case). */
export class Chain {
  #left = new Map();

  begin(id) {
    this.#left.set(id, new Set());
    return ['first'];
  }

  /** @returns {string[] | null} the pieces that may begin now; null at the end */
  next(id, piece) {
    const done = this.#left.get(id);
    if (!done) return [];
    done.add(piece);
    if (piece === 'fifth') {
      this.#left.delete(id);
      return null;
    }
    return Object.keys(PIECES).filter(
      (other) =>
        PIECES[other].at(-1) !== undefined &&
        PIECES[other].includes(piece) &&
        PIECES[other].every((needed) => done.has(needed)),
    );
  }
}
