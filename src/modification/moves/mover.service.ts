import { Injectable, Logger } from '@nestjs/common';

import { JobHandler, Jobs, Sweeper } from '#jobs';
import { Database } from '#persistence';
import { isUnavailable } from '#platform/http';

import { assignCases } from '../canary/canary.queries.js';
import { recordEffects } from '../effects/effects.queries.js';
import { findModification, type ModificationRow } from '../modification.queries.js';
import { ModificationNotices } from '../notices/modification-notices.service.js';
import { findCandidates } from './candidates.js';
import type { Candidate } from './candidates.queries.js';
import { directionOf, MoveBatches, type Round } from './move-batches.service.js';
import {
  beginMoving,
  completeMove,
  countFailures,
  findMoving,
  takeMover,
  timeMoves,
} from './moves.queries.js';

const BATCH = 50;
/** After this a job makes room for others and goes on as a new one. */
const SLICE_MS = 2_000;
/** How long others are waited for that may yet start an instance on the former version. */
const OTHERS_MS = 100;
const SWEPT = 20;

/** What is left after a batch. `others`: nothing, but a transaction of others may yet add to it; `nothing`: for now. */
type Passed = { left: 'some'; last: string } | { left: 'others' } | { left: 'nothing' };

/**
 * Moves the instances of applied and rolled-back modifications in batches, each whole in a transaction of its own. What
 * is done stands in `modification_moves`, so that a move goes on where it was cut off.
 */
@Injectable()
export class Mover {
  private readonly logger = new Logger(Mover.name);

  constructor(
    private readonly database: Database,
    private readonly batches: MoveBatches,
    private readonly jobs: Jobs,
    private readonly notices: ModificationNotices,
    sweeper: Sweeper,
  ) {
    sweeper.register('modification_moves', () => this.wake());
  }

  @JobHandler('modification.move')
  async move({ modification_id }: { modification_id: string }): Promise<void> {
    await this.database.transaction(async (tx) => {
      await beginMoving(tx, [modification_id]);
      await assignCases(tx, [modification_id]);
    });
    const end = performance.now() + SLICE_MS;
    let after: string | null = null;
    do {
      const passed = await this.moveBatch(modification_id, after);
      if (passed.left === 'nothing') return;
      if (passed.left === 'others') {
        await this.jobs.enqueue('modification.move', { modification_id }, { delay_ms: OTHERS_MS });
        return;
      }
      after = passed.last;
    } while (performance.now() < end);
    await this.jobs.enqueue('modification.move', { modification_id });
  }

  /** Sets every move going that is under way: its job may have been lost, or instances have left the steps they waited at. */
  private async wake(): Promise<void> {
    for (const { modification_id } of await findMoving(this.database.read, [SWEPT])) {
      await this.jobs.enqueue(
        'modification.move',
        { modification_id },
        { dedupe_key: modification_id },
      );
    }
  }

  /** The outer transaction only holds the turn. */
  private moveBatch(modification_id: string, after: string | null): Promise<Passed> {
    return this.database.transaction(async (turn) => {
      const [mover] = await takeMover(turn, [modification_id]);
      const [row] = await findModification(this.database.read, [modification_id]);
      if (!mover?.taken || row?.move_status !== 'in_progress') return { left: 'nothing' };
      const candidates = await findCandidates(this.database.read, row, after, BATCH);
      const last = candidates.at(-1);
      if (!last) return this.conclude(row);
      const begun = performance.now();
      await this.moveAll({ row, number: row.move_round, direction: directionOf(row) }, candidates);
      const elapsed_ms = (performance.now() - begun) / candidates.length;
      const ids = candidates.map(({ instance_id }) => instance_id);
      await this.database.transaction(async (tx) => {
        await timeMoves(tx, [modification_id, row.move_round, ids, elapsed_ms]);
      });
      return { left: 'some', last: last.instance_id };
    });
  }

  /** After a way through all: the round is over when nobody waits. */
  private async conclude(row: ModificationRow): Promise<Passed> {
    const { modification_id, move_round } = row;
    if (row.canary_percentage !== null) return { left: 'nothing' };
    if ((await findCandidates(this.database.read, row, null, 1)).length > 0) {
      return { left: 'nothing' };
    }
    const [completed] = await this.database.transaction(async (tx) => {
      const ended = await completeMove(tx, [modification_id, move_round]);
      if (ended.length === 0) return ended;
      if (directionOf(row) === 'back') await recordEffects(tx, [modification_id]);
      const [{ failed } = { failed: 0 }] = await countFailures(tx, [modification_id, move_round]);
      if (failed > 0) {
        const message = `${failed === 1 ? '1 instance' : `${failed} instances`} could not be moved by the modification ${modification_id} and stayed as they were.`;
        await this.notices.tell(tx, row, 'instances_not_moved', message);
      }
      return ended;
    });
    return { left: completed ? 'nothing' : 'others' };
  }

  /** One that fails for a reason of its own does not hold up the others: then each goes alone. */
  private async moveAll(round: Round, candidates: readonly Candidate[]): Promise<void> {
    try {
      await this.database.transaction((tx) => this.batches.move(tx, round, candidates));
    } catch (error) {
      if (isUnavailable(error)) throw error;
      const [only, other] = candidates;
      if (only && !other) {
        const { modification_id } = round.row;
        const { instance_id } = only;
        this.logger.error({ err: error, modification_id, instance_id }, 'A move failed.');
        const reason = error instanceof Error ? error.message : String(error);
        await this.database.transaction((tx) => this.batches.fail(tx, round, only, reason));
        return;
      }
      for (const candidate of candidates) await this.moveAll(round, [candidate]);
    }
  }
}
