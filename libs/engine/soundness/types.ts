import type { InstanceState } from '#engine/instance';

import type { Certainty } from './probe.js';

/** One step on a way through a workflow. */
export interface PathStep {
  step_id: string;
  /** What it ended with; null: the way ends there. */
  outcome: string | null;
  /** Data with which it goes this way from here; empty where any will do. */
  data: Record<string, unknown>;
}

export type FindingCode =
  | 'never_ends'
  | 'runaway_loop'
  | 'join_never_completes'
  | 'step_unreachable'
  | 'step_never_done'
  | 'rule_never_applies'
  | 'join_likely_times_out'
  | 'variable_set_too_late';

/** Something that is unsound about a definition. */
export interface Finding {
  code: FindingCode;
  /** `error`: an instance that comes there cannot end as it should. `warning`: a part of it has no effect, or may fail. */
  severity: 'error' | 'warning';
  /** The step, rule or synchronization point that it is about. */
  subject: string;
  /** Into the definition, as `POST /multi-step/create` takes it. */
  pointer: string;
  message: string;
  /** A way that shows it, from the start; empty where none is needed. */
  path: PathStep[];
}

export interface SoundnessReport {
  findings: Finding[];
  /** False: the definition has more states than are explored, so that it was not searched for what needs all of them. */
  complete: boolean;
  /** Positions that were explored. */
  states: number;
}

/** A position that instances may come to. */
export interface Visited {
  state: InstanceState;
  /** Where it was first come from; null: a start. */
  from: string | null;
  way: PathStep[];
  /** Positions that can follow; of an end, none. */
  next: Set<string>;
}

/** All that can happen in a definition, whatever the data are. */
export interface Exploration {
  complete: boolean;
  visited: ReadonlyMap<string, Visited>;
  /** Steps that are entered, so that there is work to be done. */
  entered: ReadonlySet<string>;
  /** Steps that are come to, and skipped by their condition. */
  skipped: ReadonlySet<string>;
  /** Rules that route. */
  rules: ReadonlySet<string>;
  /** step_id → steps that can come right after it. */
  follows: ReadonlyMap<string, ReadonlySet<string>>;
  /** Ways that enter step after step without ever waiting, by where they come from. */
  runaways: { from: string | null; way: PathStep[]; certainty: Certainty }[];
}
