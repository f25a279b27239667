import { Injectable } from '@nestjs/common';

import { Sweeper } from '#jobs';
import { Database } from '#persistence';
import { PerTenant } from '#platform/tenancy';

import { countDecisions, judgeDecisions } from './decision-counts.queries.js';
import { ModelTrainer } from '../models/model-trainer.js';

const BATCH = 1_000;
const JUDGE_EVERY_MS = 10_000;
/** Instances ended within this time are looked at each time; a transaction may commit that long after it began. */
const LATELY_SECONDS = 300;
/** All others once an hour, and when the process starts: what was missed while none ran. */
const ALL_EVERY_MS = 3_600_000;
const EVER_SECONDS = 1e9;

/** Keeps the counts of rules, conditions and trees true, in batches behind the decisions: none of them waits for it. */
@Injectable()
export class DecisionCounts {
  private readonly judged = new PerTenant(() => ({
    at: Number.NEGATIVE_INFINITY,
    all_at: Number.NEGATIVE_INFINITY,
  }));

  constructor(
    private readonly database: Database,
    private readonly models: ModelTrainer,
    sweeper: Sweeper,
  ) {
    sweeper.register('decision_counts', () => this.sweep());
  }

  private async sweep(): Promise<void> {
    await this.count();
    const now = performance.now();
    const judged = this.judged.get();
    if (now - judged.all_at > ALL_EVERY_MS) {
      await this.judge(EVER_SECONDS);
      judged.all_at = now;
    } else if (now - judged.at > JUDGE_EVERY_MS) {
      await this.judge(LATELY_SECONDS);
    } else {
      return;
    }
    judged.at = now;
    await this.models.wake();
  }

  /** Counts what is not counted yet. */
  private async count(): Promise<void> {
    await this.untilDone((limit) => this.database.transaction((tx) => countDecisions(tx, [limit])));
  }

  /** Judges decisions by how their instances ended. */
  private async judge(endedWithinSeconds: number): Promise<void> {
    await this.untilDone((limit) =>
      this.database.transaction((tx) => judgeDecisions(tx, [limit, endedWithinSeconds])),
    );
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
