import { statement } from '#persistence';

import type { Breach, Observation, VersionMetrics } from './breaches.js';

export interface DueRow {
  modification_id: string;
  workflow_id: string;
  from_version: number;
  to_version: number;
  rollback_strategy: string;
  auto_rollback_conditions: Record<string, unknown>;
  execution_timestamp: Date;
  now: Date;
  /** Its time of monitoring is over: this is the last observation. */
  over: boolean;
}

/** Watched modifications whose last observation is older than the interval, or whose time is over. */
export const findDue = statement<
  { modification_id: string },
  [interval_seconds: number, limit: number]
>(
  'find_modifications_to_observe',
  `select m.modification_id
   from runtime_modifications m
   left join lateral (
     select o.observed_at from modification_observations o
     where o.modification_id = m.modification_id
     order by o.observed_at desc
     limit 1) last on true
   where m.monitoring_active
     and (m.monitoring_until <= now()
       or coalesce(last.observed_at, m.execution_timestamp) <= now() - $1 * interval '1 second')
   order by m.monitoring_until
   limit $2`,
);

/** Holds one watched modification; no row when another process observes it, or it is watched no more. */
export const takeDue = statement<DueRow, [modification_id: string]>(
  'take_modification_to_observe',
  `select modification_id, workflow_id, from_version, to_version, rollback_strategy, auto_rollback_conditions,
     execution_timestamp, now() as now, monitoring_until <= now() as over
   from runtime_modifications
   where modification_id = $1 and monitoring_active and status = 'applied' and to_version is not null
   for no key update skip locked`,
);

/** What happened on a version from one instant to another. */
export const readVersionMetrics = statement<
  VersionMetrics,
  [workflow_id: string, version_number: number, since: Date, until: Date]
>(
  'read_version_metrics',
  `with ended as (
     select count(*)::int as ended,
       (count(*) filter (where status in ('failed', 'timed_out')))::int as failed,
       (count(*) filter (where status = 'timed_out'))::int as timed_out,
       avg(extract(epoch from ended_at - started_at) / 60)::float8 as avg_duration_minutes
     from workflow_instances
     where workflow_id = $1 and version_number = $2 and ended_at >= $3 and ended_at < $4
   ), started as (
     select count(*)::int as started from workflow_instances
     where workflow_id = $1 and version_number = $2 and started_at >= $3 and started_at < $4
   ), steps as (
     select
       (count(*) filter (where due_at >= $3 and due_at < $4 and coalesce(ended_at, $4) >= due_at))::int as late,
       (count(*) filter (where escalated_at >= $3 and escalated_at < $4))::int as escalations
     from step_executions
     where workflow_id = $1 and version_number = $2 and (due_at >= $3 or escalated_at >= $3)
   )
   select started, ended, failed,
     case when ended > 0 then 100.0 * failed / ended end::float8 as error_rate_percentage,
     avg_duration_minutes, timed_out + late as deadline_misses, escalations
   from ended, started, steps`,
);

export const insertObservation = statement<
  never,
  [observation_id: string, modification_id: string, metrics: string, breached: string]
>(
  'insert_modification_observation',
  `insert into modification_observations (observation_id, modification_id, metrics, breached)
   values ($1, $2, $3, $4)`,
);

export const endMonitoring = statement<never, [modification_id: string]>(
  'end_modification_monitoring',
  `update runtime_modifications set monitoring_active = false, updated_at = now() where modification_id = $1`,
);

export interface ObservationRow {
  observed_at: Date;
  metrics: Observation;
  breached: Breach[];
}

/** The latest observations, newest first. */
export const listObservations = statement<ObservationRow, [modification_id: string, limit: number]>(
  'list_modification_observations',
  `select observed_at, metrics, breached from modification_observations
   where modification_id = $1
   order by observed_at desc
   limit $2`,
);
