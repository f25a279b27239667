import { setImmediate as letOthersRun } from 'node:timers/promises';

import { Injectable } from '@nestjs/common';

import { modelInput, trainDecisionModel } from '#engine/routing';
import { JobHandler, Jobs } from '#jobs';
import { Database, newId, type Tx } from '#persistence';
import { AppConfig } from '#platform/config';

import { findTrainable, insertModel, readLabelled, takeTrainable } from './models.queries.js';

/** The latest: what was right years ago may not be now, and training takes some 200 ms with so many. */
const MOST_CASES = 4_000;

/** Trains a model for each kind of decision that has enough cases, and a new one when enough have come to them. */
@Injectable()
export class ModelTrainer {
  constructor(
    private readonly database: Database,
    private readonly config: AppConfig,
    private readonly jobs: Jobs,
  ) {}

  /** Sets the training going where there is anything to train. */
  async wake(): Promise<void> {
    const { ml_prediction_enabled, ml_model_min_cases } = this.config.settings;
    if (!ml_prediction_enabled) return;
    const [trainable] = await findTrainable(this.database.read, [ml_model_min_cases]);
    if (trainable) await this.jobs.enqueue('routing.train', {}, { dedupe_key: 'models' });
  }

  @JobHandler('routing.train')
  async train(): Promise<void> {
    while (await this.database.transaction((tx) => this.trainOne(tx))) await letOthersRun();
  }

  /** Whether there was one to train. */
  private async trainOne(tx: Tx): Promise<boolean> {
    const [evidence] = await takeTrainable(tx, [this.config.settings.ml_model_min_cases]);
    if (!evidence) return false;
    const rows = await readLabelled(tx, [evidence.evidence_id, MOST_CASES]);
    const cases = rows
      .map(({ context_data, went_well }) => ({ input: modelInput(context_data), good: went_well }))
      .reverse();
    const { model, calibration, is_better } = trainDecisionModel(cases);
    const columns = {
      is_better,
      cases_trained: model.cases,
      cases_held_out: calibration.cases,
      first_decision_at: rows.at(-1)?.routing_timestamp,
      last_decision_at: rows[0]?.routing_timestamp,
      model,
      calibration,
    };
    await insertModel(tx, [newId(), evidence.evidence_id, JSON.stringify(columns)]);
    return true;
  }
}
