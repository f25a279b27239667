import type { ChangedCase, ComparisonCell } from '#engine/routing';
import { type BacktestStatus, statement } from '#persistence';

import type { BacktestCandidate } from './backtest-candidate.js';

export interface BacktestRow {
  backtest_id: string;
  workflow_id: string;
  status: BacktestStatus;
  candidate: BacktestCandidate;
  period_start: Date;
  period_end: Date;
  decisions_total: number;
  decisions_read: number;
  decisions_changed: number;
  decisions_undecidable: number;
  /** As PostgreSQL writes it: a Date has no microseconds. */
  next_after: string | null;
  next_after_id: string | null;
  matrix: ComparisonCell[];
  changes: ChangedCase[];
  error_message: string | null;
  created_at: Date;
  updated_at: Date;
  ended_at: Date | null;
}

const BACKTEST = `backtest_id, workflow_id, status, candidate, period_start, period_end, decisions_total, decisions_read,
  decisions_changed, decisions_undecidable, next_after::text as next_after, next_after_id, matrix, changes,
  error_message, created_at, updated_at, ended_at`;

/** What a rule or a tree of the workflow decided by itself would not have been put to the candidate. */
const ASKED_FOR = 'question_hash is not null';

export const insertBacktest = statement<
  BacktestRow,
  [
    backtest_id: string,
    workflow_id: string,
    candidate: string,
    period_start: Date,
    period_end: Date,
    limit: number,
    requested_by: string,
  ]
>(
  'insert_backtest',
  `insert into backtests (
     backtest_id, workflow_id, candidate, period_start, period_end, requested_by, decisions_total)
   select $1, $2::uuid, $3::jsonb, $4::timestamptz, $5::timestamptz, $7, (
     select count(*) from (
       select from routing_analytics
       where workflow_id = $2::uuid and routing_timestamp >= $4::timestamptz and routing_timestamp < $5::timestamptz
         and ${ASKED_FOR}
       limit $6) counted)
   returning ${BACKTEST}`,
);

export const findBacktest = statement<BacktestRow, [backtest_id: string]>(
  'find_backtest',
  `select ${BACKTEST} from backtests where backtest_id = $1`,
);

/** Holds the turn of this backtest until the transaction ends; no row when another has it or it has ended. */
export const takeBacktest = statement<BacktestRow, [backtest_id: string]>(
  'take_backtest',
  `select ${BACKTEST} from backtests
   where backtest_id = $1 and status in ('pending', 'running') for update skip locked`,
);

export interface RecordedRow {
  decision_id: string;
  workflow_instance_id: string;
  version_number: number | null;
  current_step_id: string | null;
  routing_action: string;
  target_step_id: string | null;
  context_data: Record<string, unknown>;
  position: string;
  outcome: string;
}

/** Recorded decisions, latest first, before a position; with how their instances ended. */
export const readRecorded = statement<
  RecordedRow,
  [
    workflow_id: string,
    period_start: Date,
    period_end: Date,
    before: string | null,
    before_id: string | null,
    limit: number,
  ]
>(
  'read_recorded_decisions',
  `select d.decision_id, d.workflow_instance_id, d.version_number, d.current_step_id, d.routing_action,
     d.target_step_id, d.context_data, d.routing_timestamp::text as position,
     case when i.ended_at is null then 'open' when i.outcome = 'rejected' then 'rejected' else i.status end as outcome
   from (
     select * from routing_analytics
     where workflow_id = $1 and routing_timestamp >= $2 and routing_timestamp < $3 and ${ASKED_FOR}
       and ($4::timestamptz is null
         or (routing_timestamp <= $4::timestamptz
           and (routing_timestamp, decision_id) < ($4::timestamptz, $5::uuid)))
     order by routing_timestamp desc, decision_id desc
     limit $6
   ) d
   left join workflow_instances i using (instance_id)
   order by d.routing_timestamp desc, d.decision_id desc`,
);

/** Progress as JSON text: the columns that a batch changes. */
export const updateBacktest = statement<
  Record<string, never>,
  [backtest_id: string, progress: string]
>(
  'update_backtest',
  `update backtests b set status = p.status, decisions_read = p.decisions_read,
     decisions_changed = p.decisions_changed, decisions_undecidable = p.decisions_undecidable,
     next_after = p.next_after, next_after_id = p.next_after_id, matrix = p.matrix, changes = p.changes,
     updated_at = now(), ended_at = case when p.status = 'completed' then now() end
   from jsonb_to_record($2::jsonb) as p (
     status text, decisions_read int, decisions_changed int, decisions_undecidable int, next_after timestamptz,
     next_after_id uuid, matrix jsonb, changes jsonb)
   where b.backtest_id = $1`,
);

export const failBacktest = statement<
  Record<string, never>,
  [backtest_id: string, error_message: string]
>(
  'fail_backtest',
  `update backtests set status = 'failed', error_message = $2, updated_at = now(), ended_at = now()
   where backtest_id = $1 and status in ('pending', 'running')`,
);

/** Backtests that nobody has worked on for a while. */
export const findIdleBacktests = statement<
  { backtest_id: string },
  [idle_seconds: number, limit: number]
>(
  'find_idle_backtests',
  `select backtest_id from backtests
   where status in ('pending', 'running') and updated_at < now() - $1 * interval '1 second'
   order by updated_at limit $2`,
);
