import { Injectable } from '@nestjs/common';

import type { CompiledDefinition } from '#engine/definition';
import { DomainError } from '#engine/errors';
import { compile } from '#engine/expression';
import {
  type Command,
  DEFAULT_MAX_STEP_ENTRIES,
  type Facts,
  type InstanceEvent,
  type InstanceState,
  NEW_INSTANCE,
} from '#engine/instance';
import { afterCommit, newId, type Tx, unawaited } from '#persistence';
import { correlationId } from '#platform/logging';

import { recordAutomaticDecisions } from '../decisions/automatic-decisions.js';
import { DecisionEvidence } from '../decisions/decision-evidence.js';
import { DefinitionStore } from '../definitions/definition-store.js';
import { recordVote } from './approval-votes.js';
import { rowsOf } from './changes.js';
import { InstanceEffects } from './instance-effects.js';
import { raiseIncidents } from './instance-incidents.js';
import { InstanceMove } from './instance-move.js';
import { InstanceWatch } from './instance-watch.js';
import {
  type InstanceRow,
  lockInstance,
  lockInstanceById,
  lockInstancesOfExecutions,
  type OverrideRow,
  readStartFacts,
  type StartFactsRow,
  takeInstances,
  writeMoves,
  writeStarts,
} from './instances.queries.js';
import { TreeStore } from './tree-store.js';

export type InstanceReference =
  { workflow_id: string; workflow_instance_id: string } | { instance_id: string };

/** An instance after a command. */
export interface InstanceChange {
  instance_id: string;
  workflow_id: string;
  workflow_instance_id: string;
  version_number: number;
  state: InstanceState;
  events: readonly InstanceEvent[];
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

/**
 * The one door (design.md §1): an instance changes only here. Lock, decide, write, all in the caller's transaction;
 * many instances cost as many statements as one.
 */
@Injectable()
export class InstanceRuntime {
  constructor(
    private readonly definitions: DefinitionStore,
    private readonly trees: TreeStore,
    private readonly evidence: DecisionEvidence,
    private readonly effects: InstanceEffects,
    private readonly watch: InstanceWatch,
  ) {}

  /** @throws DomainError workflow_not_found, workflow_inactive, instance_exists, step_not_found */
  async start(tx: Tx, request: StartRequest): Promise<InstanceChange> {
    const [started] = await this.startMany(tx, [request]);
    if (started === undefined) throw new Error('A start had no result.');
    if (started instanceof DomainError) throw started;
    return started;
  }

  /** For each request, in their order, its instance or why there is none (as `start` throws). */
  async startMany(
    tx: Tx,
    requests: readonly StartRequest[],
  ): Promise<(InstanceChange | DomainError)[]> {
    const ids = [...new Set(requests.map(({ workflow_id }) => workflow_id))];
    const facts = new Map((await readStartFacts(tx, [ids])).map((row) => [row.workflow_id, row]));
    const moves: (InstanceMove | DomainError)[] = [];
    for (const request of requests) {
      const found = facts.get(request.workflow_id);
      moves.push(await moveOrRefusal(() => this.begin(tx, request, found)));
    }
    const begun = moves.filter((move) => move instanceof InstanceMove);
    if (begun.length === 0) return moves as DomainError[];
    const rows = await writeStarts(tx, rowsOf(begun));
    const written = new Set(rows.map((row) => row.instance_id));
    const stored = begun.filter(({ instance }) => written.has(instance.instance_id));
    await this.conclude(tx, stored);
    return moves.map((move) => {
      if (move instanceof DomainError) return move;
      return written.has(move.instance.instance_id) ? changeOf(move) : instanceExists(move);
    });
  }

  /**
   * @throws DomainError instance_not_found, or the engine's rejection of the command
   */
  async apply(
    tx: Tx,
    reference: InstanceReference,
    command: Exclude<Command, { type: 'start' }>,
    actor: string,
  ): Promise<InstanceChange> {
    const row = await lock(tx, reference);
    if (command.type === 'migrate' && command.from_version !== row.version_number) {
      throw new DomainError(
        'modification_not_applicable',
        `The instance runs on version ${row.version_number}, not on ${command.from_version}.`,
        { version_number: row.version_number },
      );
    }
    // a migration is decided on the version that it leads to
    const version = command.type === 'migrate' ? command.to_version : row.version_number;
    const move = await this.moveOf(tx, row, version, correlationId() ?? null);
    move.act(command, actor);
    await this.write(tx, [move]);
    if (command.type === 'decide_approval') await recordVote(tx, move, command);
    return changeOf(move);
  }

  /** The instances whose steps wait for these executions, under lock, by their ids: to be moved by `act`, then written. */
  async movesOfExecutions(
    tx: Tx,
    execution_ids: readonly string[],
  ): Promise<Map<string, InstanceMove>> {
    return this.movesOf(tx, await lockInstancesOfExecutions(tx, [execution_ids]));
  }

  /** The same of these instances, as far as nobody else holds them. @param ending executions that are about to end */
  async movesOfFree(
    tx: Tx,
    instance_ids: readonly string[],
    ending: readonly string[],
  ): Promise<Map<string, InstanceMove>> {
    return this.movesOf(tx, await takeInstances(tx, [instance_ids, ending]));
  }

  /** Writes what moves of instances under lock have come to. */
  async write(tx: Tx, moves: readonly InstanceMove[]): Promise<void> {
    const moved = moves.filter(({ acted }) => acted.length > 0);
    if (moved.length === 0) return;
    unawaited(tx, writeMoves(tx, rowsOf(moved)));
    await this.conclude(tx, moved);
  }

  private async movesOf(tx: Tx, rows: readonly InstanceRow[]): Promise<Map<string, InstanceMove>> {
    const moves = new Map<string, InstanceMove>();
    for (const row of rows) {
      moves.set(row.instance_id, await this.moveOf(tx, row, row.version_number, null));
    }
    return moves;
  }

  private async begin(
    tx: Tx,
    request: StartRequest,
    found: StartFactsRow | undefined,
  ): Promise<InstanceMove> {
    const { workflow_id, data, at_step_id, actor } = request;
    if (!found) {
      throw new DomainError('workflow_not_found', `There is no workflow ${workflow_id}.`, {
        workflow_id,
      });
    }
    if (!found.is_active) {
      throw new DomainError(
        'workflow_inactive',
        'The workflow is not active; activate it to start instances.',
        { workflow_id },
      );
    }
    const definition = await this.definitions.load(tx, workflow_id, found.version_number);
    const instance_id = newId();
    const instance = {
      instance_id,
      workflow_id,
      workflow_instance_id: request.workflow_instance_id ?? instance_id,
      last_sequence: 0,
      has_executions: false,
      has_timers: false,
      correlation_id:
        request.correlation_id === undefined ? (correlationId() ?? null) : request.correlation_id,
    };
    const facts = await this.factsOf(tx, definition, found);
    const move = new InstanceMove(instance, definition, NEW_INSTANCE, facts);
    move.act({ type: 'start', data, ...(at_step_id !== undefined && { at_step_id }) }, actor);
    return move;
  }

  private async moveOf(
    tx: Tx,
    row: InstanceRow,
    version_number: number,
    correlation_id: string | null,
  ): Promise<InstanceMove> {
    const { instance_id, workflow_id, workflow_instance_id, last_sequence } = row;
    const { has_executions, has_timers } = row;
    const instance = {
      instance_id,
      workflow_id,
      workflow_instance_id,
      last_sequence,
      has_executions,
      has_timers,
      correlation_id,
    };
    const definition = await this.definitions.load(tx, workflow_id, version_number);
    const facts = await this.factsOf(tx, definition, row);
    return new InstanceMove(instance, definition, stateOf(row), facts);
  }

  private async factsOf(
    tx: Tx,
    definition: CompiledDefinition,
    read: { now: number; overrides: readonly OverrideRow[] },
  ): Promise<Facts> {
    const trees = await this.trees.load(tx, definition);
    return {
      now: read.now,
      newId,
      overrides: read.overrides.map((override) => ({
        ...override,
        condition: compile(override.condition_expression),
      })),
      trees,
      certainty: await this.evidence.certainty(tx, definition, trees),
      max_step_entries: DEFAULT_MAX_STEP_ENTRIES,
    };
  }

  private async conclude(tx: Tx, moves: readonly InstanceMove[]): Promise<void> {
    await this.effects.carryOut(tx, moves);
    await recordAutomaticDecisions(tx, moves);
    const ended = moves.filter((move) => move.ended);
    if (ended.length === 0) return;
    raiseIncidents(tx, ended);
    afterCommit(tx, () => {
      for (const { instance } of ended) this.watch.ended(instance.instance_id);
    });
  }
}

/** Requests that are refused alone; any other failure is of the whole transaction. */
const REFUSALS: ReadonlySet<string> = new Set([
  'workflow_not_found',
  'workflow_inactive',
  'step_not_found',
]);

async function moveOrRefusal(
  work: () => Promise<InstanceMove>,
): Promise<InstanceMove | DomainError> {
  try {
    return await work();
  } catch (error) {
    const refusal = error instanceof DomainError ? (error as DomainError) : null;
    if (refusal && REFUSALS.has(refusal.code)) return refusal;
    throw error;
  }
}

async function lock(tx: Tx, reference: InstanceReference): Promise<InstanceRow> {
  const [row] =
    'instance_id' in reference
      ? await lockInstanceById(tx, [reference.instance_id])
      : await lockInstance(tx, [reference.workflow_id, reference.workflow_instance_id]);
  if (!row) {
    throw new DomainError('instance_not_found', 'There is no such instance of this workflow.', {
      ...reference,
    });
  }
  return row;
}

function stateOf(row: InstanceRow): InstanceState {
  const { status, outcome, end_reason, data, current_step, step_entries, total_entries } = row;
  return { status, outcome, end_reason, data, current: current_step, step_entries, total_entries };
}

function changeOf({ instance, definition, state, events }: InstanceMove): InstanceChange {
  const { instance_id, workflow_id, workflow_instance_id } = instance;
  const { version_number } = definition;
  return { instance_id, workflow_id, workflow_instance_id, version_number, state, events };
}

function instanceExists({ instance }: InstanceMove): DomainError {
  const { workflow_id, workflow_instance_id } = instance;
  return new DomainError(
    'instance_exists',
    `The workflow already has an instance ${workflow_instance_id}.`,
    { workflow_id, workflow_instance_id },
  );
}
