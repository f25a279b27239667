import { setImmediate as others } from 'node:timers/promises';

import { Injectable } from '@nestjs/common';

import { WorkingTime } from '#engine/calendar';
import { compileDefinition, withoutForms, type WorkflowDefinition } from '#engine/definition';
import { DomainError, ValidationError } from '#engine/errors';
import { Comparison, type Compared, type RecordedCase, type Subject } from '#engine/simulation';
import { Database, type Tx } from '#persistence';
import { AppConfig } from '#platform/config';
import { InstanceMoves, routingOverride, TreeStore } from '#runtime';

import { type ChangeAsked, ModificationPlanner } from '../modification-plan.service.js';
import { assumptionsOf } from './assumptions.js';
import type { WhatIfAnswer } from './what-if.dto.js';
import { readDefaultCalendar, readRecordedCases } from './what-if.queries.js';

/** Fewer say too little of the times of a step. */
const FEWEST_CASES = 20;
/** Of more, the latest; the first of them are then its load only. */
const MOST_CASES = 1_000;
const WARM_UP = 0.2;
/** Some tens of milliseconds of the process; then others have their turn. */
const EVENTS_AT_ONCE = 1_000;

/** A workflow as it is and as a change would make it, simulated on what was recorded of it. Nothing is written. */
@Injectable()
export class WhatIf {
  constructor(
    private readonly database: Database,
    private readonly planner: ModificationPlanner,
    private readonly moves: InstanceMoves,
    private readonly trees: TreeStore,
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
    const cases = await this.cases(read, workflow_id, days);
    const subjects = {
      before: await this.subject(read, workflow_id, definition),
      after: await this.subject(read, workflow_id, after),
    };
    const compared = await compare(new Comparison(subjects, cases, seed));
    const cycles = cases.flatMap(({ counted, cancelled_after, cycle_minutes }) =>
      counted && cancelled_after === null && cycle_minutes !== null ? [cycle_minutes] : [],
    );
    const recorded_cycle_minutes = cycles.reduce((sum, one) => sum + one, 0) / cycles.length;
    const { before, after: would, difference, instances, replications, waiting } = compared;
    const overrides = subjects.after.overrides.length;
    return {
      workflow_id,
      from_version: version_number,
      sentences: diff.sentences,
      instances,
      history_days: days,
      recorded_cycle_minutes,
      before,
      after: would,
      difference,
      waiting: waiting.map(({ task: { step_id, level }, ...how }) => ({ step_id, level, ...how })),
      replications,
      assumptions: assumptionsOf({ compared, after, overrides, recorded_cycle_minutes }),
      seed,
    };
  }

  /** In the order of their arrival. @throws DomainError history_too_short */
  private async cases(tx: Tx, workflow_id: string, days: number): Promise<RecordedCase[]> {
    const rows = (await readRecordedCases(tx, [workflow_id, days, MOST_CASES])).reverse();
    const first = rows.length < MOST_CASES ? 0 : Math.floor(WARM_UP * rows.length);
    const cases = rows.map((row, index) => ({ ...row, counted: row.counted && index >= first }));
    const { length: ended } = cases.filter(({ counted, ended }) => counted && ended);
    if (ended >= FEWEST_CASES) return cases;
    throw new DomainError(
      'history_too_short',
      `Of the instances that were started in the last ${days} days, ${ended} have ended; from ${FEWEST_CASES} on it can be said how a change would do.`,
      { workflow_id, instances: ended },
    );
  }

  private async subject(
    tx: Tx,
    workflow_id: string,
    definition: WorkflowDefinition,
  ): Promise<Subject> {
    const compiled = withoutForms(
      compileDefinition({ workflow_id, version_number: 0 }, definition),
    );
    const facts = (await this.moves.startFacts(tx, [workflow_id])).get(workflow_id);
    const [calendar] = await readDefaultCalendar(tx, []);
    return {
      definition: compiled,
      trees: await this.trees.load(tx, compiled),
      overrides: (facts?.overrides ?? []).map(routingOverride),
      clock: calendar ? new WorkingTime(calendar) : null,
    };
  }
}

async function compare(comparison: Comparison): Promise<Compared> {
  while (!comparison.advance(EVENTS_AT_ONCE)) await others();
  return comparison.result;
}
