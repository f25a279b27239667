import { Injectable, Logger } from '@nestjs/common';

import { stepMapping } from '#engine/definition';
import { DomainError } from '#engine/errors';
import { JobHandler, Jobs, Sweeper } from '#jobs';
import { Database, type MoveDirection, type Tx } from '#persistence';
import { isUnavailable } from '#platform/http';
import { DefinitionStore, type InstanceChange, InstanceRuntime } from '#runtime';

import { namedInstances } from './modification-plan.service.js';
import { findModification, type ModificationRow } from './modification.queries.js';
import {
  type Candidate,
  completeMove,
  countMoved,
  findBack,
  findBypass,
  findForward,
  findMoving,
  insertMove,
  takeInstance,
  type TakenRow,
  takeMover,
  timeMoves,
} from './moves.queries.js';

const BATCH = 50;
/** After this a job makes room for others and goes on as a new one. */
const SLICE_MS = 2_000;
const SWEPT = 20;

/**
 * Moves the instances of applied and rolled-back modifications, each whole in a transaction of its own. What is done
 * stands in `modification_moves`, so that a move goes on where it was cut off.
 */
@Injectable()
export class Mover {
  private readonly logger = new Logger(Mover.name);

  constructor(
    private readonly database: Database,
    private readonly instances: InstanceRuntime,
    private readonly definitions: DefinitionStore,
    private readonly jobs: Jobs,
    sweeper: Sweeper,
  ) {
    sweeper.register('modification_moves', () => this.wake());
  }

  @JobHandler('modification.move')
  async move({ modification_id }: { modification_id: string }): Promise<void> {
    const end = performance.now() + SLICE_MS;
    let more = true;
    while (more && performance.now() < end) more = await this.moveBatch(modification_id);
    if (more) await this.jobs.enqueue('modification.move', { modification_id });
  }

  /** Sets every move going that is under way: its job may have been lost. */
  private async wake(): Promise<void> {
    for (const { modification_id } of await findMoving(this.database.read, [SWEPT])) {
      await this.jobs.enqueue(
        'modification.move',
        { modification_id },
        { dedupe_key: modification_id },
      );
    }
  }

  /** True when there may be more. The outer transaction only holds the turn: instances commit one by one. */
  private moveBatch(modification_id: string): Promise<boolean> {
    return this.database.transaction(async (turn) => {
      const [mover] = await takeMover(turn, [modification_id]);
      const [row] = await findModification(this.database.read, [modification_id]);
      if (!mover?.taken || row?.move_status !== 'in_progress') return false;
      const direction = directionOf(row);
      const candidates = await this.candidates(row, direction);
      if (candidates.length === 0) {
        await this.database.transaction(async (tx) => {
          await countMoved(tx, [modification_id]);
          await completeMove(tx, [modification_id, row.status]);
        });
        return false;
      }
      const begun = performance.now();
      for (const candidate of candidates) await this.moveOne(row, direction, candidate);
      const elapsed_ms = (performance.now() - begun) / candidates.length;
      const ids = candidates.map(({ instance_id }) => instance_id);
      await this.database.transaction(async (tx) => {
        await timeMoves(tx, [modification_id, direction, ids, elapsed_ms]);
        await countMoved(tx, [modification_id]);
      });
      return true;
    });
  }

  private candidates(row: ModificationRow, direction: MoveDirection): Promise<Candidate[]> {
    const of = [row.modification_id, direction, BATCH] as const;
    const { read } = this.database;
    switch (direction) {
      case 'forward':
        return findForward(read, [...of]);
      case 'back':
        return findBack(read, [...of]);
      case 'bypass': {
        const names = namedInstances(row.modification_details.global_changes);
        return findBypass(read, [...of, bypassedSteps(row), names]);
      }
    }
  }

  /** Moves one instance, or records why it stays; only when the database is away both are left to the next try. */
  private async moveOne(
    row: ModificationRow,
    direction: MoveDirection,
    candidate: Candidate,
  ): Promise<void> {
    const { modification_id, status } = row;
    const { instance_id, from_version, to_version } = candidate;
    let taken: TakenRow | undefined;
    const record = (tx: Tx, to_step_id: string | null, error: string | null): Promise<unknown> =>
      insertMove(tx, [
        modification_id,
        direction,
        instance_id,
        from_version,
        to_version,
        taken?.current_step_id ?? null,
        to_step_id,
        error,
      ]);
    try {
      await this.database.transaction(async (tx) => {
        [taken] = await takeInstance(tx, [modification_id, status, instance_id, from_version]);
        if (
          !taken ||
          (direction === 'bypass' && !bypassedSteps(row).includes(taken.current_step_id))
        ) {
          return;
        }
        const { state } = await this.carryOut(tx, row, direction, candidate, taken);
        await record(tx, state.current?.step_id ?? null, null);
      });
    } catch (error) {
      if (isUnavailable(error)) throw error;
      if (!(error instanceof DomainError)) {
        this.logger.error({ err: error, modification_id, instance_id }, 'A move failed.');
      }
      const reason = error instanceof Error ? error.message : String(error);
      await this.database.transaction((tx) => record(tx, taken?.current_step_id ?? null, reason));
    }
  }

  private async carryOut(
    tx: Tx,
    row: ModificationRow,
    direction: MoveDirection,
    { instance_id, from_version, to_version }: Candidate,
    taken: TakenRow,
  ): Promise<InstanceChange> {
    const actor = (direction === 'back' ? row.rolled_back_by : row.applied_by) ?? 'engine';
    const reason = direction === 'back' ? (row.rollback_reason ?? '') : row.reason;
    if (direction === 'bypass') {
      const step_id = taken.current_step_id ?? '';
      const command = { type: 'bypass_step', step_id, reason } as const;
      return this.instances.apply(tx, { instance_id }, command, actor);
    }
    const from = await this.definitions.load(tx, row.workflow_id, from_version);
    const to = await this.definitions.load(tx, row.workflow_id, to_version);
    const explicit =
      direction === 'forward'
        ? row.step_mapping
        : returnOf(taken, (stepId) => to.step(stepId) !== undefined);
    const step_mapping = stepMapping(from.definition, to.definition, explicit);
    const command = { type: 'migrate', from_version, to_version, step_mapping, reason } as const;
    return this.instances.apply(tx, { instance_id }, command, actor);
  }
}

/** An instance that nothing has happened to since it was moved returns to exactly where it stood. */
function returnOf(
  { current_step_id, return_step_id }: TakenRow,
  has: (stepId: string) => boolean,
): Record<string, string> {
  if (current_step_id === null || return_step_id === null || !has(return_step_id)) return {};
  return Object.fromEntries([[current_step_id, return_step_id]]);
}

function bypassedSteps({ modification_details }: ModificationRow): (string | null)[] {
  return modification_details.step_modifications.map(({ step_id }) => step_id);
}

function directionOf({ status, to_version }: ModificationRow): MoveDirection {
  if (status === 'rolled_back') return 'back';
  return to_version === null ? 'bypass' : 'forward';
}
