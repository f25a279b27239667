import { Injectable, Logger } from '@nestjs/common';

import { DomainError, ValidationError } from '#engine/errors';
import { Jobs } from '#jobs';
import { afterCommit, Database, type Tx } from '#persistence';
import type { Principal } from '#platform/auth';
import { keepBody } from '#platform/http';
import { Timers } from '#runtime';

import { DefinitionsService } from '../definitions/definitions.service.js';
import { Canaries } from './canary/canary.service.js';
import { recordEffects } from './effects/effects.queries.js';
import type { RollbackRequest, RollbackStrategy } from './modification.dto.js';
import { readAnswer } from './modification-answer.js';
import { notFound } from './modification.errors.js';
import {
  findMakerOf,
  findModification,
  lockModification,
  markRollbackFailed,
  markRollbackScheduled,
  markRolledBack,
  type ModificationRow,
} from './modification.queries.js';
import type { ModificationAnswer } from './modification-views.dto.js';
import { ModificationNotices } from './notices/modification-notices.service.js';
import { rollbackTime } from './schedule.js';

const MS_A_SECOND = 1_000;

/** How, why and by whom a modification is taken back now. */
interface Rollback {
  strategy: Exclude<RollbackStrategy, 'scheduled'>;
  reason: string;
  by: string;
}

/** Takes modifications back: the former version is current again; its instances return, or finish where they are. */
@Injectable()
export class Rollbacks {
  private readonly logger = new Logger(Rollbacks.name);

  constructor(
    private readonly database: Database,
    private readonly definitions: DefinitionsService,
    private readonly timers: Timers,
    private readonly jobs: Jobs,
    private readonly canaries: Canaries,
    private readonly notices: ModificationNotices,
  ) {
    timers.onTimer('scheduled_modification', (tx, { payload }) => this.onTimer(tx, payload));
  }

  /**
   * At once, or at `scheduled_at` as `immediate`.
   * @throws ValidationError; DomainError modification_not_found, modification_not_reversible, workflow_inactive
   */
  async request(
    modification_id: string,
    request: RollbackRequest,
    principal: Principal,
  ): Promise<ModificationAnswer> {
    return this.database.transaction(async (tx) => {
      const row = await this.lock(tx, modification_id);
      await this.begin(tx, row, request, principal);
      return keepBody(tx, await readAnswer(tx, modification_id));
    });
  }

  private async begin(
    tx: Tx,
    row: ModificationRow,
    request: RollbackRequest,
    principal: Principal,
  ): Promise<void> {
    const { modification_id } = row;
    const strategy = request.strategy ?? row.rollback_strategy;
    const reason = request.reason === '' ? 'Rolled back by request.' : request.reason;
    const by = request.requested_by ?? principal.id;
    if (strategy !== 'scheduled') {
      refuseTime(request);
      return this.carryOut(tx, row, { strategy, reason, by });
    }
    const at = rollbackTime(request);
    await this.requireReversible(tx, row);
    await markRollbackScheduled(tx, [modification_id, reason, by, at]);
    await this.timers.schedule(tx, {
      kind: 'scheduled_modification',
      after_seconds: (at.getTime() - Date.now()) / MS_A_SECOND,
      payload: { modification_id },
    });
  }

  /** For the monitoring; where it can no longer be done, that is recorded with the modification. */
  async byItself(modification_id: string, reason: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const row = await this.lock(tx, modification_id);
      const trial = row.canary_percentage !== null;
      const strategy = row.rollback_strategy === 'graceful' && !trial ? 'graceful' : 'immediate';
      await this.carryOutOrRecord(tx, row, { strategy, reason, by: 'monitoring' });
    });
  }

  private async onTimer(tx: Tx, { modification_id }: Record<string, unknown>): Promise<void> {
    const row = await this.lock(tx, String(modification_id));
    if (row.rollback_status !== 'scheduled') return;
    const { rollback_reason, rolled_back_by } = row;
    await this.carryOutOrRecord(tx, row, {
      strategy: 'immediate',
      reason: rollback_reason ?? '',
      by: rolled_back_by ?? 'engine',
    });
  }

  private async carryOutOrRecord(tx: Tx, row: ModificationRow, rollback: Rollback): Promise<void> {
    const { modification_id } = row;
    const { reason } = rollback;
    try {
      await this.carryOut(tx, row, rollback);
      const trial = row.canary_percentage !== null;
      const message = trial
        ? `The modification ${modification_id} was tried, and stopped. ${reason}`
        : `The modification ${modification_id} was taken back. ${reason}`;
      await this.notices.tell(tx, row, trial ? 'canary_stopped' : 'rolled_back', message);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      this.logger.warn(`${modification_id} was not rolled back by itself: ${error.message}`);
      await markRollbackFailed(tx, [modification_id, `${reason} ${error.message}`]);
      const message = `The modification ${modification_id} was to be taken back and was not. ${reason} ${error.message}`;
      await this.notices.tell(tx, row, 'rollback_failed', message);
    }
  }

  private async carryOut(
    tx: Tx,
    row: ModificationRow,
    { strategy, reason, by }: Rollback,
  ): Promise<void> {
    await this.requireReversible(tx, row);
    const { modification_id, workflow_id, from_version } = row;
    if (row.canary_percentage === null) {
      await this.definitions.setCurrentVersion(tx, workflow_id, from_version);
    } else {
      await this.canaries.stop(tx, row);
    }
    const moves = strategy === 'immediate';
    await markRolledBack(tx, [modification_id, reason, by, moves]);
    await recordEffects(tx, [modification_id]);
    if (moves) afterCommit(tx, () => this.jobs.enqueue('modification.move', { modification_id }));
  }

  private async requireReversible(tx: Tx, row: ModificationRow): Promise<void> {
    const { modification_id, workflow_id, to_version, status } = row;
    const facts = { modification_id, modification_status: status };
    if (status !== 'applied') {
      const message = `The modification is ${status}; only one that is applied can be rolled back.`;
      throw new DomainError('modification_not_reversible', message, facts);
    }
    if (to_version === null) {
      const message =
        'An emergency bypass changed no definition; steps that were bypassed cannot be taken up again.';
      throw new DomainError('modification_not_reversible', message, facts);
    }
    // its version was never the current one
    if (row.canary_percentage !== null) return;
    const current = await this.definitions.readDefinition(tx, workflow_id);
    if (current.version_number !== to_version) {
      const later = current.version_number;
      const [maker] = await findMakerOf(tx, [workflow_id, later]);
      const by = maker ? `modification ${maker.modification_id}` : 'a published version';
      throw new DomainError(
        'modification_not_reversible',
        `Version ${later}, made by ${by}, is current, not version ${to_version}; take that back first.`,
        {
          ...facts,
          current_version: later,
          current_modification_id: maker?.modification_id ?? null,
        },
      );
    }
    if (!current.is_active) {
      throw new DomainError(
        'workflow_inactive',
        'The workflow is not active; activate it, or activate the version that you want.',
        { workflow_id },
      );
    }
  }

  /** The workflow first, then its modification: everybody locks in this order. */
  private async lock(tx: Tx, modification_id: string): Promise<ModificationRow> {
    const [found] = await findModification(tx, [modification_id]);
    if (!found) throw notFound(modification_id);
    await this.definitions.lock(tx, found.workflow_id);
    const [row] = await lockModification(tx, [modification_id]);
    if (!row) throw notFound(modification_id);
    return row;
  }
}

function refuseTime({ scheduled_at }: RollbackRequest): void {
  if (scheduled_at === undefined) return;
  const message = 'Only the strategy scheduled takes a time.';
  throw new ValidationError([{ pointer: '/scheduled_at', code: 'misplaced_field', message }]);
}
