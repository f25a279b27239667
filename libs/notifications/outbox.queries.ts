import type { NotificationStatus } from '#persistence';
import { statement } from '#persistence';

/** A person who was told, by the directory as it is now. */
export interface Recipient {
  person_id: string;
  /** Null of somebody who was erased from the directory. */
  external_id: string | null;
  /** The absent person whose substitute they were. */
  on_behalf_of: string | null;
}

/** What was told to whom. */
export interface NotificationRow {
  notification_id: string;
  kind: string;
  status: NotificationStatus;
  channel: string;
  target: string;
  message: string;
  step_id: string | null;
  event_sequence: number | null;
  /** Null until they have been looked up, just before the first attempt. */
  recipients: Recipient[] | null;
  recipients_left_out: number;
  attempts: number;
  error_code: string | null;
  error_message: string | null;
  created_at: Date;
  delivered_at: Date | null;
}

export const insertNotifications = statement<object, [notifications: string]>(
  'insert_notifications',
  `insert into notifications (notification_id, kind, channel, target, audience, message, details, workflow_id,
     instance_id, workflow_instance_id, step_id, step_execution_id, event_sequence, modification_id, correlation_id, next_attempt_at,
     created_at)
   select notification_id, kind, channel, "to", audience, message, details, workflow_id, instance_id,
     workflow_instance_id, step_id, step_execution_id, event_sequence, modification_id, correlation_id, now(), now()
   from jsonb_to_recordset($1) as n (notification_id uuid, kind text, channel text, "to" text, audience jsonb,
     message text, details jsonb, workflow_id uuid, instance_id uuid, workflow_instance_id text, step_id text,
     step_execution_id uuid, event_sequence int, modification_id text, correlation_id text)`,
);

const VIEW = `
  n.notification_id, n.kind, n.status, n.channel, n.target, n.message, n.step_id, n.event_sequence,
  n.recipients_left_out, n.attempts, n.error_code, n.error_message, n.created_at, n.delivered_at,
  case when n.recipients is not null then coalesce((
    select jsonb_agg(jsonb_build_object(
      'person_id', r.person_id, 'external_id', nullif(p.external_id, p.person_id::text),
      'on_behalf_of', nullif(b.external_id, b.person_id::text)) order by r.place)
    from rows from (jsonb_to_recordset(n.recipients) as (person_id uuid, on_behalf_of uuid)) with ordinality
      as r (person_id, on_behalf_of, place)
    left join people p on p.person_id = r.person_id
    left join people b on b.person_id = r.on_behalf_of), '[]') end as recipients`;

export const listOfInstance = statement<
  NotificationRow,
  [instance_id: string, after: string | null, limit: number]
>(
  'notifications_of_instance',
  `select ${VIEW} from notifications n
   where n.instance_id = $1 and ($2::uuid is null or n.notification_id > $2)
   order by n.notification_id limit $3`,
);

export const listOfModification = statement<NotificationRow, [modification_id: string]>(
  'notifications_of_modification',
  `select ${VIEW} from notifications n where n.modification_id = $1 order by n.notification_id`,
);
