import { statement } from '#persistence';

/** A person as the receiver of a notification is told of them. */
export interface ToldPerson {
  external_id: string;
  name: string;
  email: string | null;
  /** The external id of the absent person whose substitute they are. */
  on_behalf_of: string | null;
}

/** One notification that is to be delivered now. */
export interface DueNotification {
  notification_id: string;
  kind: string;
  channel: string;
  target: string;
  message: string;
  details: Record<string, unknown>;
  roles: string[];
  department: string | null;
  recipients: ToldPerson[];
  recipients_left_out: number;
  workflow_id: string;
  workflow_instance_id: string | null;
  step_id: string | null;
  modification_id: string | null;
  correlation_id: string | null;
  /** The how-many-eth attempt this is, from 1. */
  attempt: number;
  /** Since it was written, in milliseconds. */
  elapsed_ms: number;
  created_at: Date;
}

/** Whether there is anything to do. */
export const findDue = statement<object>(
  'notifications_find_due',
  `select from notifications
   where tenant_id = present_tenant() and status = 'pending' and next_attempt_at <= now() limit 1`,
);

/** Begins an attempt of each, the longest due first: nobody else gets them until it counts as lost. */
export const claimDue = statement<
  { notification_id: string },
  [limit: number, lost_after_seconds: number]
>(
  'notifications_claim',
  `with due as (
     select notification_id from notifications
     where tenant_id = present_tenant() and status = 'pending' and next_attempt_at <= now()
     order by next_attempt_at limit $1 for update skip locked)
   update notifications n set attempts = n.attempts + 1, next_attempt_at = now() + $2 * interval '1 second'
   from due where n.notification_id = due.notification_id
   returning n.notification_id`,
);

const TEXTS = (field: string): string => `array(
  select jsonb_array_elements_text(case when n.audience ? '${field}' then n.audience -> '${field}' else '[]' end))`;

/**
 * Says of those whose people have not been looked up yet who they are, now: active people, each once, and the substitutes
 * of those who are absent.
 */
export const lookUpRecipients = statement<
  object,
  [notification_ids: readonly string[], most: number]
>(
  'notifications_look_up_recipients',
  `update notifications m set recipients = found.people, recipients_left_out = greatest(found.total - $2::int, 0)
   from (
     select n.notification_id, looked_up.*
     from notifications n
     cross join lateral (
       select ${TEXTS('roles')} as roles, n.audience ->> 'department' as department,
         coalesce((n.audience ->> 'minimum_level')::int, 0) as minimum_level,
         array(select person_key(name) from unnest(${TEXTS('names')}) as named (name)) as named,
         case when n.audience ?| '{requesters,managers_of_requesters,not_requesters}'
           then requesters_of(n.instance_id) else '{}' end as requesters
       offset 0) a
     cross join lateral (
       with meant as (
         select p.person_id from people p
         where p.active and (
             p.roles ?| a.roles and (a.department is null or p.department = a.department)
               and (a.minimum_level <= 1 or p.management_level >= a.minimum_level)
             or p.person_id::text = any(a.named)
             or n.audience ? 'requesters' and p.person_id::text = any(a.requesters)
             or n.audience ? 'managers_of_requesters' and p.person_id in (
               select r.manager_id from people r where r.person_id::text = any(a.requesters)))
           and not (n.audience ? 'not_requesters' and p.person_id::text = any(a.requesters))
       ), told as (
         select person_id, null::uuid as on_behalf_of from meant
         union all
         select s.person_id, absent.person_id
         from meant join absences absent using (person_id) join people s on s.person_id = absent.substitute_id and s.active
         where absent.starts_at <= now() and absent.ends_at > now() and s.person_id not in (select person_id from meant)
           and not (n.audience ? 'not_requesters' and s.person_id::text = any(a.requesters))
       )
       select count(*) as total, coalesce(jsonb_agg(
           jsonb_strip_nulls(jsonb_build_object('person_id', person_id, 'on_behalf_of', on_behalf_of))
           order by place) filter (where place <= $2::int), '[]') as people
       from (select *, row_number() over (order by on_behalf_of is not null, person_id) as place from told) numbered
     ) looked_up
     where n.notification_id = any($1::uuid[]) and n.recipients is null
   ) found
   where m.notification_id = found.notification_id`,
);

export const readDue = statement<DueNotification, [notification_ids: readonly string[]]>(
  'notifications_read_due',
  `select n.notification_id, n.kind, n.channel, n.target, n.message, n.details, ${TEXTS('roles')} as roles,
     n.audience ->> 'department' as department, n.recipients_left_out, n.workflow_id, n.workflow_instance_id, n.step_id,
     n.modification_id, n.correlation_id, n.attempts as attempt, n.created_at,
     (extract(epoch from now() - n.created_at) * 1000)::float8 as elapsed_ms,
     coalesce((
       select jsonb_agg(jsonb_build_object('external_id', p.external_id, 'name', p.name, 'email', p.email,
         'on_behalf_of', (select b.external_id from people b where b.person_id = r.on_behalf_of)) order by r.place)
       from rows from (jsonb_to_recordset(n.recipients) as (person_id uuid, on_behalf_of uuid)) with ordinality
         as r (person_id, on_behalf_of, place)
       join people p on p.person_id = r.person_id and p.active), '[]') as recipients
   from notifications n where n.notification_id = any($1::uuid[])`,
);

/** Of the latest attempt alone: one that was given up for lost says nothing any more. */
export const markDelivered = statement<object, [notification_id: string, attempt: number]>(
  'notifications_mark_delivered',
  `update notifications set status = 'delivered', delivered_at = now(), error_code = null, error_message = null
   where notification_id = $1 and attempts = $2 and status = 'pending'`,
);

/** @param delay_ms until the next attempt; null: there is none */
export const markAttemptFailed = statement<
  object,
  [
    notification_id: string,
    attempt: number,
    delay_ms: number | null,
    error_code: string,
    error_message: string,
  ]
>(
  'notifications_mark_attempt_failed',
  `update notifications set status = case when $3::float8 is null then 'failed' else 'pending' end,
     next_attempt_at = now() + coalesce($3::float8, 0) * interval '1 millisecond', error_code = $4, error_message = $5
   where notification_id = $1 and attempts = $2 and status = 'pending'`,
);
