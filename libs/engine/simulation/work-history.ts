import type { CompiledDefinition } from '#engine/definition';

import { chance } from './chance.js';
import type { RecordedCase, RecordedWork, WaitingBasis } from './types.js';

/** A piece of work as a simulation takes it over from history. */
export interface Work extends Pick<RecordedWork, 'outcome' | 'output' | 'to_step_id'> {
  /** Before it begins, whoever is free. 0 where it waits for somebody to be free. */
  wait_minutes: number;
  work_minutes: number;
}

/** What a piece of work is for. */
export interface Task {
  step_id: string;
  level: number | null;
  roles: readonly string[];
}

interface Kind {
  works: Work[];
  /** Those who did it; null: they cannot be told. */
  people: Set<string> | null;
  /** Of the latest. */
  roles: readonly string[];
}

/** Of what was done at a step so much has to be known by whom, for it to be simulated as a queue. */
const KNOWN_SHARE = 0.9;

/**
 * How long work takes and who does it, as far as history tells.
 *
 * A person's work is recorded when it ends, not when it begins. It is taken to begin when both the work was there and
 * the same person had finished what they did before: D. Chapela-Campa, M. Dumas, "Repairing activity start times to
 * improve business process simulation", arXiv:2208.12224 (2022). Of people who take turns in the order of arrival, one
 * thing at a time, that is when it did begin; what else they did meanwhile counts as part of it.
 */
export class WorkHistory {
  /** How many things somebody was seen doing at a time: people one, workers as many as they hold. */
  readonly slots = new Map<string, number>();
  private readonly kinds = new Map<string, Kind>();
  private readonly byRole = new Map<string, Set<string>>();
  private readonly perCase: ReadonlyMap<string, Work[]>[] = [];

  constructor(cases: readonly RecordedCase[]) {
    const known = knownKinds(cases);
    const begun = beginnings(cases);
    for (const [by, spans] of spansOf(cases, begun)) this.slots.set(by, mostAtOnce(spans));
    for (const one of cases) {
      const own = new Map<string, Work[]>();
      for (const work of one.works) {
        const key = keyOf(work);
        const named = known.has(key);
        const taken = workOf(work, named ? (begun.get(work) ?? work.entered) : null);
        push(own, key, taken);
        const kind = this.kinds.get(key) ?? newKind(named);
        this.kinds.set(key, kind);
        kind.roles = work.roles;
        kind.works.push(taken);
        if (!kind.people || work.by === null) continue;
        kind.people.add(work.by);
        for (const role of work.roles) {
          this.byRole.set(role, (this.byRole.get(role) ?? new Set()).add(work.by));
        }
      }
      this.perCase.push(own);
    }
  }

  /** What was recorded of this work of a case, each once and in its order. */
  recordedOf(index: number, task: Task, entry: number): Work | undefined {
    return this.perCase[index]?.get(keyOf(task))?.[entry - 1];
  }

  /** What was recorded of this work of some instance. Undefined: nobody ever did it. */
  drawn(task: Task, seed: number, ...keys: readonly (string | number)[]): Work | undefined {
    const works = this.kinds.get(keyOf(task))?.works ?? [];
    return works[Math.floor(chance(seed, ...keys) * works.length)];
  }

  /** Those who can do it, in the order of their names; null: they are not known, and there is always somebody. */
  peopleFor(task: Task): readonly string[] | null {
    const kind = this.kinds.get(keyOf(task));
    if (kind && !kind.people) return null;
    const people =
      kind?.people && sameRoles(kind.roles, task.roles)
        ? kind.people
        : new Set(task.roles.flatMap((role) => [...(this.byRole.get(role) ?? [])]));
    return people.size === 0 ? null : [...people].sort();
  }

  basisOf(task: Task): WaitingBasis {
    if (!this.kinds.has(keyOf(task))) return 'estimated';
    return this.peopleFor(task) ? 'queue' : 'as_recorded';
  }
}

function newKind(named: boolean): Kind {
  return { works: [], people: named ? new Set() : null, roles: [] };
}

export function keyOf({ step_id, level }: Pick<Task, 'step_id' | 'level'>): string {
  return level === null ? step_id : `${step_id}#${level}`;
}

/** Nobody has done it yet: what its author estimates, of an approval for each level. */
export function estimatedWork(definition: CompiledDefinition, { step_id }: Task): Work {
  return {
    wait_minutes: 0,
    work_minutes: definition.step(step_id)?.estimated_duration_minutes ?? 0,
    outcome: 'completed',
    output: {},
    to_step_id: null,
  };
}

/** @param begun when it began, where it waited for somebody to be free; null: it is taken as it was */
function workOf({ entered, started, ended, ...work }: RecordedWork, begun: number | null): Work {
  const { outcome, output, to_step_id } = work;
  const minutes =
    begun === null
      ? { wait_minutes: (started ?? ended) - entered, work_minutes: ended - (started ?? ended) }
      : { wait_minutes: 0, work_minutes: ended - begun };
  return { ...minutes, outcome, output, to_step_id };
}

function knownKinds(cases: readonly RecordedCase[]): ReadonlySet<string> {
  const counts = new Map<string, { known: number; all: number }>();
  for (const work of cases.flatMap(({ works }) => works)) {
    const count = counts.get(keyOf(work)) ?? { known: 0, all: 0 };
    count.all += 1;
    if (work.by !== null) count.known += 1;
    counts.set(keyOf(work), count);
  }
  const enough = [...counts].filter(([, { known, all }]) => known >= KNOWN_SHARE * all);
  return new Set(enough.map(([key]) => key));
}

/** When work that somebody is known to have done began. */
function beginnings(cases: readonly RecordedCase[]): ReadonlyMap<RecordedWork, number> {
  const works = cases.flatMap((one) => one.works).sort((a, b) => a.ended - b.ended);
  const free = new Map<string, number>();
  const begun = new Map<RecordedWork, number>();
  for (const work of works) {
    const { by, entered, started, ended } = work;
    if (by === null) continue;
    begun.set(work, started ?? Math.max(entered, free.get(by) ?? entered));
    free.set(by, ended);
  }
  return begun;
}

type Span = readonly [from: number, to: number];

function spansOf(
  cases: readonly RecordedCase[],
  begun: ReadonlyMap<RecordedWork, number>,
): Map<string, Span[]> {
  const spans = new Map<string, Span[]>();
  for (const work of cases.flatMap(({ works }) => works)) {
    if (work.by !== null) push(spans, work.by, [begun.get(work) ?? work.entered, work.ended]);
  }
  return spans;
}

/** One that ends when another begins is not at the same time. */
function mostAtOnce(spans: readonly Span[]): number {
  const turns = spans
    .filter(([from, to]) => to > from)
    .flatMap(([from, to]) => [
      { at: from, change: 1 },
      { at: to, change: -1 },
    ])
    .sort((a, b) => a.at - b.at || a.change - b.change);
  let now = 0;
  let most = 1;
  for (const { change } of turns) {
    now += change;
    most = Math.max(most, now);
  }
  return most;
}

function sameRoles(some: readonly string[], others: readonly string[]): boolean {
  const names = new Set(others);
  return new Set(some).size === names.size && some.every((role) => names.has(role));
}

function push<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
