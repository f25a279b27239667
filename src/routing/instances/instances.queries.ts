import type { LevelState } from '#engine/approval';
import type { FormDraft, InstanceStatus, StepStatus } from '#engine/instance';
import { statement } from '#persistence';

export interface InstanceSummaryRow {
  instance_id: string;
  workflow_id: string;
  workflow_name: string;
  version_number: number;
  version: string;
  workflow_instance_id: string;
  status: InstanceStatus;
  outcome: string | null;
  current_step_id: string | null;
  started_by: string;
  started_at: Date;
  ended_at: Date | null;
  due_at: Date | null;
  end_reason: string | null;
}

export interface StepExecutionRow {
  step_execution_id: string;
  step_id: string;
  step_name: string;
  step_type: string;
  entry: number;
  status: StepStatus;
  outcome: string | null;
  output: Record<string, unknown> | null;
  error_message: string | null;
  completed_by: string | null;
  assignee: string | null;
  owner: string | null;
  required_roles: string[];
  approval_state: LevelState[] | null;
  due_at: Date | null;
  escalated_at: Date | null;
  entered_at: Date;
  started_at: Date | null;
  ended_at: Date | null;
}

export interface InstanceDetailRow extends InstanceSummaryRow {
  /** The decision that waits for a person. */
  awaited_decision_id: string | null;
  /** What the current step waits to be told. */
  question: { question: string; asked_by: string } | null;
  form_draft: FormDraft | null;
  data: Record<string, unknown>;
  step_entries: Record<string, number>;
}

export interface EventRow {
  sequence: number;
  event_type: string;
  step_id: string | null;
  payload: Record<string, unknown>;
  actor: string;
  correlation_id: string | null;
  occurred_at: Date;
}

const SUMMARY = `
  i.instance_id, i.workflow_id, d.workflow_name, i.version_number, d.version, i.workflow_instance_id, i.status,
  i.outcome, i.current_step_id, i.started_by, i.started_at, i.ended_at, i.due_at, i.end_reason`;

const FROM = `
  from workflow_instances i
  join workflow_definitions d on d.workflow_id = i.workflow_id and d.version_number = i.version_number`;

const DETAIL = `
  select ${SUMMARY}, i.data, i.step_entries, i.current_step -> 'awaiting' ->> 'decision_id' as awaited_decision_id,
    i.current_step -> 'question' as question, i.current_step -> 'form_draft' as form_draft ${FROM}`;

export const readInstance = statement<
  InstanceDetailRow,
  [workflow_id: string, workflow_instance_id: string]
>('read_instance', `${DETAIL} where i.workflow_id = $1 and i.workflow_instance_id = $2`);

export const readInstances = statement<InstanceDetailRow, [instance_ids: readonly string[]]>(
  'read_instances',
  `${DETAIL} where i.instance_id = any($1::uuid[])`,
);

/** Oldest first, 1,000 of each instance at most. */
export const readSteps = statement<
  StepExecutionRow & { instance_id: string },
  [instance_ids: readonly string[]]
>(
  'read_instance_steps',
  `select s.*
   from unnest($1::uuid[]) as asked (instance_id)
   cross join lateral (
     select instance_id, step_execution_id, step_id, step_name, step_type, entry, status, outcome, output,
       error_message, completed_by, assignee, owner, required_roles, approval_state, due_at, escalated_at, entered_at,
       started_at, ended_at
     from step_executions where instance_id = asked.instance_id
     order by entered_at, step_execution_id
     limit 1000) s
   order by s.entered_at, s.step_execution_id`,
);

/** Where one of these names has started the instance, is its requester, or has acted on it. */
const PART = (names: string): string => `
  (i.started_by = any(${names}) or i.data ->> 'requester' = any(${names}) or exists (
    select from instance_events e
    where e.instance_id = i.instance_id and (e.actor = any(${names}) or e.payload ->> 'on_behalf_of' = any(${names}))))`;

/** Newest first. A null filter lets everything pass. */
export const listInstances = statement<
  InstanceSummaryRow,
  [
    workflow_id: string | null,
    status: string | null,
    before_instance_id: string | null,
    /** Of whom it is; null: everybody's. */
    names: readonly string[] | null,
    limit: number,
  ]
>(
  'list_instances',
  `select ${SUMMARY} ${FROM}
   where i.tenant_id = present_tenant()
     and ($1::uuid is null or i.workflow_id = $1)
     and ($2::text is null or i.status = $2)
     and ($3::uuid is null or i.instance_id < $3)
     and ($4::text[] is null or ${PART('$4')})
   order by i.instance_id desc
   limit $5`,
);

export const listEvents = statement<
  EventRow,
  [instance_id: string, after_sequence: number, limit: number]
>(
  'list_instance_events',
  `select sequence, event_type, step_id, payload, actor, correlation_id, occurred_at
   from instance_events
   where instance_id = $1 and sequence > $2
   order by sequence
   limit $3`,
);

/** Also where their people are the requesters. */
export const takesPart = statement<object, [instance_id: string, names: readonly string[]]>(
  'takes_part',
  `select from workflow_instances i
   where i.instance_id = $1 and (${PART('$2::text[]')} or exists (
     select from people m join people p on p.manager_id = m.person_id
     where m.active and (m.subject = any($2) or m.external_id = any($2))
       and p.person_id::text = any(requesters_of(i.instance_id))))`,
);
