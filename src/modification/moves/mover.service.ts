import { Injectable, Logger } from '@nestjs/common';

import { JobHandler, type JobMap, Jobs, Sweeper } from '#jobs';
import { Database, type Tx } from '#persistence';
import { isUnavailable } from '#platform/http';

import { assignCases } from '../canary/canary.queries.js';
import { recordEffects } from '../effects/effects.queries.js';
import { findModification, type ModificationRow } from '../modification.queries.js';
import { ModificationNotices } from '../notices/modification-notices.service.js';
import { findCandidates } from './candidates.js';
import { type Candidate, NO_INSTANCE } from './candidates.queries.js';
import { directionOf, MoveBatches, type Round } from './move-batches.service.js';
import {
  beginMoving,
  completeMove,
  countFailures,
  findMoving,
  takeMover,
} from './moves.queries.js';

const BATCH = 50;
/** After this a job makes room for others and goes on as a new one. */
const SLICE_MS = 2_000;
/** How long others are waited for that may yet start an instance on the former version. */
const OTHERS_MS = 100;
const SWEPT = 20;

/**
 * However many instances there are, a batch reads its own. Plans of when there were few would go on reading whole
 * tables.
 */
const LOOKUPS = { lookups: true };

/** How far a round has come, in the order of ids. */
interface Cursor {
  round: number;
  instance_id: string;
}

/** What is left after a batch. `others`: nothing, but a transaction of others may yet add to it; `nothing`: for now. */
type Passed =
  | {
      left: 'some';
      last: Cursor;
      /** Of an instance, commit included. */
      elapsed_ms: number;
    }
  | { left: 'others' }
  | { left: 'nothing' };

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

  /** @param after where an earlier job of the round has stopped; whom it passed by are seen in the next way through all */
  @JobHandler('modification.move')
  async move({ modification_id, after }: JobMap['modification.move']): Promise<void> {
    await this.database.transaction(async (tx) => {
      await beginMoving(tx, [modification_id]);
      await assignCases(tx, [modification_id]);
    });
    const end = performance.now() + SLICE_MS;
    let cursor: Cursor | undefined = after;
    let elapsed_ms: number | null = null;
    do {
      const passed = await this.moveBatch(modification_id, cursor, elapsed_ms);
      if (passed.left === 'nothing') return;
      if (passed.left === 'others') {
        await this.jobs.enqueue('modification.move', { modification_id }, { delay_ms: OTHERS_MS });
        return;
      }
      cursor = passed.last;
      elapsed_ms = passed.elapsed_ms;
    } while (performance.now() < end);
    await this.jobs.enqueue('modification.move', { modification_id, after: cursor });
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
  private moveBatch(
    modification_id: string,
    cursor: Cursor | undefined,
    elapsed_ms: number | null,
  ): Promise<Passed> {
    return this.database.transaction(async (turn) => {
      const [mover] = await takeMover(turn, [modification_id]);
      const [row] = await findModification(turn, [modification_id]);
      if (!mover?.taken || row?.move_status !== 'in_progress') return { left: 'nothing' };
      const number = row.move_round;
      const after = cursor?.round === number ? cursor.instance_id : NO_INSTANCE;
      const candidates = await findCandidates(turn, row, after, BATCH);
      const last = candidates.at(-1);
      if (!last) return this.conclude(turn, row);
      const begun = performance.now();
      await this.moveAll({ row, number, direction: directionOf(row), elapsed_ms }, candidates);
      return {
        left: 'some',
        last: { round: number, instance_id: last.instance_id },
        elapsed_ms: (performance.now() - begun) / candidates.length,
      };
    }, LOOKUPS);
  }

  /** After a way through all: the round is over when nobody waits. */
  private async conclude(turn: Tx, row: ModificationRow): Promise<Passed> {
    const { modification_id, move_round } = row;
    if (row.canary_percentage !== null) return { left: 'nothing' };
    if ((await findCandidates(turn, row, NO_INSTANCE, 1)).length > 0) {
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
      await this.database.transaction((tx) => this.batches.move(tx, round, candidates), LOOKUPS);
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
