import { Injectable } from '@nestjs/common';
import { DomainError, type Fault, ValidationError } from '#engine/errors';
import { Database, newId, type PersonEntity, type Tx } from '#persistence';
import { type Principal, speaksForOthers } from '#platform/auth';
import {
  type AbsenceRow,
  endAbsence,
  findSubstituted,
  insertAbsence,
  listAbsences,
  lockAbsence,
} from './absences.queries.js';
import { Directory } from './directory.service.js';

export interface NewAbsence {
  /** An external id or a subject; null: the caller. */
  person: string | null;
  substitute: string;
  from: Date;
  to: Date;
  reason: string;
}

/** Who acts for whom, when: told by the absent person themselves, or by who speaks for others. */
@Injectable()
export class Absences {
  constructor(
    private readonly database: Database,
    private readonly directory: Directory,
  ) {}

  /** @throws DomainError speaks_for_others, person_not_found, or ValidationError */
  async create(absence: NewAbsence, principal: Principal): Promise<AbsenceRow> {
    return this.database.transaction(async (tx) => {
      const { person, substitute, from, to, reason } = absence;
      const own = await this.directory.personOf(principal, tx);
      const named = await this.directory.named(
        tx,
        person === null ? [substitute] : [person, substitute],
      );
      const absent = person === null ? own : named.get(person);
      const other = named.get(substitute);
      const faults: Fault[] = [];
      if (person !== null && !absent) faults.push(nobody('/person'));
      if (!other) faults.push(nobody('/substitute'));
      if (absent && absent.person_id === other?.person_id) {
        const message = 'Nobody is their own substitute.';
        faults.push({ pointer: '/substitute', code: 'own_substitute', message });
      }
      if (from >= to) {
        const message = 'An absence ends after it begins.';
        faults.push({ pointer: '/to', code: 'not_after_from', message });
      }
      if (person === null && !absent) throw notInDirectory();
      if (absent?.person_id !== own?.person_id && !speaksForOthers(principal)) throw notTheirs();
      if (faults.length > 0 || !absent || !other) throw new ValidationError(faults);
      const [row] = await insertAbsence(tx, [
        newId(),
        absent.person_id,
        other.person_id,
        from,
        to,
        reason,
        principal.id,
      ]);
      if (!row) throw new Error('An absence was not stored.');
      return row;
    });
  }

  /** The caller's own and those in which they act for others; everybody's for who speaks for others. */
  async list(principal: Principal, after: string | null, limit: number): Promise<AbsenceRow[]> {
    if (speaksForOthers(principal)) return listAbsences(this.database.read, [after, null, limit]);
    const own = await this.directory.personOf(principal);
    return own ? listAbsences(this.database.read, [after, own.person_id, limit]) : [];
  }

  /** @throws DomainError absence_not_found, absence_ended, speaks_for_others */
  async end(absence_id: string, principal: Principal): Promise<AbsenceRow> {
    return this.database.transaction(async (tx) => {
      const own = await this.directory.personOf(principal, tx);
      const [absence] = await lockAbsence(tx, [absence_id]);
      const mine = absence !== undefined && absence.person_id === own?.person_id;
      const seen = mine || absence?.substitute_id === own?.person_id || speaksForOthers(principal);
      if (!absence || !seen) {
        throw new DomainError('absence_not_found', `There is no absence ${absence_id}.`, {
          absence_id,
        });
      }
      if (!mine && !speaksForOthers(principal)) throw notTheirs();
      if (absence.is_over) {
        throw new DomainError('absence_ended', 'The absence is over already.', { absence_id });
      }
      const [ended] = await endAbsence(tx, [absence_id]);
      return ended ?? absence;
    });
  }

  /** Those for whom this person acts now. */
  async substitutedBy(tx: Tx, person_id: string): Promise<PersonEntity[]> {
    return findSubstituted(tx, [person_id]);
  }
}

function nobody(pointer: string): Fault {
  const message = 'The directory has no such active person; give an external id or a subject.';
  return { pointer, code: 'unknown_person', message };
}

function notTheirs(): DomainError {
  return new DomainError(
    'speaks_for_others',
    'You speak for yourself alone; only an operator or administrator may say this of somebody else.',
  );
}

function notInDirectory(): DomainError {
  return new DomainError(
    'person_not_found',
    'The directory does not know you; name the person, or have yourself loaded into it.',
  );
}
