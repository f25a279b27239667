import { Injectable } from '@nestjs/common';

import { DomainError, type Fault, ValidationError } from '#engine/errors';
import {
  ChangeRequestEntity,
  Database,
  insertRows,
  newId,
  RuntimeModificationEntity,
  type Tx,
} from '#persistence';
import { type Principal, type ProductRole, speaksForOthers } from '#platform/auth';
import { AppConfig } from '#platform/config';
import { decodeCursor, keepAnswer, type Page, pageOf, type PageQuery } from '#platform/http';

import { DefinitionsService } from '../definitions/definitions.service.js';
import { canaryFaults, canaryOf } from './canary/canary-state.js';
import { conditionFaults } from './monitoring/breaches.js';
import { migrationFaults, migrationOf } from './moves/migration-check.js';
import type { Migration } from './moves/migration-plan.js';
import { scheduleFaults } from './schedule.js';
import type { ListModificationsQuery, ModifyRequest } from './modification.dto.js';
import { exists, notFound, unlessTaken } from './modification.errors.js';
import {
  findModification,
  listModifications,
  lockModification,
  type ModificationRow,
} from './modification.queries.js';
import { readAnswer, statusOf, summaryOf } from './modification-answer.js';
import { ModificationDecisions } from './modification-decisions.service.js';
import { type ChangeAsked, ModificationPlanner, type Plan } from './modification-plan.service.js';
import { ModificationPreview } from './preview.service.js';
import { requireSound } from './impact/soundness-change.js';
import type { WhatIfAnswer, WhatIfRequest } from './what-if/what-if.dto.js';
import { WhatIf } from './what-if/what-if.service.js';
import type {
  ModificationAnswer,
  ModificationSummary,
  PreviewAnswer,
} from './modification-views.dto.js';

/** Who steers what runs; others propose. */
const MAY_IN_EMERGENCY: readonly ProductRole[] = ['operator', 'admin'];

/** Modifications as clients ask for them and read them. */
@Injectable()
export class ModificationsService {
  constructor(
    private readonly database: Database,
    private readonly config: AppConfig,
    private readonly definitions: DefinitionsService,
    private readonly planner: ModificationPlanner,
    private readonly previews: ModificationPreview,
    private readonly decisions: ModificationDecisions,
    private readonly whatIfs: WhatIf,
  ) {}

  /**
   * Stores a modification with its impact; applies it at once where it asks for that and needs no approval.
   * @throws ValidationError; DomainError workflow_not_found, workflow_inactive, modification_exists, emergency_disabled,
   *   precondition_failed
   */
  async modify(
    request: ModifyRequest,
    ifMatch: string | undefined,
    principal: Principal,
  ): Promise<ModificationAnswer> {
    this.requireAllowed(request, principal);
    return this.database.transaction(async (tx) => {
      const { workflow_id, modification_id: id } = request.workflow_modification;
      await this.definitions.lock(tx, workflow_id);
      // both before the plan: who sends it twice, or on an old state, should not hear of faults that this makes
      if (id !== null && (await findModification(tx, [id])).length > 0) throw exists(id);
      const current = await this.definitions.readDefinition(tx, workflow_id);
      this.definitions.requireMatch(ifMatch, current);
      const plan = await this.planner.plan(tx, askedBy(request));
      requireSound(plan, request.workflow_modification.emergency_change);
      const row = await this.store(tx, request, plan, principal);
      if (row.status === 'approved') await this.decisions.onceApproved(tx, row, principal.id);
      const answer = await readAnswer(tx, row.modification_id);
      await keepAnswer(tx, { body: answer, status: statusOf(answer) });
      return answer;
    });
  }

  /** What `modify` would do. Nothing is written. @throws as `modify` */
  async preview(
    request: ModifyRequest,
    page: PageQuery,
    principal: Principal,
  ): Promise<PreviewAnswer> {
    this.requireAllowed(request, principal);
    return this.previews.preview(askedBy(request), page);
  }

  /** How recorded instances would have fared. Nothing is written. @throws as `WhatIf.answer` */
  async whatIf(request: WhatIfRequest, principal: Principal): Promise<WhatIfAnswer> {
    this.requireAllowed(request, principal);
    return this.whatIfs.answer(askedBy(request), request.seed);
  }

  /** @throws DomainError modification_not_found */
  read(modification_id: string): Promise<ModificationAnswer> {
    return readAnswer(this.database.read, modification_id);
  }

  async list(query: ListModificationsQuery): Promise<Page<ModificationSummary>> {
    const { workflow_id, status, review, limit, cursor } = query;
    const [time, id] = cursor === undefined ? [null, null] : decodeCursor(cursor, ['time', 'text']);
    const rows = await listModifications(this.database.read, [
      workflow_id ?? null,
      status ?? null,
      review ?? null,
      time,
      id,
      limit + 1,
    ]);
    return pageOf(
      rows,
      limit,
      (row) => [row.created_at.toISOString(), row.modification_id],
      summaryOf,
    );
  }

  /** @throws ValidationError; DomainError emergency_disabled */
  private requireAllowed(request: ModifyRequest, principal: Principal): void {
    const { workflow_modification, auto_rollback_conditions, apply_to, migration, canary } =
      request;
    const { emergency_change, approval_override, modification_type } = workflow_modification;
    const faults: Fault[] = [
      ...conditionFaults(auto_rollback_conditions),
      ...migrationFaults(migration, apply_to, modification_type),
      ...canaryFaults(canary, apply_to),
      ...scheduleFaults(request),
    ];
    if (approval_override && !emergency_change) {
      faults.push({
        pointer: '/workflow_modification/approval_override',
        code: 'misplaced_field',
        message: 'Only an emergency change overrides approval: send emergency_change with it.',
      });
    }
    if (faults.length > 0) throw new ValidationError(faults);
    if (emergency_change && !this.config.settings.emergency_modification_enabled) {
      throw new DomainError(
        'emergency_disabled',
        'Emergency changes are switched off here (EMERGENCY_MODIFICATION_ENABLED); send it as a usual one.',
      );
    }
    if (emergency_change && !principal.roles.some((role) => MAY_IN_EMERGENCY.includes(role))) {
      throw new DomainError(
        'forbidden',
        `An emergency change is for ${MAY_IN_EMERGENCY.join(' and ')}; send it as a usual one.`,
      );
    }
  }

  private async store(
    tx: Tx,
    request: ModifyRequest,
    plan: Plan,
    principal: Principal,
  ): Promise<ModificationRow> {
    const { step_modifications, global_changes, ...asked } = request.workflow_modification;
    const { auto_apply, impact_analysis_required, auto_rollback_conditions } = request;
    const { workflow_id } = plan.current;
    const modification_id = asked.modification_id ?? newId();
    const waits = plan.impact.approval_required && !asked.emergency_change;
    const approval_status = waits ? 'pending' : 'not_required';
    await unlessTaken(modification_id, () =>
      insertRows(tx, RuntimeModificationEntity, [
        {
          modification_id,
          request_id: newId(),
          workflow_id,
          modification_type: asked.modification_type,
          status: waits ? 'pending_approval' : 'approved',
          approval_status,
          requested_by: asked.requested_by,
          proposed_by: speaksForOthers(principal) ? asked.requested_by : principal.id,
          reason: asked.reason,
          emergency_change: asked.emergency_change,
          approval_override: asked.approval_override,
          modification_details: {
            step_modifications: step_modifications.map((modification) => ({ ...modification })),
            global_changes,
            auto_apply,
            impact_analysis_required,
          },
          impact_analysis: { ...plan.impact },
          definition_diff: { ...plan.diff },
          from_version: plan.current.version_number,
          apply_to: request.apply_to,
          step_mapping: { ...plan.migration.step_mapping },
          migration: movesOf(plan.migration),
          canary: request.canary && { ...canaryOf(request.canary) },
          rollback_strategy: request.rollback_strategy,
          monitoring_duration_minutes: request.monitoring_duration_minutes,
          auto_rollback_conditions,
        },
      ]),
    );
    await insertRows(tx, ChangeRequestEntity, [
      {
        change_request_id: newId(),
        modification_id,
        workflow_id,
        change_type: asked.modification_type,
        impact_level: plan.impact.impact_level,
        approval_status,
        requested_by: asked.requested_by,
        scheduled_execution_time:
          request.scheduled_at === null ? null : new Date(request.scheduled_at),
        auto_rollback_conditions,
      },
    ]);
    const [row] = await lockModification(tx, [modification_id]);
    if (!row) throw notFound(modification_id);
    return row;
  }
}

function askedBy({ workflow_modification, apply_to, migration }: ModifyRequest): ChangeAsked {
  const { workflow_id, modification_type, step_modifications, global_changes } =
    workflow_modification;
  return {
    workflow_id,
    modification_type,
    step_modifications,
    global_changes,
    apply_to,
    migration: migrationOf(migration, modification_type),
  };
}

function movesOf({ step_mapping: _, ...migration }: Migration): Record<string, unknown> {
  return migration;
}
