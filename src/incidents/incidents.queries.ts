import type { ExecutionStatus, JsonObject, TaskStatus } from '#engine/graph';
import type { InstanceStatus } from '#engine/instance';
import type { Branch } from '#engine/routing';
import { type IncidentKind, type IncidentStatus, statement } from '#persistence';

export interface IncidentRow {
  incident_id: string;
  kind: IncidentKind;
  status: IncidentStatus;
  workflow_id: string;
  workflow_instance_id: string;
  instance_id: string | null;
  step_id: string | null;
  execution_id: string | null;
  task_execution_id: string | null;
  task_id: string | null;
  task_type: string | null;
  attempts: number;
  error_code: string | null;
  error_message: string;
  created_at: Date;
  resolved_at: Date | null;
  resolved_by: string | null;
  resolution_note: string | null;
  batch_id: string | null;
}

export interface IncidentDetailRow extends IncidentRow {
  error: JsonObject | null;
  output_data: JsonObject | null;
  correlation_id: string | null;
  overall_status: ExecutionStatus | null;
  instance_status: InstanceStatus | null;
  task: {
    status: TaskStatus;
    attempt: number;
    max_retry_attempts: number;
    handler: JsonObject;
    input_data: JsonObject;
    dependencies: string[];
  } | null;
}

/** What incidents are asked for by; null: by anything. Bulk calls keep it with their batch. */
export interface IncidentFilter {
  workflow_id: string | null;
  workflow_instance_id: string | null;
  execution_id: string | null;
  task_type: string | null;
  kind: IncidentKind | null;
  error_code: string | null;
  search: string | null;
  created_from: string | null;
  created_to: string | null;
}

type FilterValues = [
  workflow_id: string | null,
  workflow_instance_id: string | null,
  execution_id: string | null,
  task_type: string | null,
  kind: string | null,
  error_code: string | null,
  pattern: string | null,
  created_from: string | null,
  created_to: string | null,
];

/** PostgreSQL plans these for the values given: what is null is no condition. */
const MATCHES = `
      ($1::uuid is null or i.workflow_id = $1) and ($2::text is null or i.workflow_instance_id = $2)
  and ($3::text is null or i.execution_id = $3) and ($4::text is null or i.task_type = $4)
  and ($5::text is null or i.kind = $5) and ($6::text is null or i.error_code = $6)
  and ($7::text is null or i.error_message ilike $7 or i.task_id ilike $7 or i.workflow_instance_id ilike $7)
  and ($8::timestamptz is null or i.created_at >= $8) and ($9::timestamptz is null or i.created_at < $9)`;

export function valuesOf(filter: IncidentFilter): FilterValues {
  return [
    filter.workflow_id,
    filter.workflow_instance_id,
    filter.execution_id,
    filter.task_type,
    filter.kind,
    filter.error_code,
    filter.search === null ? null : `%${filter.search.replace(/[\\%_]/g, '\\$&')}%`,
    filter.created_from,
    filter.created_to,
  ];
}

const COLUMNS = `
  i.incident_id, i.kind, i.status, i.workflow_id, i.workflow_instance_id, i.instance_id, i.step_id, i.execution_id,
  i.task_execution_id, i.task_id, i.task_type, i.attempts, i.error_code, i.error_message, i.created_at, i.resolved_at,
  i.resolved_by, i.resolution_note, i.batch_id`;

/** Newest first (ids are made in order of time), before the id $11. */
export const listIncidents = statement<
  IncidentRow,
  [...FilterValues, status: string | null, before: string | null, limit: number]
>(
  'list_incidents',
  `select ${COLUMNS} from incidents i
   where ${MATCHES} and ($10::text is null or i.status = $10) and ($11::uuid is null or i.incident_id < $11)
   order by i.incident_id desc
   limit $12`,
);

export const readIncident = statement<IncidentDetailRow, [string]>(
  'read_incident',
  `
  select ${COLUMNS}, i.error, i.output_data, i.correlation_id, e.overall_status, w.status as instance_status,
         case when t.task_execution_id is not null then jsonb_build_object(
           'status', t.status, 'attempt', t.attempt, 'max_retry_attempts', t.max_retry_attempts, 'handler', t.handler,
           'input_data', t.input_data, 'dependencies', t.dependencies) end as task
  from incidents i
  left join parallel_executions e on e.execution_id = i.execution_id
  left join task_executions t on t.task_execution_id = i.task_execution_id
  left join workflow_instances w on w.instance_id = i.instance_id
  where i.incident_id = $1`,
);

/** What the latest entry into a step was given to run. */
export const readBranches = statement<
  { branches: Branch[] | null },
  [instance_id: string, step_id: string]
>(
  'read_branches_of_step',
  `select payload -> 'branches' as branches from instance_events
   where instance_id = $1 and event_type = 'step_entered' and step_id = $2
   order by sequence desc limit 1`,
);

/** No row: it is not open any more. */
export const closeIncident = statement<
  { incident_id: string },
  [
    incident_id: string,
    status: 'retried' | 'skipped' | 'failed',
    resolved_by: string,
    note: string | null,
    output_data: string | null,
    batch_id: string | null,
  ]
>(
  'close_incident',
  `update incidents set status = $2, resolved_at = clock_timestamp(), resolved_by = $3, resolution_note = $4,
     output_data = $5::jsonb, batch_id = $6
   where incident_id = $1 and status = 'open' returning incident_id`,
);

export const countOpenMatching = statement<{ count: number }, FilterValues>(
  'count_open_incidents_matching',
  `select count(*)::int as count from incidents i where ${MATCHES} and i.status = 'open'`,
);

/** Open ones that were there at $10, newest first, before the id $11. */
export const listOpenOfBatch = statement<
  { incident_id: string },
  [...FilterValues, at: Date, before: string | null, limit: number]
>(
  'list_open_incidents_of_batch',
  `select i.incident_id from incidents i
   where ${MATCHES} and i.status = 'open' and i.created_at <= $10::timestamptz + interval '1 millisecond'
     and ($11::uuid is null or i.incident_id < $11)
   order by i.incident_id desc
   limit $12`,
);

export const countOpenByKind = statement<{ kind: IncidentKind; count: number }>(
  'count_open_incidents_by_kind',
  `select kind, count(*)::int as count from incidents where status = 'open' group by kind`,
);
