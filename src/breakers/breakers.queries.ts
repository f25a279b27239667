import type { Breaker, BreakerState } from '#engine/breaker';
import { type BreakerKind, statement } from '#persistence';
import type { BreakerEventRow } from '#runtime';

export interface BreakerViewRow {
  kind: BreakerKind;
  name: string;
  state: BreakerState;
  breaker: Breaker;
  parked_tasks: number;
  /** Epoch milliseconds, by the database's clock. */
  now: number;
  updated_at: Date;
}

const BREAKER = `
  b.kind, b.name, b.state, b.breaker, b.updated_at,
  (extract(epoch from clock_timestamp()) * 1000)::float8 as now, (
    select count(*)::int from task_executions t
    where t.parked_on = b.name and t.status in ('ready', 'retrying')) as parked_tasks`;

/** After a target, in the order of their names. */
export const listBreakers = statement<
  BreakerViewRow,
  [state: string | null, after_kind: string, after_name: string, limit: number]
>(
  'list_circuit_breakers',
  `select ${BREAKER} from circuit_breakers b
   where ($1::text is null or b.state = $1) and (b.kind, b.name) > ($2, $3)
   order by b.kind, b.name limit $4`,
);

export const readBreaker = statement<BreakerViewRow, [kind: string, name: string]>(
  'read_circuit_breaker',
  `select ${BREAKER} from circuit_breakers b where b.kind = $1 and b.name = $2`,
);

/** The latest, newest first. */
export const readBreakerEvents = statement<BreakerEventRow, [kind: string, name: string]>(
  'read_circuit_breaker_events',
  `select event_id, from_state, to_state, calls, failures, actor, occurred_at from circuit_breaker_events
   where kind = $1 and name = $2 order by event_id desc limit 100`,
);

export const readNotClosed = statement<{ kind: BreakerKind; name: string; state: BreakerState }>(
  'read_not_closed_circuit_breakers',
  `select kind, name, state from circuit_breakers where state <> 'closed'`,
);
