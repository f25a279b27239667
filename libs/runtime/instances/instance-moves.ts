import { Injectable } from '@nestjs/common';

import type { CompiledDefinition } from '#engine/definition';
import { DomainError } from '#engine/errors';
import { compile } from '#engine/expression';
import {
  DEFAULT_MAX_STEP_ENTRIES,
  type Facts,
  type InstanceState,
  NEW_INSTANCE,
  type RoutingOverride,
} from '#engine/instance';
import { newId, type Tx } from '#persistence';
import { RateLimits } from '#platform/limits';
import { correlationId } from '#platform/logging';

import { DecisionEvidence } from '../decisions/decision-evidence.js';
import { DefinitionStore } from '../definitions/definition-store.js';
import { InstanceMove } from './instance-move.js';
import {
  type InstanceRow,
  lockNamed,
  lockOfExecutions,
  lockWithIds,
  type OverrideRow,
  readNamed,
  readOfExecutions,
  readStartFacts,
  readWithIds,
  type StartFactsRow,
  takeNamed,
  takeWithIds,
} from './instances.queries.js';
import { TreeStore } from './tree-store.js';

/** An instance by the ids that clients use. */
export interface InstanceName {
  workflow_id: string;
  workflow_instance_id: string;
}

export interface StartRequest {
  workflow_id: string;
  /** The client's own id; left out, the server's is used. */
  workflow_instance_id?: string | undefined;
  data: Record<string, unknown>;
  /** Where it stands when a client's own instance is first mentioned. */
  at_step_id?: string | undefined;
  actor: string;
  /** Of another cause than the present one. */
  correlation_id?: string | null;
}

/** For instances that somebody else holds: wait for them, leave them out, or only look at them all, held by nobody. */
export type Hold = 'wait' | 'skip_locked' | 'look';

/** Rows that were read, by whether they are ours until the transaction ends. */
export interface Held {
  rows: InstanceRow[];
  /** They are there, but somebody else holds them. */
  busy: InstanceRow[];
}

interface Shared extends Pick<Facts, 'trees' | 'certainty'> {
  definition: CompiledDefinition;
}

/** Loads instances as moves: under lock, with what the engine needs to decide. */
@Injectable()
export class InstanceMoves {
  constructor(
    private readonly definitions: DefinitionStore,
    private readonly trees: TreeStore,
    private readonly evidence: DecisionEvidence,
    private readonly limits: RateLimits,
  ) {}

  /** Those that there are. */
  async named(tx: Tx, names: readonly InstanceName[], hold: Hold): Promise<Held> {
    const key = [
      names.map(({ workflow_id }) => workflow_id),
      names.map(({ workflow_instance_id }) => workflow_instance_id),
    ] as const;
    if (hold === 'look') return { rows: await readNamed(tx, [...key]), busy: [] };
    const lock = hold === 'wait' ? lockNamed : takeNamed;
    return held(lock(tx, [...key]), readNamed(tx, [...key]));
  }

  /** @param ending executions that are about to end */
  async withIds(
    tx: Tx,
    instance_ids: readonly string[],
    hold: 'wait' | 'skip_locked',
    ending: readonly string[] = [],
  ): Promise<Held> {
    const lock = hold === 'wait' ? lockWithIds : takeWithIds;
    return held(lock(tx, [instance_ids]), readWithIds(tx, [instance_ids, ending]));
  }

  async ofExecutions(tx: Tx, execution_ids: readonly string[]): Promise<Held> {
    return held(lockOfExecutions(tx, [execution_ids]), readOfExecutions(tx, [execution_ids]));
  }

  /** What new instances of these workflows start from, by workflow; none of one that there is not. */
  async startFacts(
    tx: Tx,
    workflow_ids: readonly string[],
  ): Promise<ReadonlyMap<string, StartFactsRow>> {
    const rows = await readStartFacts(tx, [[...new Set(workflow_ids)]]);
    return new Map(rows.map((row) => [row.workflow_id, row]));
  }

  /**
   * Of each of these, in their order, a move that nothing has been done with yet. What those of one version share is
   * read once.
   * @param versionOf on which version the move is decided
   */
  async of(
    tx: Tx,
    rows: readonly InstanceRow[],
    versionOf = (row: InstanceRow): number => row.version_number,
  ): Promise<InstanceMove[]> {
    const shared = this.sharing(tx);
    return Promise.all(
      rows.map(async (row) => {
        const { instance_id, workflow_id, workflow_instance_id, last_sequence } = row;
        const { has_executions, has_timers } = row;
        const instance = {
          instance_id,
          workflow_id,
          workflow_instance_id,
          last_sequence,
          has_executions,
          has_timers,
          correlation_id: null,
        };
        const { definition, ...facts } = await shared(workflow_id, versionOf(row));
        return new InstanceMove(instance, definition, stateOf(row), { ...factsOf(row), ...facts });
      }),
    );
  }

  /**
   * A new instance, started and not yet written: for each request, in their order, or why it is refused
   * (workflow_not_found, workflow_inactive, too_many_requests, step_not_found). Every start comes through here.
   */
  async begin(
    tx: Tx,
    requests: readonly StartRequest[],
    found: ReadonlyMap<string, StartFactsRow>,
  ): Promise<(InstanceMove | DomainError)[]> {
    const shared = this.sharing(tx);
    return Promise.all(
      requests.map(async (request) => {
        const { workflow_id } = request;
        const row = found.get(workflow_id);
        if (!row) {
          const message = `There is no workflow ${workflow_id}.`;
          return new DomainError('workflow_not_found', message, { workflow_id });
        }
        if (!row.is_active) {
          const message = 'The workflow is not active; activate it to start instances.';
          return new DomainError('workflow_inactive', message, { workflow_id });
        }
        const refused = await this.limits.start(workflow_id);
        if (refused) return refused;
        const { definition, ...facts } = await shared(workflow_id, row.version_number);
        return begun(request, definition, { ...factsOf(row), ...facts });
      }),
    );
  }

  private sharing(tx: Tx): (workflow_id: string, version_number: number) => Promise<Shared> {
    const known = new Map<string, Promise<Shared>>();
    return (workflow_id, version_number) => {
      const name = `${workflow_id}/${version_number}`;
      const shared = known.get(name) ?? this.shared(tx, workflow_id, version_number);
      known.set(name, shared);
      return shared;
    };
  }

  private async shared(tx: Tx, workflow_id: string, version_number: number): Promise<Shared> {
    const definition = await this.definitions.load(tx, workflow_id, version_number);
    const trees = await this.trees.load(tx, definition);
    return { definition, trees, certainty: await this.evidence.certainty(tx, definition, trees) };
  }
}

/** The two are sent together, and answered in this order. */
async function held(
  locking: Promise<{ instance_id: string }[]>,
  reading: Promise<InstanceRow[]>,
): Promise<Held> {
  const [locked, rows] = await Promise.all([locking, reading]);
  const ours = new Set(locked.map(({ instance_id }) => instance_id));
  return {
    rows: rows.filter(({ instance_id }) => ours.has(instance_id)),
    busy: rows.filter(({ instance_id }) => !ours.has(instance_id)),
  };
}

function begun(
  { data, at_step_id, actor, ...request }: StartRequest,
  definition: CompiledDefinition,
  facts: Facts,
): InstanceMove | DomainError {
  const instance_id = newId();
  const instance = {
    instance_id,
    workflow_id: request.workflow_id,
    workflow_instance_id: request.workflow_instance_id ?? instance_id,
    last_sequence: 0,
    has_executions: false,
    has_timers: false,
    correlation_id:
      request.correlation_id === undefined ? (correlationId() ?? null) : request.correlation_id,
  };
  const move = new InstanceMove(instance, definition, NEW_INSTANCE, facts);
  return (
    refusalOf(() =>
      move.act({ type: 'start', data, ...(at_step_id !== undefined && { at_step_id }) }, actor),
    ) ?? move
  );
}

/** Why `act` was refused; undefined when it was not. Any other failure is thrown. */
export function refusalOf(act: () => void): DomainError | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof DomainError) return error as DomainError;
    throw error;
  }
}

function factsOf(read: {
  now: number;
  overrides: readonly OverrideRow[];
}): Omit<Facts, 'trees' | 'certainty'> {
  return {
    now: read.now,
    newId,
    overrides: read.overrides.map(routingOverride),
    max_step_entries: DEFAULT_MAX_STEP_ENTRIES,
  };
}

export function routingOverride(row: OverrideRow): RoutingOverride {
  return { ...row, condition: compile(row.condition_expression) };
}

function stateOf(row: InstanceRow): InstanceState {
  const { status, outcome, end_reason, data, current_step, step_entries, total_entries } = row;
  return { status, outcome, end_reason, data, current: current_step, step_entries, total_entries };
}
