/** What a contender reports of one workload. @typedef {{workload: string, in_flight: number, count: number,
 * per_second: number, p50_ms: number, p99_ms: number, step_p50_ms?: number, step_p99_ms?: number,
 * cpu_ms: number}} Measure */

/**
 * Keeps `in_flight` pieces of work going for `seconds`, or where `instances` is given until so many are done; a quarter
 * of that before, to warm up.
 * @param {(index: number) => Promise<unknown>} work resolves when one piece is done for good
 * @param {() => number[] | Promise<number[]>} [stepTimes] milliseconds of the steps since it was last asked
 * @returns {Promise<Measure>} `cpu_ms`: this process's CPU for one piece; `per_second`: pieces
 */
export async function keepInFlight(workload, in_flight, { seconds, instances }, work, stepTimes) {
  await during(in_flight, { seconds: seconds / 4, instances: instances && instances / 4 }, work);
  await stepTimes?.();
  const cpu = process.cpuUsage();
  const { times, elapsed } = await during(in_flight, { seconds, instances }, work);
  const { user, system } = process.cpuUsage(cpu);
  const steps = sorted((await stepTimes?.()) ?? []);
  return {
    workload,
    in_flight,
    count: times.length,
    per_second: (times.length * 1000) / elapsed,
    ...percentiles(times),
    ...(steps.length > 0 && { step_p50_ms: at(steps, 0.5), step_p99_ms: at(steps, 0.99) }),
    cpu_ms: (user + system) / 1000 / times.length,
  };
}

let pieces = 0;

async function during(in_flight, { seconds, instances }, work) {
  const begun = performance.now();
  const times = [];
  let left = instances;
  const more = () => (instances ? left-- > 0 : performance.now() - begun < seconds * 1000);
  const one = async () => {
    while (more()) {
      const start = performance.now();
      await work(pieces++);
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: in_flight }, one));
  return { times, elapsed: performance.now() - begun };
}

/** Times each step where it is awaited. */
export class StepTimes {
  #times = [];

  async of(step) {
    const start = performance.now();
    const result = await step;
    this.#times.push(performance.now() - start);
    return result;
  }

  take = () => this.#times.splice(0);
}

/** One execution of `tasks` tasks, a few times over where it is short. @returns {Promise<Measure>} pieces are tasks */
export async function timeGraphs(tasks, work, workload = 'graph') {
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
  return {
    workload,
    in_flight: tasks,
    count: times.length,
    per_second: (tasks * times.length * 1000) / elapsed,
    ...percentiles(times),
    cpu_ms: (user + system) / 1000 / times.length / tasks,
  };
}

const sorted = (times) => times.toSorted((a, b) => a - b);

const at = (times, share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];

export function percentiles(times) {
  const all = sorted(times);
  return { p50_ms: at(all, 0.5), p99_ms: at(all, 0.99) };
}

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
