import type { Breaker, BreakerState } from '#engine/breaker';
import { type BreakerKind, statement } from '#persistence';

/** What work depends on: a host that handlers call (`api.example.com`), or a type of task that workers do. */
export interface BreakerTarget {
  kind: BreakerKind;
  name: string;
}

export interface BreakerRow extends BreakerTarget {
  tenant_id: string;
  breaker: Breaker;
  /** Epoch milliseconds, by the database's clock. */
  now: number;
}

/** The field is laid under rows that were written before it was there. */
const BREAKER = `jsonb_build_object('probes', '[]'::jsonb) || b.breaker as breaker`;
const NOW = `(extract(epoch from clock_timestamp()) * 1000)::float8 as now`;

/** $1: [{kind, name, breaker}], of those that are not there yet. */
export const ensureBreakers = statement<object, [string]>(
  'ensure_circuit_breakers',
  `insert into circuit_breakers (kind, name, breaker)
   select kind, name, breaker from jsonb_to_recordset($1::jsonb) as t(kind text, name text, breaker jsonb)
   order by kind, name
   on conflict do nothing`,
);

/** $1: [{kind, name}]; always in the same order, so that two of these cannot wait for each other. */
export const lockBreakers = statement<BreakerRow, [string]>(
  'lock_circuit_breakers',
  `select b.tenant_id, b.kind, b.name, ${BREAKER}, ${NOW} from circuit_breakers b
   where (b.kind, b.name) in (select kind, name from jsonb_to_recordset($1::jsonb) as t(kind text, name text))
   order by b.kind, b.name for update`,
);

/** $1: [{kind, name, state, breaker}] */
export const saveBreakers = statement<object, [string]>(
  'save_circuit_breakers',
  `update circuit_breakers b set state = n.state, breaker = n.breaker, updated_at = clock_timestamp()
   from jsonb_to_recordset($1::jsonb) as n(kind text, name text, state text, breaker jsonb)
   where b.kind = n.kind and b.name = n.name`,
);

/** $1: [{kind, name, from_state, to_state, calls, failures, actor}] */
export const addBreakerEvents = statement<object, [string]>(
  'add_circuit_breaker_events',
  `insert into circuit_breaker_events (kind, name, from_state, to_state, calls, failures, actor)
   select kind, name, from_state, to_state, calls, failures, actor
   from jsonb_to_recordset($1::jsonb) as e(
     kind text, name text, from_state text, to_state text, calls int, failures int, actor text)`,
);

/** Few, but in bad times; the index on them serves this. */
export const readBrokenBreakers = statement<BreakerRow>(
  'read_broken_circuit_breakers',
  `select tenant_id, kind, name, ${BREAKER}, ${NOW} from circuit_breakers b where state <> 'closed'`,
);

/** Of tasks, $1, those that were cancelled, or are not there any more. */
export const readCancelled = statement<{ task_execution_id: string }, [readonly string[]]>(
  'read_cancelled_tasks',
  `select p.task_execution_id from unnest($1::uuid[]) p(task_execution_id)
   left join task_executions t on t.task_execution_id = p.task_execution_id
   where t.status is null or t.status = 'cancelled'`,
);

/** What is parked may go on, one task after another in so many milliseconds. */
export const releaseParked = statement<object, [name: string, every_ms: number]>(
  'release_parked_tasks',
  `
  update task_executions t
  set available_at = clock_timestamp() + p.place * $2::float8 * interval '1 millisecond', parked_on = null
  from (
    select task_execution_id, row_number() over (order by priority desc, available_at) as place
    from task_executions where parked_on = $1 and status in ('ready', 'retrying')
  ) p
  where t.task_execution_id = p.task_execution_id and t.status in ('ready', 'retrying')`,
);

export interface BreakerEventRow {
  event_id: number;
  from_state: BreakerState;
  to_state: BreakerState;
  calls: number;
  failures: number;
  actor: string;
  occurred_at: Date;
}
