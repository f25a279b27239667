import { Injectable } from '@nestjs/common';

import { DomainError } from '#engine/errors';
import { Jobs } from '#jobs';
import { afterCommit, Database, type Tx } from '#persistence';
import type { Principal } from '#platform/auth';
import { keepBody } from '#platform/http';

import { DefinitionsService } from '../../definitions/definitions.service.js';
import { readAnswer } from '../modification-answer.js';
import { notFound } from '../modification.errors.js';
import {
  findModification,
  lockModification,
  type ModificationRow,
} from '../modification.queries.js';
import type { ModificationAnswer } from '../modification-views.dto.js';
import { markReapplied, setMoveStatus } from './rounds.queries.js';

/** Moves of instances as operators steer them: paused, resumed, and there again after a roll-back. */
@Injectable()
export class ModificationMoves {
  constructor(
    private readonly database: Database,
    private readonly definitions: DefinitionsService,
    private readonly jobs: Jobs,
  ) {}

  /** The batch under way is finished. @throws DomainError modification_not_found, modification_not_pending */
  pause(modification_id: string): Promise<ModificationAnswer> {
    return this.changed(modification_id, async (tx, row) => {
      const [paused] = await setMoveStatus(tx, [modification_id, 'in_progress', 'paused']);
      if (!paused) throw notMoving(row, 'None of its moves is under way');
    });
  }

  /** @throws DomainError modification_not_found, modification_not_pending */
  resume(modification_id: string): Promise<ModificationAnswer> {
    return this.changed(modification_id, async (tx, row) => {
      const [resumed] = await setMoveStatus(tx, [modification_id, 'paused', 'in_progress']);
      if (!resumed) throw notMoving(row, 'None of its moves is paused');
      this.moveSoon(tx, modification_id);
    });
  }

  /**
   * Rolls a roll-back back: the version is current again, and instances that the roll-back took away return to it; those
   * that nothing has happened to since to what they were.
   * @throws DomainError modification_not_found, modification_not_reversible, workflow_inactive
   */
  reapply(modification_id: string, principal: Principal): Promise<ModificationAnswer> {
    return this.changed(modification_id, async (tx, row) => {
      const { status, workflow_id, from_version, to_version } = row;
      const refused = (message: string): DomainError =>
        new DomainError('modification_not_reversible', message, { modification_id, status });
      if (status !== 'rolled_back' || to_version === null) {
        throw refused(
          `The modification is ${status}; only one that is rolled back is applied again.`,
        );
      }
      const current = await this.definitions.readDefinition(tx, workflow_id);
      if (current.version_number !== from_version) {
        const later = current.version_number;
        throw refused(`Version ${later} is current, not version ${from_version}; send it anew.`);
      }
      if (!current.is_active) {
        const message = 'The workflow is not active; activate it first.';
        throw new DomainError('workflow_inactive', message, { workflow_id });
      }
      await this.definitions.setCurrentVersion(tx, workflow_id, to_version);
      const [again] = await markReapplied(tx, [modification_id, principal.id]);
      if (again?.moves) this.moveSoon(tx, modification_id);
    });
  }

  private moveSoon(tx: Tx, modification_id: string): void {
    afterCommit(tx, () => this.jobs.enqueue('modification.move', { modification_id }));
  }

  /** The workflow first, then its modification: everybody locks in this order. */
  private changed(
    modification_id: string,
    change: (tx: Tx, row: ModificationRow) => Promise<void>,
  ): Promise<ModificationAnswer> {
    return this.database.transaction(async (tx) => {
      const [found] = await findModification(tx, [modification_id]);
      if (!found) throw notFound(modification_id);
      await this.definitions.lock(tx, found.workflow_id);
      const [row] = await lockModification(tx, [modification_id]);
      if (!row) throw notFound(modification_id);
      await change(tx, row);
      return keepBody(tx, await readAnswer(tx, modification_id));
    });
  }
}

function notMoving({ modification_id, status }: ModificationRow, why: string): DomainError {
  return new DomainError('modification_not_pending', `${why}; read its status.`, {
    modification_id,
    modification_status: status,
  });
}
