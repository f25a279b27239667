import type { CompiledDefinition } from '#engine/definition';
import { Heap, type JsonObject } from '#engine/graph';
import {
  type Command,
  type CurrentStep,
  decide,
  type Facts,
  type InstanceState,
  NEW_INSTANCE,
} from '#engine/instance';

import { type Place, Queues } from './queues.js';
import type { Outcome, Subject, WaitingBasis } from './types.js';
import { commandsOf, furtherVotes } from './work-command.js';
import { estimatedWork, keyOf, type Task, type Work, type WorkHistory } from './work-history.js';

const MS_A_MINUTE = 60_000;
const MINUTES_AN_HOUR = 60;
const PER_CENT = 100;
/** Entries into steps of one instance, before its rules are taken to run in a loop. */
const MOST_STEPS = 100;

/** An instance that is to come. */
export interface Arrival {
  /** In minutes since 1970. */
  at: number;
  /** Of which case of history it takes its work. */
  recorded: number;
  data: JsonObject;
  at_step_id: string | null;
  cancelled_after: number | null;
  counted: boolean;
}

/** What is told of each that counts and was not called off. */
export interface Trace {
  arrived: number;
  cycle_minutes: number;
  missed: boolean;
  failed: boolean;
  wait_minutes: ReadonlyMap<string, number>;
}

interface Run {
  arrival: Arrival;
  index: number;
  state: InstanceState;
  /** The entry into a step whose work has been set going. */
  step_execution_id: string | null;
  items: Item[];
  /** How often it has come to each piece of work. */
  entries: Map<string, number>;
  waits: Map<string, number>;
  missed: boolean;
}

interface Item {
  run: Run;
  task: Task;
  work: Work;
  since: number;
  /** When work on it began; null: it waits. */
  begun: number | null;
  place: Place<Item> | null;
  over: boolean;
}

type Happening = { at: number; turn: number } & (
  | { type: 'done'; item: Item }
  | { type: 'arrives' | 'times_out' | 'is_cancelled'; run: Run }
  | { type: 'escalates'; run: Run; step_execution_id: string }
);

/** At the same time, what is done is done in time. */
const RANKS = { done: 0, arrives: 1, escalates: 2, times_out: 2, is_cancelled: 2 } as const;

/**
 * A discrete-event simulation of instances that share the people who work on them: A. M. Law, "Simulation Modeling and
 * Analysis", 5th ed., McGraw-Hill 2015, ch. 1. The engine itself decides where each goes, by rules, trees and levels of
 * approval, on its own data and at the simulated time; escalations and timeouts come when they are due. How long work
 * takes and what comes of it is what was recorded of it in the arrival's case, else a draw from what was recorded of
 * others, else its estimate.
 */
export class Simulation {
  readonly traces: Trace[] = [];
  /** How waiting came about, by the work that was come to. */
  readonly bases = new Map<string, { task: Task; basis: WaitingBasis }>();
  private readonly due = new Heap<Happening>(
    (a, b) => a.at - b.at || RANKS[a.type] - RANKS[b.type] || a.turn - b.turn,
  );
  private readonly queues: Queues<Item>;
  private readonly facts: Facts;
  /** In minutes since 1970. */
  now = 0;
  /** Instances that have come and not ended. */
  underWay = 0;
  private turn = 0;
  private steps = 0;

  /** @param seed of the draws; the same for every definition that is compared */
  constructor(
    private readonly subject: Subject,
    private readonly history: WorkHistory,
    arrivals: readonly Arrival[],
    private readonly seed: number,
  ) {
    this.queues = new Queues(history.slots);
    this.facts = {
      now: 0,
      newId: () => String((this.steps += 1)),
      overrides: subject.overrides,
      trees: subject.trees,
      certainty: null,
      max_step_entries: MOST_STEPS,
    };
    arrivals.forEach((arrival, index) => {
      const run: Run = {
        arrival,
        index,
        state: NEW_INSTANCE,
        step_execution_id: null,
        items: [],
        entries: new Map(),
        waits: new Map(),
        missed: false,
      };
      this.plan(arrival.at, { type: 'arrives', run });
    });
  }

  /** Goes on by at most so many events. @returns how many it was; fewer: it is over */
  advance(most: number): number {
    for (let events = 0; events < most; events += 1) {
      const next = this.due.pop();
      if (!next) return events;
      this.now = next.at;
      this.happen(next);
    }
    return most;
  }

  get outcome(): Outcome {
    const traces = this.traces;
    const mean = (of: (trace: Trace) => number): number =>
      traces.reduce((sum, trace) => sum + of(trace), 0) / Math.max(1, traces.length);
    const steps = new Set(traces.flatMap(({ wait_minutes }) => [...wait_minutes.keys()]));
    return {
      instances: traces.length,
      cycle_minutes: mean(({ cycle_minutes }) => cycle_minutes),
      deadline_miss_percentage: mean(({ missed }) => (missed ? PER_CENT : 0)),
      failure_percentage: mean(({ failed }) => (failed ? PER_CENT : 0)),
      wait_minutes: Object.fromEntries(
        [...steps].map((step) => [step, mean(({ wait_minutes }) => wait_minutes.get(step) ?? 0)]),
      ),
    };
  }

  private get definition(): CompiledDefinition {
    return this.subject.definition;
  }

  private plan(at: number, what: HappeningOf): void {
    this.turn += 1;
    this.due.push({ ...what, at, turn: this.turn });
  }

  private happen(next: Happening): void {
    switch (next.type) {
      case 'arrives':
        return this.arrive(next.run);
      case 'done':
        return this.finish(next.item);
      case 'escalates':
        return this.escalate(next.run, next.step_execution_id);
      case 'times_out':
        if (next.run.state.status !== 'running') return;
        next.run.missed = true;
        this.act(next.run, [{ type: 'time_out' }]);
        return this.settle(next.run);
      case 'is_cancelled':
        if (next.run.state.status !== 'running') return;
        this.act(next.run, [{ type: 'cancel', reason: '' }]);
        return this.settle(next.run);
    }
  }

  private arrive(run: Run): void {
    const { data, at_step_id, cancelled_after } = run.arrival;
    const start = { type: 'start', data } as const;
    this.underWay += 1;
    this.act(run, [...(at_step_id === null ? [] : [{ ...start, at_step_id }]), start]);
    this.plan(this.now + this.definition.definition.global_timeout_hours * MINUTES_AN_HOUR, {
      type: 'times_out',
      run,
    });
    if (cancelled_after !== null) {
      this.plan(this.now + cancelled_after, { type: 'is_cancelled', run });
    }
    this.settle(run);
  }

  /** Work has ended: its instance goes on, and whoever did it takes up the next. */
  private finish(item: Item): void {
    if (item.over) return;
    const { run, task, work } = item;
    this.leave(item);
    const { current } = run.state;
    if (!current) return;
    this.act(run, commandsOf(current, task.level, work));
    if (task.level !== null) {
      for (const command of furtherVotes(current, task.level, work)) {
        if (!this.isAsked(run, current, task.level)) break;
        this.act(run, [command]);
      }
      if (this.isAsked(run, current, task.level)) return this.fail(run);
    }
    this.settle(run);
  }

  private escalate(run: Run, step_execution_id: string): void {
    const { current } = run.state;
    if (run.state.status !== 'running' || current?.step_execution_id !== step_execution_id) return;
    run.missed = true;
    if (!current.levels) return;
    const asked = askedOf(current).length;
    this.act(run, [{ type: 'escalate', step_execution_id, reason: '' }]);
    const now = run.state.current;
    if (now && askedOf(now).length > asked) this.planEscalation(run, now);
    this.settle(run);
  }

  /** The first of the commands that the engine takes; the instance is stuck where it takes none. */
  private act(run: Run, commands: readonly Command[]): void {
    this.facts.now = this.now * MS_A_MINUTE;
    for (const command of commands) {
      const decision = decide(this.definition, run.state, command, this.facts);
      if ('rejection' in decision) continue;
      run.state = decision.state;
      return;
    }
    this.fail(run);
  }

  private fail(run: Run): void {
    run.state = { ...run.state, status: 'failed', current: null };
    this.settle(run);
  }

  /** Work that its instance has left is called off, and work that it has come to is set going. */
  private settle(run: Run): void {
    const { current, status } = run.state;
    const here = current && status === 'running' ? current : null;
    const stays = here !== null && here.step_execution_id === run.step_execution_id;
    const asked: (number | null)[] = here?.levels ? askedOf(here) : [null];
    for (const item of run.items) {
      if (!stays || !asked.includes(item.task.level)) this.leave(item);
    }
    run.items = run.items.filter(({ over }) => !over);
    if (!here) return this.conclude(run);
    if (!stays) {
      run.step_execution_id = here.step_execution_id;
      this.planEscalation(run, here);
    }
    for (const level of asked) {
      if (!run.items.some((item) => item.task.level === level)) this.begin(run, here, level);
    }
  }

  private begin(run: Run, { step_id, levels }: CurrentStep, level: number | null): void {
    const step = this.definition.step(step_id);
    const roles = levels?.find((one) => one.level === level)?.roles ?? step?.required_roles ?? [];
    const task = { step_id, level, roles };
    const key = keyOf(task);
    const entry = (run.entries.get(key) ?? 0) + 1;
    run.entries.set(key, entry);
    const work =
      this.history.recordedOf(run.arrival.recorded, task, entry) ??
      this.history.drawn(task, this.seed, run.index, key, entry) ??
      estimatedWork(this.definition, task);
    if (!this.bases.has(key)) this.bases.set(key, { task, basis: this.history.basisOf(task) });
    const item: Item = {
      run,
      task,
      work,
      since: this.now,
      begun: null,
      place: null,
      over: false,
    };
    run.items.push(item);
    const people = this.history.peopleFor(task);
    if (!people) {
      item.begun = this.now + work.wait_minutes;
      this.plan(item.begun + work.work_minutes, { type: 'done', item });
    } else if (this.queues.put(item, people)) this.work(item);
  }

  private work(item: Item): void {
    item.begun = this.now;
    this.plan(this.now + item.work.work_minutes, { type: 'done', item });
  }

  private leave(item: Item): void {
    if (item.over) return;
    item.over = true;
    const { waits } = item.run;
    const { step_id } = item.task;
    const waited = Math.min(this.now, item.begun ?? this.now) - item.since;
    waits.set(step_id, (waits.get(step_id) ?? 0) + waited);
    const next = this.queues.leave(item, this.now);
    if (next) this.work(next);
  }

  private planEscalation(run: Run, { step_id, step_execution_id }: CurrentStep): void {
    const step = this.definition.step(step_id);
    if (!step || step.auto_escalation_hours === null) return;
    const minutes = step.auto_escalation_hours * MINUTES_AN_HOUR;
    const { clock } = this.subject;
    const at =
      step.working_time && clock
        ? clock.add(this.now * MS_A_MINUTE, minutes * MS_A_MINUTE) / MS_A_MINUTE
        : this.now + minutes;
    this.plan(at, { type: 'escalates', run, step_execution_id });
  }

  private isAsked(run: Run, before: CurrentStep, level: number): boolean {
    const { current, status } = run.state;
    return (
      status === 'running' &&
      current?.step_execution_id === before.step_execution_id &&
      askedOf(current).includes(level)
    );
  }

  private conclude({ arrival, state, missed, waits }: Run): void {
    this.underWay -= 1;
    if (!arrival.counted || state.status === 'cancelled') return;
    this.traces.push({
      arrived: arrival.at,
      cycle_minutes: this.now - arrival.at,
      missed,
      failed: state.status !== 'completed',
      wait_minutes: waits,
    });
  }
}

type HappeningOf = Happening extends infer One
  ? One extends Happening
    ? Omit<One, 'at' | 'turn'>
    : never
  : never;

function askedOf({ levels }: CurrentStep): number[] {
  return (levels ?? []).flatMap(({ status, level }) => (status === 'asked' ? [level] : []));
}
