import { Injectable } from '@nestjs/common';

import { DomainError, ValidationError } from '#engine/errors';
import { Jobs } from '#jobs';
import { afterCommit, insertRows, newId, RollbackSnapshotEntity, type Tx } from '#persistence';

import { Canaries } from './canary/canary.service.js';
import { AppConfig } from '#platform/config';

import { DefinitionsService, type StoredDefinition } from '../definitions/definitions.service.js';
import { ModificationPlanner, type Plan } from './modification-plan.service.js';
import {
  askApproval,
  markApplied,
  migrationOfRow,
  type ModificationRow,
} from './modification.queries.js';
import { requireSound } from './impact/soundness-change.js';

/** Carries approved modifications out. */
@Injectable()
export class ModificationApplier {
  constructor(
    private readonly definitions: DefinitionsService,
    private readonly planner: ModificationPlanner,
    private readonly canaries: Canaries,
    private readonly jobs: Jobs,
    private readonly config: AppConfig,
  ) {}

  /**
   * Applies an approved modification whose workflow is locked: snapshot, new version, current version, in the caller's
   * transaction; instances follow by a job. The edit is worked out anew against the version that is current now, so
   * changes made since the request are kept; where it no longer fits them it is refused. Where its impact has grown
   * so that it needs an approval that nobody gave, it waits for one instead.
   * @throws DomainError modification_not_applicable, workflow_inactive
   */
  async apply(tx: Tx, row: ModificationRow, applied_by: string): Promise<void> {
    if (row.modification_type !== 'emergency_bypass') {
      await this.canaries.requireNone(tx, row.workflow_id);
    }
    const plan = await this.plan(tx, row);
    const { current, after, diff, impact } = plan;
    const { modification_id } = row;
    if (impact.approval_required && row.approval_status !== 'approved' && !row.emergency_change) {
      await askApproval(tx, [modification_id, impact.impact_level, JSON.stringify(impact)]);
      return;
    }
    const snapshot_id = after && (await this.snapshot(tx, modification_id, current));
    const to_version = after && (await this.publish(tx, row, plan));
    // also where none is to be moved yet: one may be starting on the former version
    const moves = !after || row.apply_to !== 'new_instances';
    await markApplied(tx, [
      modification_id,
      current.version_number,
      to_version,
      snapshot_id,
      JSON.stringify(diff),
      JSON.stringify(impact),
      applied_by,
      moves,
      row.canary !== null,
      row.emergency_change ? this.config.settings.emergency_review_hours : null,
    ]);
    if (row.canary) await this.canaries.begin(tx, row, row.canary);
    if (moves) afterCommit(tx, () => this.jobs.enqueue('modification.move', { modification_id }));
  }

  private async plan(tx: Tx, row: ModificationRow): Promise<Plan> {
    try {
      const plan = await this.planner.plan(tx, {
        ...row,
        ...row.modification_details,
        migration: migrationOfRow(row),
      });
      requireSound(plan, row.emergency_change);
      return plan;
    } catch (error) {
      if (!(error instanceof ValidationError)) throw error;
      throw new DomainError(
        'modification_not_applicable',
        `It no longer fits the workflow as it is now; reject it and send it anew. ${error.message}`,
        { modification_id: row.modification_id, from_version: row.from_version },
      );
    }
  }

  private async publish(tx: Tx, row: ModificationRow, { after }: Plan): Promise<number | null> {
    if (!after) return null;
    const { workflow_id, modification_id, requested_by } = row;
    const { version_number } = await this.definitions.publishVersion(tx, workflow_id, after, {
      created_by: requested_by,
      modification_id,
    });
    // while it is tried, new instances start as before
    if (!row.canary) await this.definitions.setCurrentVersion(tx, workflow_id, version_number);
    return version_number;
  }

  /** The whole definition as it stands, before anything is changed. */
  private async snapshot(
    tx: Tx,
    modification_id: string,
    { workflow_id, version_number, definition }: StoredDefinition,
  ): Promise<string> {
    const snapshot_id = newId();
    const { steps, routing_rules, approval_hierarchies, ...fields } = definition;
    await insertRows(tx, RollbackSnapshotEntity, [
      {
        snapshot_id,
        workflow_id,
        modification_id,
        snapshot_type: 'before_modification',
        workflow_definition: { ...fields, version_number },
        step_configurations: steps,
        routing_rules,
        approval_hierarchies,
      },
    ]);
    return snapshot_id;
  }
}
