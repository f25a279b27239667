import { Injectable } from '@nestjs/common';

import { Database, newId } from '#persistence';
import { AppConfig } from '#platform/config';

import type { Analysis } from './analysis.dto.js';
import { AnalysisReader, type Source } from './analysis-reader.js';
import { analysisOf, type Wanted } from './analysis.js';
import type { AnalyticsQuery } from './analytics.dto.js';
import { insertResult } from './analytics.queries.js';
import { AnswerCache } from './answer-cache.js';
import { readRecords } from './records.js';
import { ofPresentTenant } from '#platform/tenancy';

/** Their `analysis_type` in `analytics_results`. */
export const ANSWERS = 'advanced_analytics';

interface Analysed {
  analysis: Analysis;
  source: Source;
}

@Injectable()
export class AnalyticsService {
  private readonly cache = new AnswerCache<Analysis>();

  constructor(
    private readonly database: Database,
    private readonly reader: AnalysisReader,
    private readonly config: AppConfig,
  ) {}

  /** The analysis as asked for, at most a minute old; each new one is kept in `analytics_results`. */
  answer(query: AnalyticsQuery): Promise<Analysis> {
    const wanted: Wanted = {
      workflow_ids: query.workflow_ids ? [...new Set(query.workflow_ids)].sort() : null,
      days: query.date_range_days,
      depth: query.analysis_depth,
      predictions: query.include_predictions,
      recommendations: query.include_recommendations,
      trend_days: this.config.settings.trend_analysis_days,
    };
    return this.cache.get(ofPresentTenant(JSON.stringify(wanted)), async () => {
      const analysed = await this.analyse(wanted);
      await this.keep(wanted, analysed);
      return analysed.analysis;
    });
  }

  private analyse(wanted: Wanted): Promise<Analysed> {
    const { settings } = this.config;
    const predictions = wanted.predictions && settings.ml_prediction_enabled;
    return this.reader.read(async (tx, source) => {
      const records = await readRecords(tx, { ...wanted, predictions });
      return { analysis: analysisOf(records, wanted, settings, newId()), source };
    });
  }

  private async keep(wanted: Wanted, { analysis, source }: Analysed): Promise<void> {
    await insertResult(this.database.read, [
      analysis.analysis_id,
      ANSWERS,
      analysis.analysis_timestamp,
      analysis.workflows_analyzed,
      JSON.stringify(analysis),
      JSON.stringify({ ...wanted, source }),
    ]);
  }
}
