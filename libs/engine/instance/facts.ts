import type { CompiledExpression } from '#engine/expression';
import type { JsonObject } from '#engine/graph';
import type { CompiledTree, Confidence } from '#engine/routing';

import type { DecidedMove } from './events.js';

/** A temporary routing change (`dynamic_routing`) that is active now. */
export interface RoutingOverride {
  routing_id: string;
  routing_rule_id: string;
  source_step_id: string | null;
  target_step_id: string;
  condition_expression: string;
  condition: CompiledExpression;
  priority: number;
}

/** How certain moves are that a rule or a tree decides by itself. */
export interface Certainty {
  /** 0–1. */
  minimum: number;
  confidenceIn: (move: DecidedMove, data: JsonObject) => Confidence;
}

/** Who somebody is, by a key that is the same whatever name they go by. Null: nobody who could be told apart. */
export interface Duties {
  /** Who acts. */
  actor: string | null;
  /** For whom they act, where they do. */
  behalf: string | null;
  /** Who wants it approved: who started the instance, and whom its data names as `requester`. */
  requesters: readonly string[];
  /** Their managers. */
  managers: readonly string[];
  /** step_id → who has acted there, of steps that need different people. */
  acted: Readonly<Record<string, readonly string[]>>;
  /** Levels of the current step with the people who have voted there. */
  voted: readonly { level: number; person: string }[];
}

/** Who acts, who has the step and whom it is to be given to: by the key of the person, or else by the name told. */
export interface Holding {
  actor: string;
  assignee: string | null;
  owner: string | null;
  /** `person`: as in `Duties`. */
  target: { key: string; person: string | null } | null;
  /** Those of `assignee` and `target` whose manager acts. */
  managed: readonly string[];
}

/** All that a decision may depend on beside the definition and the state: nothing is looked up, drawn or timed inside. */
export interface Facts {
  /** Epoch milliseconds. */
  now: number;
  /** Ids for the step executions that this decision opens. */
  newId: () => string;
  /** By priority. */
  overrides: readonly RoutingOverride[];
  /** Stored trees that conditional steps of this definition name. */
  trees: ReadonlyMap<string, CompiledTree>;
  /** Null: the workflow asks for no minimum of confidence. */
  certainty: Certainty | null;
  /** Entries into steps that one instance may make before it is taken for a runaway loop. */
  max_step_entries: number;
  /** Left out: nothing that people are kept apart by is asked of this instance now. */
  duties?: Duties;
  /** Known wherever `duties` are; left out: who has the step is not asked. */
  holding?: Holding;
}

export const DEFAULT_MAX_STEP_ENTRIES = 1_000;
