import { Injectable } from '@nestjs/common';

import type { DecidedMove } from '#engine/instance';
import type { Decision } from '#engine/routing';
import type { Tx } from '#persistence';

import {
  countLikeOutcomes,
  countLikeOutcomesWithoutTarget,
  countOutcomesOfMoves,
  type OutcomeRow,
} from './like-outcomes.queries.js';
import { ofPresentTenant } from '#platform/tenancy';

/** What like decisions have in common. */
export type LikeKey = [
  workflow_id: string,
  decided_by: Decision['decided_by'],
  decided_by_id: string,
  tree_or_table_used: string | null,
  target_step_id: string | null,
];

const CAPACITY = 10_000;
/** Fewer decisions than this are looked at anew each time: that is cheap, and each of them matters. */
const MANY = 200;
/** A count is kept a hundred times as long as it took: so counting takes a hundredth of the time, however long history is. */
const KEPT_TIMES = 100;

/** Outcomes of like decisions. */
@Injectable()
export class OutcomeCounter {
  private readonly kept = new Map<string, { counts: OutcomeRow; until: number }>();

  async of(tx: Tx, key: LikeKey): Promise<OutcomeRow> {
    const started = performance.now();
    const known = this.known(key, started);
    if (known) return known;
    const [workflow_id, decided_by, decided_by_id, used, target] = key;
    const like = [workflow_id, decided_by, decided_by_id, used] as const;
    const [counts] =
      target === null
        ? await countLikeOutcomesWithoutTarget(tx, [...like])
        : await countLikeOutcomes(tx, [...like, target]);
    return this.keep(key, counts, performance.now() - started);
  }

  /** Of moves of one workflow, in their order; what is not known takes one statement. */
  async ofMoves(tx: Tx, workflow_id: string, moves: readonly DecidedMove[]): Promise<OutcomeRow[]> {
    const started = performance.now();
    const keys = moves.map((move) => keyOf(workflow_id, move));
    const counts = keys.map((key) => this.known(key, started));
    const unknown = moves.flatMap((move, position) =>
      counts[position] ? [] : [{ ...move, position }],
    );
    if (unknown.length > 0) {
      const rows = await countOutcomesOfMoves(tx, [workflow_id, JSON.stringify(unknown)]);
      const took = (performance.now() - started) / unknown.length;
      for (const [index, { position }] of unknown.entries()) {
        const key = keys[position];
        if (key) counts[position] = this.keep(key, rows[index], took);
      }
    }
    return counts.map((each) => each ?? NO_OUTCOMES);
  }

  private known(key: LikeKey, at: number): OutcomeRow | undefined {
    const known = this.kept.get(ofPresentTenant(JSON.stringify(key)));
    return known && known.until > at ? known.counts : undefined;
  }

  private keep(key: LikeKey, counts: OutcomeRow = NO_OUTCOMES, took: number): OutcomeRow {
    const name = ofPresentTenant(JSON.stringify(key));
    this.kept.delete(name);
    if (counts.looked_at < MANY) return counts;
    this.kept.set(name, { counts, until: performance.now() + KEPT_TIMES * took });
    const [oldest] = this.kept.keys();
    if (this.kept.size > CAPACITY && oldest !== undefined) this.kept.delete(oldest);
    return counts;
  }
}

export const NO_OUTCOMES: OutcomeRow = { good: 0, total: 0, looked_at: 0, model: null };

function keyOf(workflow_id: string, move: DecidedMove): LikeKey {
  return [workflow_id, move.decided_by, move.decided_by_id, move.tree_id, move.target_step_id];
}
