import { studentQuantile95, variance } from '#engine/statistics';

import { chance } from './chance.js';
import { type Arrival, Simulation } from './simulation.js';
import type { Estimate, Forecast, Outcome, RecordedCase, Subject, WaitingBasis } from './types.js';
import { type Task, WorkHistory } from './work-history.js';

/** Fewer say too little of how much outcomes vary, more little more. */
const REPLICATIONS = { fewest: 10, most: 40 };
/** Of both definitions in all replications, as far as the fewest allow. */
const MOST_EVENTS = 200_000;
const PER_CENT = 100;

/** Two definitions on the same arrivals. */
export interface Compared {
  before: Forecast;
  after: Forecast;
  /** After less before, arrival by arrival under the same chances. */
  difference: Forecast;
  /** Instances that are told of. */
  instances: number;
  /** Simulations beside the one on history as it was. */
  replications: number;
  /** How waiting came about, by the work that instances come to after the change. */
  waiting: { task: Task; basis: WaitingBasis; people: number | null }[];
}

interface Pair {
  before: Outcome;
  after: Outcome;
}

/**
 * Simulates a workflow under two definitions. One pair of simulations takes history as it was: its figures are those
 * that are told. Others resample it: the arrivals stay when they were, and each is a case drawn anew from all, with its
 * data and its work (the bootstrap over inputs: R. R. Barton, L. W. Schruben, "Resampling methods for input modeling",
 * Proc. Winter Simulation Conference 2001, 372–378). How much they spread gives the intervals at 95 %, mean ± t · sd
 * (B. Efron, R. Tibshirani, "An Introduction to the Bootstrap", 1993, §12–13); of the difference, as both definitions
 * of a pair meet the same chances, from the pairs' differences (A. M. Law, 2015, §10.2).
 */
export class Comparison {
  private readonly history: WorkHistory;
  private readonly pairs: Pair[] = [];
  private replications = REPLICATIONS.fewest;
  private events = 0;
  private running: Simulation;
  /** The one of the changed definition on history as it was. */
  private changed: Simulation;
  private before: Outcome | undefined;

  /** @param cases one or more that count */
  constructor(
    private readonly subjects: { before: Subject; after: Subject },
    private readonly cases: readonly RecordedCase[],
    private readonly seed: number,
  ) {
    this.history = new WorkHistory(cases);
    this.running = this.simulation(subjects.before);
    this.changed = this.running;
  }

  /** Goes on by about so many events. @returns whether it is over */
  advance(events: number): boolean {
    for (let left = events; left > 0;) {
      const done = this.running.advance(left);
      left -= Math.max(1, done);
      this.events += done;
      if (left > 0 && !this.next()) return true;
    }
    return false;
  }

  get result(): Compared {
    const [first, ...others] = this.pairs;
    if (!first) throw new Error('Nothing has been simulated yet.');
    const forecastOf = (of: (pair: Pair) => Outcome): Forecast =>
      forecast(of(first), others.map(of));
    return {
      before: forecastOf(({ before }) => before),
      after: forecastOf(({ after }) => after),
      difference: forecast(lessOf(first), others.map(lessOf), -Infinity),
      instances: first.before.instances,
      replications: others.length,
      waiting: [...this.changed.bases.values()].map(({ task, basis }) => ({
        task,
        basis,
        people: this.history.peopleFor(task)?.length ?? null,
      })),
    };
  }

  /** @returns false when there is nothing left to simulate */
  private next(): boolean {
    const { outcome } = this.running;
    if (!this.before) {
      this.before = outcome;
      this.running = this.simulation(this.subjects.after);
      if (this.pairs.length === 0) this.changed = this.running;
      return true;
    }
    this.pairs.push({ before: this.before, after: outcome });
    this.before = undefined;
    if (this.pairs.length === 1) {
      const affordable = Math.floor(MOST_EVENTS / Math.max(1, this.events));
      const { fewest, most } = REPLICATIONS;
      this.replications = Math.min(most, Math.max(fewest, affordable));
    }
    if (this.pairs.length > this.replications) return false;
    this.running = this.simulation(this.subjects.before);
    return true;
  }

  private simulation(subject: Subject): Simulation {
    const replication = this.pairs.length;
    return new Simulation(
      subject,
      this.history,
      this.arrivals(replication),
      this.seed + replication,
    );
  }

  /** The first is history as it was. */
  private arrivals(replication: number): Arrival[] {
    const { cases, seed } = this;
    return cases.map(({ arrived, counted }, index) => {
      const recorded =
        replication === 0 ? index : Math.floor(chance(seed, replication, index) * cases.length);
      const { data, at_step_id, cancelled_after } = cases[recorded] as RecordedCase;
      return { at: arrived, counted, recorded, data, at_step_id, cancelled_after };
    });
  }
}

/** After less before, step by step; 0 stands for a step that none came to. */
function lessOf({ before, after }: Pair): Outcome {
  const steps = new Set([...Object.keys(before.wait_minutes), ...Object.keys(after.wait_minutes)]);
  return {
    instances: after.instances,
    cycle_minutes: after.cycle_minutes - before.cycle_minutes,
    deadline_miss_percentage: after.deadline_miss_percentage - before.deadline_miss_percentage,
    failure_percentage: after.failure_percentage - before.failure_percentage,
    wait_minutes: Object.fromEntries(
      [...steps].map((step) => [
        step,
        (after.wait_minutes[step] ?? 0) - (before.wait_minutes[step] ?? 0),
      ]),
    ),
  };
}

/** @param least below which the ends of no interval lie */
function forecast(first: Outcome, others: readonly Outcome[], least = 0): Forecast {
  const estimate = (of: (outcome: Outcome) => number, most = Infinity): Estimate => {
    const mean = of(first);
    const half = studentQuantile95(others.length - 1) * Math.sqrt(variance(others.map(of)) ?? 0);
    return { mean, low: Math.max(least, mean - half), high: Math.min(most, mean + half) };
  };
  const steps = new Set(
    [first, ...others].flatMap(({ wait_minutes }) => Object.keys(wait_minutes)),
  );
  return {
    cycle_minutes: estimate(({ cycle_minutes }) => cycle_minutes),
    deadline_miss_percentage: estimate((one) => one.deadline_miss_percentage, PER_CENT),
    failure_percentage: estimate((one) => one.failure_percentage, PER_CENT),
    wait_minutes: Object.fromEntries(
      [...steps].map((step) => [step, estimate(({ wait_minutes }) => wait_minutes[step] ?? 0)]),
    ),
  };
}
