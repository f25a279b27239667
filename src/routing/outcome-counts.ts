import { Injectable } from '@nestjs/common';

import { type Decision, type OutcomeCounts } from '#engine/routing';
import type { Tx } from '#persistence';

import { countLikeOutcomes, countLikeOutcomesWithoutTarget } from './decisions.queries.js';

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
  private readonly kept = new Map<string, { counts: OutcomeCounts; until: number }>();

  async of(tx: Tx, key: LikeKey): Promise<OutcomeCounts> {
    const name = JSON.stringify(key);
    const started = performance.now();
    const known = this.kept.get(name);
    if (known && known.until > started) return known.counts;
    const [workflow_id, decided_by, decided_by_id, used, target] = key;
    const like = [workflow_id, decided_by, decided_by_id, used] as const;
    const [counts = { good: 0, total: 0, looked_at: 0 }] =
      target === null
        ? await countLikeOutcomesWithoutTarget(tx, [...like])
        : await countLikeOutcomes(tx, [...like, target]);
    this.kept.delete(name);
    if (counts.looked_at >= MANY) this.keep(name, counts, performance.now() - started);
    return counts;
  }

  private keep(name: string, counts: OutcomeCounts, took: number): void {
    this.kept.set(name, { counts, until: performance.now() + KEPT_TIMES * took });
    if (this.kept.size <= CAPACITY) return;
    const [oldest] = this.kept.keys();
    if (oldest !== undefined) this.kept.delete(oldest);
  }
}
