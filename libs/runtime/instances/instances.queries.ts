import type { CurrentStep, InstanceStatus } from '#engine/instance';
import { statement } from '#persistence';

export interface InstanceRow {
  instance_id: string;
  workflow_id: string;
  version_number: number;
  workflow_instance_id: string;
  status: InstanceStatus;
  outcome: 'completed' | 'rejected' | null;
  end_reason: string | null;
  data: Record<string, unknown>;
  current_step: CurrentStep | null;
  step_entries: Record<string, number>;
  total_entries: number;
  last_sequence: number;
  /** Epoch milliseconds of the transaction, by the database's clock. */
  now: number;
  overrides: OverrideRow[];
  /** Open ones: only then there may be something to stop. */
  has_executions: boolean;
  has_timers: boolean;
}

export interface OverrideRow {
  routing_id: string;
  routing_rule_id: string;
  source_step_id: string | null;
  condition_expression: string;
  target_step_id: string;
  /** Lower is tried first. */
  priority: number;
}

/** Active temporary routes of a workflow, first tried first. */
const OVERRIDES = `coalesce((
  select jsonb_agg(jsonb_build_object(
    'routing_id', d.routing_id, 'routing_rule_id', d.routing_rule_id, 'source_step_id', d.source_step_id,
    'condition_expression', d.condition_expression, 'target_step_id', d.target_step_id, 'priority', d.priority)
    order by d.priority, d.created_at)
  from dynamic_routing d
  where d.workflow_id = w.workflow_id and d.is_active
    and (d.expiry_time is null or d.expiry_time > now())), '[]')`;

/** @param ending executions that the transaction is about to end */
const instance = (ending = `'{}'`): string => `
  w.instance_id, w.workflow_id, w.version_number, w.workflow_instance_id, w.status, w.outcome, w.end_reason, w.data,
  w.current_step, w.step_entries, w.total_entries, w.last_sequence,
  (extract(epoch from now()) * 1000)::float8 as now, ${OVERRIDES} as overrides,
  exists (
    select from parallel_executions e
    where e.instance_id = w.instance_id and e.overall_status in ('initializing', 'running')
      and e.execution_id <> all (${ending}::text[])) as has_executions,
  exists (select from timers t where t.instance_id = w.instance_id) as has_timers`;

const NAMED = `where (w.workflow_id, w.workflow_instance_id) in (select * from unnest($1::uuid[], $2::text[]))`;
const WITH_IDS = 'where w.instance_id = any($1::uuid[])';
const OF_EXECUTIONS = `
  where w.instance_id in (
    select e.instance_id from parallel_executions e
    where e.execution_id = any($1::text[]) and e.step_execution_id is not null and e.instance_notified_at is null)`;

/** In the order of ids (see `lockExecutions`). */
const locking = (which: string, held: 'wait' | 'skip locked'): string =>
  `select w.instance_id from workflow_instances w ${which} order by w.instance_id
   for update of w ${held === 'wait' ? '' : held}`;

interface LockedRow {
  instance_id: string;
}

type Names = [workflow_ids: readonly string[], workflow_instance_ids: readonly string[]];
type Ids = [instance_ids: readonly string[]];
type ExecutionIds = [execution_ids: readonly string[]];

/**
 * Reads rows that have been locked by the statement sent before, under `hold`: in a statement of its own, since what a
 * locking statement reads beside the row that it waited for is of the time before.
 */
export const readNamed = statement<InstanceRow, Names>(
  'read_instances_named',
  `select ${instance()} from workflow_instances w ${NAMED}`,
);
export const readWithIds = statement<InstanceRow, [...Ids, ending: readonly string[]]>(
  'read_instances_with_ids',
  `select ${instance('$2')} from workflow_instances w ${WITH_IDS}`,
);
/** The instances whose steps wait to be told of the ends of these executions. */
export const readOfExecutions = statement<InstanceRow, ExecutionIds>(
  'read_instances_of_executions',
  `select ${instance()} from workflow_instances w ${OF_EXECUTIONS}`,
);

export const lockNamed = statement<LockedRow, Names>(
  'lock_instances_named',
  locking(NAMED, 'wait'),
);
export const takeNamed = statement<LockedRow, Names>(
  'take_instances_named',
  locking(NAMED, 'skip locked'),
);
export const lockWithIds = statement<LockedRow, Ids>(
  'lock_instances_with_ids',
  locking(WITH_IDS, 'wait'),
);
export const takeWithIds = statement<LockedRow, Ids>(
  'take_instances_with_ids',
  locking(WITH_IDS, 'skip locked'),
);
export const lockOfExecutions = statement<LockedRow, ExecutionIds>(
  'lock_instances_of_executions',
  locking(OF_EXECUTIONS, 'wait'),
);

export interface StartFactsRow {
  workflow_id: string;
  version_number: number;
  is_active: boolean;
  now: number;
  overrides: OverrideRow[];
}

/** The versions that new instances are pinned to, with what their first decision needs. No row: no such workflow. */
export const readStartFacts = statement<StartFactsRow, [workflow_ids: readonly string[]]>(
  'read_start_facts',
  `select w.workflow_id, w.version_number, w.is_active, (extract(epoch from now()) * 1000)::float8 as now,
     ${OVERRIDES} as overrides
   from unnest($1::uuid[]) as asked (workflow_id)
   cross join lateral (
     select d.workflow_id, d.version_number, d.is_active from workflow_definitions d
     where d.workflow_id = asked.workflow_id
     order by d.is_active desc, d.version_number desc
     limit 1) w`,
);

type MovesValues = [instances: string];

/** A step that has ended stays as it was named on the version on which it did. */
const whileOpen = (column: string): string =>
  `${column} = case when excluded.ended_at is null then excluded.${column} else s.${column} end`;

/** Of a step that is there already. */
const STEP_GOES_ON = `
  on conflict (step_execution_id) do update set
    step_id = excluded.step_id, ${['version_number', 'step_name', 'required_roles'].map(whileOpen).join(', ')},
    status = excluded.status, outcome = excluded.outcome, output = excluded.output, error_message = excluded.error_message,
    completed_by = excluded.completed_by, assignee = excluded.assignee, owner = excluded.owner,
    approval_state = excluded.approval_state,
    escalated_at = coalesce(s.escalated_at, excluded.escalated_at),
    started_at = coalesce(s.started_at, excluded.started_at), ended_at = excluded.ended_at`;

/**
 * One statement writes the outcome of moves, whole: a JSON list of instances, each with its steps and its history. They
 * come as they are to be written: to join lists would cost the square of their length without hash joins (see
 * `lookups`), and to name its instance in each event takes PostgreSQL as long as to store it.
 * @param instances from `changed`
 * @param only of `changed` c: those of which to write steps and events
 * @param known what becomes of steps that are there already
 */
const writing = (instances: string, only: string, known: string): string => `
  with changed as materialized (
    select * from jsonb_to_recordset($1) as c (
      instance_id uuid, workflow_id uuid, version_number int, status text, outcome text, end_reason text, data jsonb,
      current_step jsonb, step_entries jsonb, total_entries int, last_sequence int,
      workflow_instance_id text, started_by text, global_timeout_hours float8, correlation_id text, steps jsonb,
      events jsonb)
  ), instance as (
    ${instances}
  ), step as (
    insert into step_executions as s (
      step_execution_id, instance_id, workflow_id, version_number, step_id, step_name, step_type, entry, status,
      outcome, output, error_message, completed_by, assignee, owner, required_roles, approval_state, due_at, escalated_at,
      entered_at, started_at, ended_at)
    select r.step_execution_id, c.instance_id, c.workflow_id, c.version_number, r.step_id, r.step_name, r.step_type,
      r.entry, r.status, r.outcome, r.output, r.error_message, r.completed_by, r.assignee, r.owner, r.required_roles,
      r.approval_state,
      now() + r.escalates_after_hours * interval '1 hour',
      case when r.escalated then clock_timestamp() end, clock_timestamp(),
      case when r.started then clock_timestamp() end,
      case when r.status in ('completed', 'failed', 'skipped', 'cancelled') then clock_timestamp() end
    from changed c, jsonb_to_recordset(c.steps) as r (
      step_execution_id uuid, step_id text, step_name text, step_type text, entry int, status text, outcome text,
      output jsonb, error_message text, completed_by text, assignee text, owner text, required_roles jsonb,
      approval_state jsonb, escalates_after_hours float8, escalated boolean, started boolean)
    ${only}
    ${known}
  ), event as (
    insert into instance_events
      (instance_id, sequence, workflow_id, event_type, step_id, payload, actor, correlation_id, occurred_at)
    select c.instance_id, c.last_sequence - jsonb_array_length(c.events) + r.place, c.workflow_id, r.event_type,
      r.payload ->> 'step_id', r.payload, r.actor, c.correlation_id, clock_timestamp()
    from changed c, rows from (jsonb_to_recordset(c.events) as (event_type text, payload jsonb, actor text))
      with ordinality as r (event_type, payload, actor, place)
    ${only}
  )`;

/** New instances. None comes back of one whose workflow already has an instance of that name; nothing is written of it. */
export const writeStarts = statement<{ instance_id: string }, MovesValues>(
  'write_starts',
  `${writing(
    `
    insert into workflow_instances as w
      (instance_id, workflow_id, version_number, workflow_instance_id, status, outcome, end_reason, data, current_step,
       current_step_id, step_entries, total_entries, last_sequence, started_by, started_at, due_at, ended_at)
    select instance_id, workflow_id, version_number, workflow_instance_id, status, outcome, end_reason, data,
      current_step, current_step ->> 'step_id', step_entries, total_entries, last_sequence, started_by, now(),
      now() + global_timeout_hours * interval '1 hour',
      case when status not in ('running', 'suspended') then clock_timestamp() end
    from changed
    on conflict (workflow_id, workflow_instance_id) do nothing
    returning w.instance_id`,
    // "is true" keeps the planner from making it a join
    'where (c.instance_id in (select instance_id from instance)) is true',
    // steps of new instances are new: to look for each, and to confirm it, costs a third of its row
    '',
  )}
  select instance_id from instance`,
);

/** Instances that are under lock. */
export const writeMoves = statement<object, MovesValues>(
  'write_moves',
  `${writing(
    `
    update workflow_instances w set
      version_number = c.version_number, status = c.status, outcome = c.outcome, end_reason = c.end_reason,
      data = c.data, current_step = c.current_step, current_step_id = c.current_step ->> 'step_id',
      step_entries = c.step_entries, total_entries = c.total_entries, last_sequence = c.last_sequence,
      suspended_at = case when c.status = 'suspended' then coalesce(w.suspended_at, now()) end,
      due_at = case
        when w.ended_at is not null and c.status = 'running' then now() + c.global_timeout_hours * interval '1 hour'
        else w.due_at end,
      ended_at = case when c.status not in ('running', 'suspended') then clock_timestamp() end,
      updated_at = clock_timestamp()
    from changed c where w.instance_id = c.instance_id
    returning w.instance_id`,
    '',
    STEP_GOES_ON,
  )}
  select from instance`,
);

/** Open instances whose global timeout has passed, oldest first. */
export const findOverdueInstances = statement<{ instance_id: string }, [limit: number]>(
  'find_overdue_instances',
  `select instance_id from workflow_instances
   where status in ('running', 'suspended') and due_at <= now()
   order by due_at
   limit $1`,
);
