import { Injectable } from '@nestjs/common';

import { DomainError, ValidationError } from '#engine/errors';
import type { Command, InstanceEvent, InstanceState } from '#engine/instance';
import { Outbox } from '#notifications';
import { afterCommit, type Tx, unawaited } from '#persistence';
import { correlationId } from '#platform/logging';

import { recordAutomaticDecisions } from '../decisions/automatic-decisions.js';
import { rowsOf } from './changes.js';
import { type Given, loadDuties, recordPeople } from './duties.js';
import { InstanceEffects } from './instance-effects.js';
import { raiseIncidents } from './instance-incidents.js';
import { InstanceMove } from './instance-move.js';
import {
  type Held,
  type Hold,
  InstanceMoves,
  type InstanceName,
  refusalOf,
  type StartRequest,
} from './instance-moves.js';
import { notificationsOf } from './instance-notifications.js';
import { InstanceWatch } from './instance-watch.js';
import { writeMoves, writeStarts } from './instances.queries.js';
import { versionFor } from './versions.js';
import { recordWorkItems } from './work-items.js';

export type InstanceReference = InstanceName | { instance_id: string };

type InstanceCommand = Exclude<Command, { type: 'start' }>;

/** An instance after a command. */
export interface InstanceChange {
  instance_id: string;
  workflow_id: string;
  workflow_instance_id: string;
  version_number: number;
  state: InstanceState;
  events: readonly InstanceEvent[];
  /** The `sequence` of its latest event. */
  last_sequence: number;
}

/** A command to an instance, on behalf of a request of its own. */
export interface CommandRequest {
  name: InstanceName;
  command: InstanceCommand;
  actor: string;
  correlation_id: string | null;
}

/** Somebody else holds the instance: to be tried again, waiting for it. */
export const BUSY = Symbol('busy');

/**
 * The one door (design.md §1): an instance changes only here. Lock, decide, write, all in the caller's transaction;
 * many instances cost as many statements as one.
 */
@Injectable()
export class InstanceRuntime {
  constructor(
    private readonly moves: InstanceMoves,
    private readonly effects: InstanceEffects,
    private readonly watch: InstanceWatch,
    private readonly outbox: Outbox,
  ) {}

  /** @throws DomainError workflow_not_found, workflow_inactive, instance_exists, step_not_found */
  async start(tx: Tx, request: StartRequest): Promise<InstanceChange> {
    return theOnly(await this.startMany(tx, [request]));
  }

  /** For each request, in their order, its instance or why there is none (as `start` throws). */
  async startMany(
    tx: Tx,
    requests: readonly StartRequest[],
  ): Promise<(InstanceChange | DomainError)[]> {
    const workflow_ids = requests.map(({ workflow_id }) => workflow_id);
    const found = await this.moves.startFacts(tx, workflow_ids);
    const moves = await this.moves.begin(tx, requests, found);
    const stored = await this.store(
      tx,
      moves.filter((move) => move instanceof InstanceMove),
    );
    return moves.map((move) => {
      if (move instanceof DomainError) return move;
      return stored.has(move) ? changeOf(move) : instanceExists(move);
    });
  }

  /**
   * Writes new instances. @returns those that were written: not those whose workflow already has an instance of that name
   */
  async store(tx: Tx, moves: readonly InstanceMove[]): Promise<ReadonlySet<InstanceMove>> {
    if (moves.length === 0) return new Set();
    const rows = await writeStarts(tx, [rowsOf(moves)]);
    const written = new Set(rows.map((row) => row.instance_id));
    const stored = moves.filter(({ instance }) => written.has(instance.instance_id));
    await this.conclude(tx, stored);
    return new Set(stored);
  }

  /** @throws DomainError instance_not_found, or the engine's rejection of the command */
  async apply(
    tx: Tx,
    reference: InstanceReference,
    command: InstanceCommand,
    actor: string,
  ): Promise<InstanceChange> {
    const {
      rows: [row],
    } = await ('instance_id' in reference
      ? this.moves.withIds(tx, [reference.instance_id], 'wait')
      : this.moves.named(tx, [reference], 'wait'));
    if (!row) throw instanceNotFound(reference);
    const version = versionFor(row.version_number, command);
    const [move] = await this.moves.of(tx, [row], () => version);
    if (!move) throw new Error('An instance had no move.');
    move.instance.correlation_id = correlationId() ?? null;
    const given = { move, command, actor };
    await loadDuties(tx, [given]);
    move.act(command, actor);
    recordPeople(tx, given);
    await this.write(tx, [move]);
    return changeOf(move);
  }

  /**
   * Commands of several requests to an instance each, no migrations. For each, in their order, what came of it, or why
   * it was refused (as `apply` throws), or BUSY.
   * @param hold of an instance that is named twice, the second is BUSY
   */
  async applyMany(
    tx: Tx,
    requests: readonly CommandRequest[],
    hold: 'wait' | 'skip_locked',
  ): Promise<(InstanceChange | DomainError | typeof BUSY)[]> {
    const { results, given } = await this.decided(tx, requests, hold);
    for (const each of given) {
      if (each.move.acted.length > 0) recordPeople(tx, each);
    }
    await this.write(
      tx,
      results.filter((result) => result instanceof InstanceMove),
    );
    return results.map((result) => (result instanceof InstanceMove ? changeOf(result) : result));
  }

  /**
   * Why commands, each to an instance of its own, would be refused now; undefined where one would be taken. Decided as
   * `applyMany` does, and nothing is held or written.
   */
  async refusals(
    tx: Tx,
    requests: readonly CommandRequest[],
  ): Promise<(DomainError | undefined)[]> {
    const { results } = await this.decided(tx, requests, 'look');
    // what is missing in an output is not what keeps somebody from acting
    return results.map((result) =>
      result instanceof DomainError && !(result instanceof ValidationError) ? result : undefined,
    );
  }

  private async decided(
    tx: Tx,
    requests: readonly CommandRequest[],
    hold: Hold,
  ): Promise<{ results: (InstanceMove | DomainError | typeof BUSY)[]; given: Given[] }> {
    const found = await this.moves.named(
      tx,
      requests.map(({ name }) => name),
      hold,
    );
    const moves = new Map(
      (await this.moves.of(tx, found.rows)).map((move) => [nameOf(move.instance), move]),
    );
    const busy = new Set(found.busy.map(nameOf));
    const taken = requests.map(({ name }) => {
      const key = nameOf(name);
      if (busy.has(key)) return BUSY;
      busy.add(key);
      return moves.get(key) ?? instanceNotFound(name);
    });
    const given = requests.flatMap(({ command, actor }, index): Given[] => {
      const move = taken[index];
      return move instanceof InstanceMove ? [{ move, command, actor }] : [];
    });
    await loadDuties(tx, given);
    const results = requests.map(({ command, actor, correlation_id }, index) => {
      const move = taken[index] ?? BUSY;
      if (!(move instanceof InstanceMove)) return move;
      move.instance.correlation_id = correlation_id;
      return refusalOf(() => move.act(command, actor)) ?? move;
    });
    return { results, given };
  }

  /**
   * A command to each of many instances, by their ids, migrations among them. Of each that there is, what came of it, or
   * why it was refused, which leaves it as it is.
   */
  async applyEach(
    tx: Tx,
    commands: ReadonlyMap<string, Exclude<InstanceCommand, { type: 'decide_approval' }>>,
    actor: string,
  ): Promise<Map<string, InstanceChange | DomainError>> {
    const { rows } = await this.moves.withIds(tx, [...commands.keys()], 'wait');
    const outcomes = new Map<string, InstanceChange | DomainError>();
    const versions = new Map<string, number>();
    for (const { instance_id, version_number } of rows) {
      const command = commands.get(instance_id);
      if (!command) continue;
      const refused = refusalOf(() => {
        versions.set(instance_id, versionFor(version_number, command));
      });
      if (refused) outcomes.set(instance_id, refused);
    }
    const moves = await this.moves.of(
      tx,
      rows.filter(({ instance_id }) => versions.has(instance_id)),
      ({ instance_id, version_number }) => versions.get(instance_id) ?? version_number,
    );
    const given = moves.flatMap((move): Given[] => {
      const command = commands.get(move.instance.instance_id);
      return command ? [{ move, command, actor }] : [];
    });
    await loadDuties(tx, given);
    const correlation_id = correlationId() ?? null;
    const accepted = given.flatMap((each) => {
      const { move, command } = each;
      move.instance.correlation_id = correlation_id;
      const refused = refusalOf(() => move.act(command, actor));
      outcomes.set(move.instance.instance_id, refused ?? changeOf(move));
      if (refused) return [];
      recordPeople(tx, each);
      return [move];
    });
    await this.write(tx, accepted);
    return outcomes;
  }

  /** The instances whose steps wait for these executions, under lock, by their ids: to be moved by `act`, then written. */
  async movesOfExecutions(
    tx: Tx,
    execution_ids: readonly string[],
  ): Promise<Map<string, InstanceMove>> {
    return this.movesOf(tx, await this.moves.ofExecutions(tx, execution_ids));
  }

  /** The same of these instances, as far as nobody else holds them. @param ending executions that are about to end */
  async movesOfFree(
    tx: Tx,
    instance_ids: readonly string[],
    ending: readonly string[],
  ): Promise<Map<string, InstanceMove>> {
    return this.movesOf(tx, await this.moves.withIds(tx, instance_ids, 'skip_locked', ending));
  }

  /** Writes what moves of instances under lock have come to. */
  async write(tx: Tx, moves: readonly InstanceMove[]): Promise<void> {
    const moved = moves.filter(({ acted }) => acted.length > 0);
    if (moved.length === 0) return;
    unawaited(tx, writeMoves(tx, [rowsOf(moved)]));
    await this.conclude(tx, moved);
  }

  private async movesOf(tx: Tx, { rows }: Held): Promise<Map<string, InstanceMove>> {
    const moves = await this.moves.of(tx, rows);
    return new Map(moves.map((move) => [move.instance.instance_id, move]));
  }

  private async conclude(tx: Tx, moves: readonly InstanceMove[]): Promise<void> {
    await this.effects.carryOut(tx, moves);
    recordWorkItems(tx, moves);
    recordAutomaticDecisions(tx, moves);
    this.outbox.tell(tx, moves.flatMap(notificationsOf));
    const ended = moves.filter((move) => move.ended);
    if (ended.length === 0) return;
    raiseIncidents(tx, ended);
    afterCommit(tx, () => {
      for (const { instance } of ended) this.watch.ended(instance.instance_id);
    });
  }
}

export function changeOf({ instance, definition, state, events }: InstanceMove): InstanceChange {
  const { instance_id, workflow_id, workflow_instance_id } = instance;
  const { version_number } = definition;
  return {
    instance_id,
    workflow_id,
    workflow_instance_id,
    version_number,
    state,
    events,
    last_sequence: instance.last_sequence + events.length,
  };
}

/** By which instances of several workflows can be told apart. */
export function nameOf({ workflow_id, workflow_instance_id }: InstanceName): string {
  return `${workflow_id}/${workflow_instance_id}`;
}

function theOnly<T>([result]: readonly (T | DomainError)[]): T {
  if (result === undefined) throw new Error('One request had no result.');
  if (result instanceof DomainError) throw result;
  return result;
}

function instanceNotFound(reference: InstanceReference): DomainError {
  const message = 'There is no such instance of this workflow.';
  return new DomainError('instance_not_found', message, { ...reference });
}

function instanceExists({ instance }: InstanceMove): DomainError {
  const { workflow_id, workflow_instance_id } = instance;
  return new DomainError(
    'instance_exists',
    `The workflow already has an instance ${workflow_instance_id}.`,
    { workflow_id, workflow_instance_id },
  );
}
