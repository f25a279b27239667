import { Injectable } from '@nestjs/common';

import { Database, type Tx } from '#persistence';
import { decodeCursor, type Page, pageOf, type PageQuery } from '#platform/http';

import { DefinitionsService } from '../definitions/definitions.service.js';
import { type Fate, fatesOf } from './moves/fates.js';
import { ImpactReader } from './impact/impact-facts.service.js';
import type { InstanceFateView } from './moves/migration.dto.js';
import {
  type ChangeAsked,
  ModificationPlanner,
  namedInstances,
  type Plan,
} from './modification-plan.service.js';
import type { PreviewAnswer } from './modification-views.dto.js';
import { type OpenInstanceRow, readOpenInstances } from './moves/open-instances.queries.js';
import type { MigrationRehearsal } from './moves/rehearsal.js';

/** What a change would do. Nothing is written. */
@Injectable()
export class ModificationPreview {
  constructor(
    private readonly database: Database,
    private readonly definitions: DefinitionsService,
    private readonly planner: ModificationPlanner,
    private readonly impacts: ImpactReader,
  ) {}

  /** @param page of the open instances */
  async preview(asked: ChangeAsked, page: PageQuery): Promise<PreviewAnswer> {
    const { read } = this.database;
    const plan = await this.planner.plan(read, asked);
    return {
      workflow_id: plan.current.workflow_id,
      from_version: plan.current.version_number,
      sentences: plan.diff.sentences,
      changes: plan.diff.changes,
      new_definition: plan.after,
      instances: await this.byStep(read, plan),
      instance_fates: await this.oneByOne(read, plan, asked, page),
      unsound: [...plan.unsound, ...plan.stranded],
      impact_analysis: plan.impact,
    };
  }

  private async byStep(tx: Tx, { current, after, migration, positions }: Plan): Promise<Fate[]> {
    const versions = new Map([[current.version_number, current.definition]]);
    for (const { version_number } of positions) {
      if (versions.has(version_number)) continue;
      const stored = await this.definitions.readDefinition(tx, current.workflow_id, version_number);
      versions.set(version_number, stored.definition);
    }
    return fatesOf(positions, versions, after, migration.step_mapping);
  }

  private async oneByOne(
    tx: Tx,
    { current, after, migration }: Plan,
    asked: ChangeAsked,
    { limit, cursor }: PageQuery,
  ): Promise<Page<InstanceFateView>> {
    const [last] = cursor === undefined ? [null] : decodeCursor(cursor, ['uuid']);
    const rows = await readOpenInstances(tx, [current.workflow_id, last, limit + 1]);
    const versions = rows.map(({ version_number }) => version_number);
    const rehearsal =
      after && asked.apply_to !== 'new_instances'
        ? await this.impacts.rehearsal(tx, { current, after, migration }, versions)
        : null;
    return pageOf(
      rows,
      limit,
      ({ instance_id }) => [instance_id],
      (row) => fateOf(row, asked, rehearsal),
    );
  }
}

function fateOf(
  row: OpenInstanceRow,
  asked: ChangeAsked,
  rehearsal: MigrationRehearsal | null,
): InstanceFateView {
  const { workflow_instance_id, version_number } = row;
  const step_id = row.current_step?.step_id ?? null;
  const instance = { workflow_instance_id, version_number, step_id };
  if (rehearsal) {
    const { state: _, ...fate } = rehearsal.one(row);
    return { ...instance, ...fate };
  }
  const rest = { to_step_id: null, anew: false };
  if (bypasses(asked, row)) {
    const what_happens = `It leaves ${String(step_id)} as bypassed and goes on.`;
    return { ...instance, ...rest, fate: 'moves', what_happens };
  }
  const what_happens = `It stays on version ${version_number}.`;
  return { ...instance, ...rest, fate: 'stays', what_happens };
}

function bypasses(asked: ChangeAsked, row: OpenInstanceRow): boolean {
  const { modification_type, global_changes, step_modifications } = asked;
  const names = namedInstances(global_changes);
  return (
    modification_type === 'emergency_bypass' &&
    step_modifications.some(({ step_id }) => step_id === row.current_step?.step_id) &&
    (names?.includes(row.workflow_instance_id) ?? true)
  );
}
