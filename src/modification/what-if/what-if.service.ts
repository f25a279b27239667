import { Injectable } from '@nestjs/common';

import { compileDefinition, type WorkflowDefinition } from '#engine/definition';
import { DomainError, ValidationError } from '#engine/errors';
import { type Forecast, forecastOf, type RecordedCase, Replay, seeded } from '#engine/simulation';
import { Database } from '#persistence';
import { AppConfig } from '#platform/config';

import { type ChangeAsked, ModificationPlanner } from '../modification-plan.service.js';
import type { WhatIfAnswer } from './what-if.dto.js';
import { readRecordedCases } from './what-if.queries.js';

/** Fewer say too little of the times of a step. */
const FEWEST_CASES = 20;
/** Some tenths of a second of the process. */
const MOST_CASES = 500;

/** Recorded instances, run through a definition as it is and as a change would make it. Nothing is written. */
@Injectable()
export class WhatIf {
  constructor(
    private readonly database: Database,
    private readonly planner: ModificationPlanner,
    private readonly config: AppConfig,
  ) {}

  /** @throws ValidationError; DomainError workflow_not_found, workflow_inactive, history_too_short */
  async answer(asked: ChangeAsked, seed: number): Promise<WhatIfAnswer> {
    const { read } = this.database;
    const { current, after, diff } = await this.planner.plan(read, asked);
    if (!after) {
      const message = 'An emergency bypass changes no definition; there is nothing to compare.';
      const pointer = '/workflow_modification/modification_type';
      throw new ValidationError([{ pointer, code: 'misplaced_bypass', message }]);
    }
    const { workflow_id, version_number, definition } = current;
    const { trend_analysis_days: days } = this.config.settings;
    const cases = await readRecordedCases(read, [workflow_id, days, MOST_CASES]);
    if (cases.length < FEWEST_CASES) {
      throw new DomainError(
        'history_too_short',
        `${cases.length} instances have ended in the last ${days} days; from ${FEWEST_CASES} on it can be said how a change would do.`,
        { workflow_id, instances: cases.length },
      );
    }
    const was = forecast(definition, cases, seed);
    const would = forecast(after, cases, seed);
    return {
      workflow_id,
      from_version: version_number,
      sentences: diff.sentences,
      instances: cases.length,
      history_days: days,
      recorded_cycle_minutes:
        cases.reduce((sum, { cycle_minutes }) => sum + cycle_minutes, 0) / cases.length,
      before: was.forecast,
      after: would.forecast,
      assumptions: [
        'Each instance is run with the data, the times and the outcomes that were recorded of it; where it never came to a step, with those of another.',
        'Waiting is as it was recorded: load that moves from one step to another is not seen.',
        ...would.unknown.map(
          (step_id) => `${step_id} was never done; its estimated time is taken.`,
        ),
        ...treesOf(after),
      ],
      seed,
    };
  }
}

function forecast(
  definition: WorkflowDefinition,
  cases: readonly RecordedCase[],
  seed: number,
): { forecast: Forecast; unknown: string[] } {
  const random = seeded(seed);
  const compiled = compileDefinition({ workflow_id: '', version_number: 0 }, definition);
  const replay = new Replay(compiled, cases, random);
  const replayed = cases.map((one) => replay.run(one));
  return { forecast: forecastOf(replayed, random), unknown: replay.unknownSteps() };
}

function treesOf({ steps }: WorkflowDefinition): string[] {
  return steps.flatMap(({ step_id, decision_tree_id }) =>
    decision_tree_id === null
      ? []
      : [`The decision tree at ${step_id} is not asked: its instances go on by the rules.`],
  );
}
