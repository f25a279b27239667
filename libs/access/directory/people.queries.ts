import { type PersonEntity, statement } from '#persistence';

export interface PersonRow extends PersonEntity {
  manager_external_id: string | null;
}

/** A person as whoever loads the directory sends them. */
export interface SentPerson {
  external_id: string;
  subject: string | null;
  name: string;
  email: string | null;
  roles: readonly string[];
  department: string | null;
  management_level: number;
  manager_external_id: string | null;
  active: boolean;
}

const PERSON = `p.*, (select m.external_id from people m where m.person_id = p.manager_id) as manager_external_id`;

const SENT = `jsonb_to_recordset($1::jsonb) as s (position int, person_id uuid, external_id text, subject text, name text,
  email text, roles jsonb, department text, management_level int, manager_external_id text, active boolean)`;

/** Whoever writes to the directory does so alone, so that what was checked still holds; nobody waits to read it. */
export const lockDirectory = statement<object>(
  'people_lock',
  'lock table people in share row exclusive mode',
);

/** By their place in the list: a subject that another person has, a manager that there is not. */
export const findFaults = statement<
  { position: number; subject_taken: boolean; unknown_manager: boolean },
  [people: string]
>(
  'people_faults',
  `with sent as (select * from ${SENT}), judged as (
     select s.position, other.person_id is not null as subject_taken,
       s.manager_external_id is not null and manager.person_id is null and sent_manager.position is null
         as unknown_manager
     from sent s
     left join people other on other.subject = s.subject and other.external_id <> s.external_id
     left join people manager on manager.external_id = s.manager_external_id
     left join sent sent_manager on sent_manager.external_id = s.manager_external_id
   )
   select * from judged where subject_taken or unknown_manager order by position`,
);

/** Those that are as they were sent already are left alone, and not among the answer's rows. */
export const upsertPeople = statement<{ person_id: string; created: boolean }, [people: string]>(
  'people_upsert',
  `with sent as (
     select s.*, coalesce(p.person_id, s.person_id) as id
     from ${SENT} left join people p on p.external_id = s.external_id
   )
   insert into people as p (person_id, external_id, subject, name, email, roles, department, management_level,
     manager_id, active)
   select s.id, s.external_id, s.subject, s.name, s.email, s.roles, s.department, s.management_level,
     coalesce(sent_manager.id, manager.person_id), s.active
   from sent s
   left join sent sent_manager on sent_manager.external_id = s.manager_external_id
   left join people manager on manager.external_id = s.manager_external_id
   on conflict (person_id) do update set subject = excluded.subject, name = excluded.name, email = excluded.email,
     roles = excluded.roles, department = excluded.department, management_level = excluded.management_level,
     manager_id = excluded.manager_id, active = excluded.active, updated_at = now()
   where (p.subject, p.name, p.email, p.roles, p.department, p.management_level, p.manager_id, p.active)
     is distinct from (excluded.subject, excluded.name, excluded.email, excluded.roles, excluded.department,
       excluded.management_level, excluded.manager_id, excluded.active)
   returning person_id, xmax = 0 as created`,
);

export const readPerson = statement<PersonRow, [person_id: string]>(
  'people_read',
  `select ${PERSON} from people p where p.person_id = $1`,
);

export const findByExternalId = statement<PersonRow, [external_id: string]>(
  'people_by_external_id',
  `select ${PERSON} from people p where p.external_id = $1`,
);

/** A null filter lets everybody pass. */
export const listPeople = statement<
  PersonRow,
  [
    after: string | null,
    department: string | null,
    role: string | null,
    active: boolean | null,
    limit: number,
  ]
>(
  'people_list',
  `select ${PERSON} from people p
   where ($1::uuid is null or p.person_id > $1) and ($2::text is null or p.department = $2)
     and ($3::text is null or p.roles ? $3) and ($4::boolean is null or p.active = $4)
   order by p.person_id limit $5`,
);

export const deactivatePerson = statement<PersonRow, [person_id: string]>(
  'people_deactivate',
  `update people p set active = false, updated_at = now() where person_id = $1 returning ${PERSON}`,
);

/** What tells who it was, here and in the reasons of their absences. Their id stays, for what refers to it. */
export const erasePerson = statement<PersonRow, [person_id: string]>(
  'people_erase',
  `with told as (update absences set reason = '' where person_id = $1 and reason <> '')
   update people p
   set external_id = person_id::text, subject = null, name = '', email = null, active = false, updated_at = now()
   where person_id = $1 returning ${PERSON}`,
);

/** Those whose subject or external id these names are; a subject counts before an external id. Only active ones. */
export const findNamed = statement<PersonRow & { named: string }, [names: readonly string[]]>(
  'people_named',
  `select distinct on (n.named) n.named, ${PERSON}
   from unnest($1::text[]) as n (named)
   join people p on p.active and (p.subject = n.named or p.external_id = n.named)
   order by n.named, p.subject = n.named desc nulls last`,
);

/** Somebody of this subject or external id who is not active. */
export const findInactive = statement<{ person_id: string }, [name: string]>(
  'people_inactive',
  'select person_id from people where not active and (subject = $1 or external_id = $1) limit 1',
);
