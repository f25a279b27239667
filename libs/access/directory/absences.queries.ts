import { type AbsenceEntity, type PersonEntity, statement } from '#persistence';

export interface AbsenceRow extends AbsenceEntity {
  person_external_id: string;
  substitute_external_id: string;
}

const ABSENCE = `a.*, (select external_id from people where person_id = a.person_id) as person_external_id,
  (select external_id from people where person_id = a.substitute_id) as substitute_external_id`;

export const insertAbsence = statement<
  AbsenceRow,
  [
    absence_id: string,
    person_id: string,
    substitute_id: string,
    starts_at: Date,
    ends_at: Date,
    reason: string,
    created_by: string,
  ]
>(
  'absences_insert',
  `insert into absences as a (absence_id, person_id, substitute_id, starts_at, ends_at, reason, created_by)
   values ($1, $2, $3, $4, $5, $6, $7) returning ${ABSENCE}`,
);

/** @param of whose, as the absent person or the substitute; null: everybody's */
export const listAbsences = statement<
  AbsenceRow,
  [after: string | null, of: string | null, limit: number]
>(
  'absences_list',
  `select ${ABSENCE} from absences a
   where ($1::uuid is null or a.absence_id > $1) and ($2::uuid is null or $2 in (a.person_id, a.substitute_id))
   order by a.absence_id limit $3`,
);

export const lockAbsence = statement<AbsenceRow & { is_over: boolean }, [absence_id: string]>(
  'absences_lock',
  `select ${ABSENCE}, a.ends_at <= now() as is_over from absences a where absence_id = $1 for update of a`,
);

/** One that has not begun yet never will: it keeps a moment, which nobody can act in. */
export const endAbsence = statement<AbsenceRow, [absence_id: string]>(
  'absences_end',
  `update absences a
   set starts_at = least(starts_at, now() - interval '1 microsecond'), ends_at = now()
   where absence_id = $1 returning ${ABSENCE}`,
);

/** Whom this person may act for at this time. */
export const findSubstituted = statement<PersonEntity, [substitute_id: string]>(
  'absences_substituted_by',
  `select p.* from people p
   where p.active and exists (
     select from absences a
     where a.person_id = p.person_id and a.substitute_id = $1 and a.starts_at <= now() and a.ends_at > now())`,
);
