import type { JsonObject } from '#engine/graph';
import { type IncidentAction, type IncidentBatchStatus, statement } from '#persistence';

import type { IncidentFilter } from './incidents.queries.js';

export interface Refusal {
  incident_id: string;
  code: string;
  detail: string;
}

export interface IncidentBatchRow {
  batch_id: string;
  status: IncidentBatchStatus;
  action: IncidentAction;
  filter: IncidentFilter;
  output_data: JsonObject | null;
  note: string | null;
  matched: number;
  refused: number;
  refusals: Refusal[];
  last_incident_id: string | null;
  requested_by: string;
  created_at: Date;
  ended_at: Date | null;
  resolved: number;
}

export const insertIncidentBatch = statement<
  object,
  [
    batch_id: string,
    action: IncidentAction,
    filter: string,
    output_data: string | null,
    note: string | null,
    matched: number,
    requested_by: string,
  ]
>(
  'insert_incident_batch',
  `insert into incident_batches (batch_id, action, filter, output_data, note, matched, requested_by)
   values ($1, $2, $3, $4::jsonb, $5, $6, $7)`,
);

/** What it has resolved stands in the incidents themselves. */
export const readIncidentBatch = statement<IncidentBatchRow, [string]>(
  'read_incident_batch',
  `select b.*, (select count(*)::int from incidents i where i.batch_id = b.batch_id) as resolved
   from incident_batches b where b.batch_id = $1`,
);

/** Moves on from where it stood; no row when another process has done so. */
export const advanceIncidentBatch = statement<
  { batch_id: string },
  [
    batch_id: string,
    from: string | null,
    to: string | null,
    refused: number,
    refusals: string,
    ended: boolean,
  ]
>(
  'advance_incident_batch',
  `update incident_batches
   set last_incident_id = $3, refused = refused + $4, refusals = refusals || $5::jsonb, updated_at = clock_timestamp(),
       status = case when $6 then 'completed' else status end, ended_at = case when $6 then clock_timestamp() end
   where batch_id = $1 and status = 'running' and last_incident_id is not distinct from $2
   returning batch_id`,
);

export const findIdleIncidentBatches = statement<{ batch_id: string }, [idle_seconds: number]>(
  'find_idle_incident_batches',
  `select batch_id from incident_batches
   where status = 'running' and updated_at < now() - $1 * interval '1 second' order by updated_at limit 20`,
);
