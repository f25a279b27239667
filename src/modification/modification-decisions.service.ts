import { Injectable, Logger } from '@nestjs/common';

import { DomainError } from '#engine/errors';
import { Database, type Tx } from '#persistence';
import { type Principal, speaksForOthers } from '#platform/auth';
import { AppConfig } from '#platform/config';
import { keepBody } from '#platform/http';
import { Timers } from '#runtime';

import { DefinitionsService } from '../definitions/definitions.service.js';
import { addApproval, countApprovals, markReviewed, recordError } from './decisions.queries.js';
import type {
  ApplyModificationRequest,
  DecideModificationRequest,
  ReviewModificationRequest,
} from './modification.dto.js';
import { notFound, notPending } from './modification.errors.js';
import {
  decideModification,
  findModification,
  lockModification,
  type ModificationRow,
} from './modification.queries.js';
import { readAnswer } from './modification-answer.js';
import { ModificationApplier } from './modification-apply.service.js';
import type { ModificationAnswer } from './modification-views.dto.js';
import { ModificationNotices } from './notices/modification-notices.service.js';

const MS_A_SECOND = 1_000;

/** What people decide about modifications: approval, application, review of what passed as an emergency. */
@Injectable()
export class ModificationDecisions {
  private readonly logger = new Logger(ModificationDecisions.name);

  constructor(
    private readonly database: Database,
    private readonly config: AppConfig,
    private readonly definitions: DefinitionsService,
    private readonly applier: ModificationApplier,
    private readonly notices: ModificationNotices,
    private readonly timers: Timers,
  ) {
    timers.onTimer('scheduled_application', (tx, { payload }) => this.onTimer(tx, payload));
  }

  /**
   * One approval; the last of MODIFICATION_APPROVALS_REQUIRED, each by somebody else, lets it pass.
   * @throws DomainError modification_not_found, modification_not_pending, own_approval, modification_not_applicable
   */
  approve(
    modification_id: string,
    { approved_by, comments }: DecideModificationRequest,
    principal: Principal,
  ): Promise<ModificationAnswer> {
    const by = personOf(approved_by, principal);
    return this.changed(modification_id, async (tx, row) => {
      if (row.status !== 'pending_approval') throw notPending(row);
      requireOther(row, by, 'approve it');
      const [added] = await addApproval(tx, [modification_id, by, comments]);
      if (!added) {
        throw new DomainError(
          'own_approval',
          `${by} has approved it already; somebody else has to.`,
          {
            modification_id,
            approved_by: by,
          },
        );
      }
      const [{ approvals } = { approvals: 0 }] = await countApprovals(tx, [modification_id]);
      if (approvals < this.config.settings.modification_approvals_required) return;
      await decideModification(tx, [modification_id, 'approved', by, comments]);
      await this.onceApproved(tx, await locked(tx, modification_id), by);
    });
  }

  /** Also withdraws one that is approved and not yet applied. @throws DomainError modification_not_found, modification_not_pending */
  reject(
    modification_id: string,
    { approved_by, comments }: DecideModificationRequest,
    principal: Principal,
  ): Promise<ModificationAnswer> {
    const by = personOf(approved_by, principal);
    return this.changed(modification_id, async (tx, row) => {
      const [decided] = await decideModification(tx, [modification_id, 'rejected', by, comments]);
      if (!decided) throw notPending(row);
    });
  }

  /** Also before its time. @throws DomainError modification_not_found, modification_not_pending, modification_not_applicable */
  apply(
    modification_id: string,
    { applied_by }: ApplyModificationRequest,
    principal: Principal,
  ): Promise<ModificationAnswer> {
    return this.changed(modification_id, async (tx, row) => {
      if (row.status !== 'approved') throw notPending(row);
      await this.applier.apply(tx, row, personOf(applied_by, principal));
    });
  }

  /** @throws DomainError modification_not_found, modification_not_pending, own_approval */
  review(
    modification_id: string,
    { reviewed_by, verdict, comments }: ReviewModificationRequest,
    principal: Principal,
  ): Promise<ModificationAnswer> {
    const by = personOf(reviewed_by, principal);
    return this.changed(modification_id, async (tx, row) => {
      requireOther(row, by, 'review it');
      const [reviewed] = await markReviewed(tx, [modification_id, verdict, by, comments]);
      if (reviewed) return;
      throw new DomainError(
        'modification_not_pending',
        'Only what has passed as an emergency is reviewed, and once.',
        { modification_id, modification_status: row.status },
      );
    });
  }

  /** Applies it now or at its time, where it says so. @param by who let it pass */
  async onceApproved(tx: Tx, row: ModificationRow, by: string): Promise<void> {
    const { modification_id, scheduled_execution_time: at } = row;
    const wait_ms = at ? at.getTime() - Date.now() : 0;
    if (wait_ms > 0) {
      await this.timers.schedule(tx, {
        kind: 'scheduled_application',
        after_seconds: wait_ms / MS_A_SECOND,
        payload: { modification_id, by },
      });
    } else if (at || row.modification_details.auto_apply) {
      await this.applier.apply(tx, row, by);
    }
  }

  private async onTimer(tx: Tx, payload: Record<string, unknown>): Promise<void> {
    const modification_id = String(payload['modification_id']);
    const row = await this.lock(tx, modification_id);
    if (row.status !== 'approved') return;
    try {
      await this.applier.apply(tx, row, String(payload['by']));
      const { status } = await locked(tx, modification_id);
      if (status !== 'pending_approval') return;
      const message = `The modification ${modification_id} was to be applied now; its impact has grown, and somebody has to approve it.`;
      await this.notices.tell(tx, row, 'approval_needed', message);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      this.logger.warn(`${modification_id} was not applied at its time: ${error.message}`);
      await recordError(tx, [modification_id, error.message]);
      const message = `The modification ${modification_id} was not applied at its time. ${error.message}`;
      await this.notices.tell(tx, row, 'application_failed', message);
    }
  }

  private changed(
    modification_id: string,
    change: (tx: Tx, row: ModificationRow) => Promise<void>,
  ): Promise<ModificationAnswer> {
    return this.database.transaction(async (tx) => {
      await change(tx, await this.lock(tx, modification_id));
      return keepBody(tx, await readAnswer(tx, modification_id));
    });
  }

  /** The workflow first, then its modification: everybody locks in this order. */
  private async lock(tx: Tx, modification_id: string): Promise<ModificationRow> {
    const [found] = await findModification(tx, [modification_id]);
    if (!found) throw notFound(modification_id);
    await this.definitions.lock(tx, found.workflow_id);
    return locked(tx, modification_id);
  }
}

/** As whom a caller acts: programs that people use say for whom. */
function personOf(said: string | undefined, principal: Principal): string {
  return speaksForOthers(principal) ? (said ?? principal.id) : principal.id;
}

/** @throws DomainError own_approval */
function requireOther(row: ModificationRow, by: string, what: string): void {
  const { modification_id, requested_by, proposed_by } = row;
  if (![requested_by, proposed_by ?? requested_by].some((one) => samePerson(one, by))) return;
  const message = `Who asked for a modification cannot ${what}; somebody else has to.`;
  throw new DomainError('own_approval', message, { modification_id, requested_by });
}

function samePerson(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase();
}

async function locked(tx: Tx, modification_id: string): Promise<ModificationRow> {
  const [row] = await lockModification(tx, [modification_id]);
  if (!row) throw notFound(modification_id);
  return row;
}
