import { Injectable } from '@nestjs/common';

import {
  compileCondition,
  type DefinitionDiff,
  entryExpression,
  type ImpactAnalysis,
  impactOf,
  type WorkflowDefinition,
} from '#engine/definition';
import type { Finding } from '#engine/soundness';
import type { Tx } from '#persistence';
import { AppConfig } from '#platform/config';

import {
  DefinitionsService,
  type StoredDefinition,
} from '../../definitions/definitions.service.js';
import type { Position } from '../moves/fates.js';
import { readLacking, readMoveSpeed, readStepHistory } from './impact.queries.js';
import type { Migration } from '../moves/migration-plan.js';
import { MigrationRehearsal, type PositionSample, type Rehearsal } from '../moves/rehearsal.js';

const OF_THE_ENGINE: ReadonlySet<string> = new Set(['outcome', 'step', 'user', 'system']);

/** A change as far as it is worked out. */
export interface PlannedChange {
  current: StoredDefinition;
  after: WorkflowDefinition;
  diff: DefinitionDiff;
  /** With the nearest deadline of each. */
  positions: readonly (Position & { nearest_deadline: Date | null })[];
  migration: Migration;
  /** One instance of each position that moves. */
  samples: readonly PositionSample[];
  /** Steps that an emergency bypass takes instances past. */
  bypassed: readonly string[];
  unsound: readonly string[];
  conflicts: readonly string[];
}

/** The impact of a change, from what runs and what is recorded. */
@Injectable()
export class ImpactReader {
  constructor(
    private readonly definitions: DefinitionsService,
    private readonly config: AppConfig,
  ) {}

  /** With the positions from which instances that are moved would have no way to the end. */
  async impact(
    tx: Tx,
    change: PlannedChange,
  ): Promise<{ impact: ImpactAnalysis; stranded: Finding[] }> {
    const { current, after, diff, positions, bypassed } = change;
    const { workflow_id, definition: before } = current;
    const { settings } = this.config;
    const { approval_required_for_high_impact, trend_analysis_days } = settings;
    const moving = positions.some((position) => position.moving > 0);
    const moves = moving && bypassed.length === 0;
    const { redone, risks, stranded } = moves
      ? await this.rehearsed(tx, change)
      : { redone: [], risks: [], stranded: [] };
    const [measured] = await readMoveSpeed(tx, [workflow_id]);
    const touched = [...touchedSteps(diff, bypassed), ...redone.map(({ step_id }) => step_id)];
    const deadlines = positions.flatMap(({ nearest_deadline, ...position }) =>
      nearest_deadline && position.moving > 0 ? [nearest_deadline.toISOString()] : [],
    );
    const given = change.migration.values;
    const fields = moves
      ? newlyRead(before, after).filter((field) => !Object.hasOwn(given, field))
      : [];
    const impact = impactOf({
      before,
      after,
      changes: diff.changes,
      bypassed,
      step_mapping: change.migration.step_mapping,
      positions,
      nearest_deadline: deadlines.sort()[0] ?? null,
      redone,
      lacking: fields.length > 0 ? await readLacking(tx, [workflow_id, fields]) : [],
      history: await readStepHistory(tx, [workflow_id, [...new Set(touched)], trend_analysis_days]),
      history_days: trend_analysis_days,
      unsound: [...change.unsound, ...risks, ...stranded.map(({ message }) => message)],
      conflicts: change.conflicts,
      measured: measured ?? null,
      now: Date.now(),
      thresholds: {
        medium_instances: settings.impact_medium_instances,
        high_instances: settings.impact_high_instances,
        critical_instances: settings.impact_critical_instances,
        medium_step_cases: settings.impact_medium_step_cases,
      },
      approval_required_for_high_impact,
    });
    return { impact, stranded };
  }

  private async rehearsed(tx: Tx, change: PlannedChange): Promise<Rehearsal> {
    const { samples } = change;
    const versions = samples.map(({ version_number }) => version_number);
    return (await this.rehearsal(tx, change, versions)).all(samples);
  }

  /** What happens to instances, tried out. */
  async rehearsal(
    tx: Tx,
    {
      current,
      after,
      migration,
    }: Pick<PlannedChange, 'current' | 'migration'> & {
      after: WorkflowDefinition;
    },
    version_numbers: readonly number[],
  ): Promise<MigrationRehearsal> {
    const { workflow_id, version_number, definition } = current;
    const versions = new Map([[version_number, definition]]);
    for (const version of version_numbers) {
      if (versions.has(version)) continue;
      const stored = await this.definitions.readDefinition(tx, workflow_id, version);
      versions.set(version, stored.definition);
    }
    return new MigrationRehearsal(versions, after, migration, Date.now());
  }
}

/** Steps that were there before and are changed, removed or bypassed. */
function touchedSteps({ changes }: DefinitionDiff, bypassed: readonly string[]): string[] {
  return [
    ...bypassed,
    ...changes.flatMap((change) => {
      if (change.kind === 'step_removed') return [change.step.step_id];
      return change.kind === 'step_changed' ? [change.step_id] : [];
    }),
  ];
}

/** Fields of the data that conditions of the new definition read and none of the old one did. */
function newlyRead(before: WorkflowDefinition, after: WorkflowDefinition): string[] {
  const known = fieldsRead(before);
  return [...fieldsRead(after)].filter((field) => !known.has(field));
}

function fieldsRead({
  steps,
  routing_rules,
  approval_hierarchies,
}: WorkflowDefinition): Set<string> {
  const conditions = [
    ...routing_rules.map((rule) => rule.condition_expression),
    ...approval_hierarchies.flatMap((level) => level.bypass_conditions),
    ...steps.flatMap((step) => entryExpression(step) ?? []),
  ];
  const roots = conditions.flatMap((source) =>
    compileCondition(source).variables.map((name) => name.split('.')[0] ?? ''),
  );
  return new Set(roots.filter((root) => root !== '' && !OF_THE_ENGINE.has(root)));
}
