import { Injectable } from '@nestjs/common';

import { Sweeper } from '#jobs';
import { Database } from '#persistence';

import { countDecisions, judgeDecisions } from './decision-counts.queries.js';

const BATCH = 1_000;
/** Looking for ended instances visits every decision whose instance is open, so it is done less often. */
const JUDGE_EVERY_MS = 10_000;

/** Keeps the counts of rules, conditions and trees true, in batches behind the decisions: none of them waits for it. */
@Injectable()
export class DecisionCounts {
  private judgedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly database: Database,
    sweeper: Sweeper,
  ) {
    sweeper.register('decision_counts', () => this.sweep());
  }

  private async sweep(): Promise<void> {
    await this.count();
    if (performance.now() - this.judgedAt < JUDGE_EVERY_MS) return;
    await this.judge();
    this.judgedAt = performance.now();
  }

  /** Counts what is not counted yet. */
  async count(): Promise<void> {
    await this.untilDone((limit) => this.database.transaction((tx) => countDecisions(tx, [limit])));
  }

  /** Judges decisions by how their instances ended. */
  async judge(): Promise<void> {
    await this.untilDone((limit) => this.database.transaction((tx) => judgeDecisions(tx, [limit])));
  }

  private async untilDone(
    batch: (limit: number) => Promise<{ decisions: number }[]>,
  ): Promise<void> {
    for (;;) {
      const [done] = await batch(BATCH);
      if ((done?.decisions ?? 0) < BATCH) return;
    }
  }
}
