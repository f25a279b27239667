import { Injectable } from '@nestjs/common';

import { JobHandler } from '#jobs';
import { Database } from '#persistence';
import { AppConfig } from '#platform/config';

import { AnalysisReader } from './analysis-reader.js';
import { ANSWERS } from './analytics.service.js';
import { recommendationsOf } from './recommendations.js';
import { readBottlenecks } from './records.js';
import {
  deleteOldResults,
  deleteOutdatedSuggestions,
  rollUpPerformance,
  upsertBottlenecks,
  upsertSuggestions,
} from './roll-up.queries.js';

const TIMEOUT_MS = 300_000;
const RESULTS_KEPT_DAYS = 90;

/** Keeps the tables that reports read: figures by day, bottlenecks, suggestions. Running it twice changes nothing. */
@Injectable()
export class RollUp {
  constructor(
    private readonly database: Database,
    private readonly reader: AnalysisReader,
    private readonly config: AppConfig,
  ) {}

  @JobHandler('analytics.roll-up')
  async run(): Promise<void> {
    const { trend_analysis_days: days, optimization_recommendations_enabled: advises } =
      this.config.settings;
    const bottlenecks = await this.reader.read((tx) => readBottlenecks(tx, days), TIMEOUT_MS);
    const suggestions = advises ? recommendationsOf(bottlenecks) : [];
    await this.database.transaction(async (tx) => {
      await rollUpPerformance(tx, [days]);
      await upsertBottlenecks(tx, [JSON.stringify(bottlenecks), JSON.stringify({ days })]);
      await upsertSuggestions(tx, [JSON.stringify(suggestions)]);
      await deleteOutdatedSuggestions(tx, [
        suggestions.map(({ recommendation_id }) => recommendation_id),
      ]);
      await deleteOldResults(tx, [ANSWERS, RESULTS_KEPT_DAYS]);
    });
  }
}
