import { statement } from '#persistence';

export interface TimerRow {
  timer_id: string;
  kind: string;
  due_at: Date;
  instance_id: string | null;
  step_execution_id: string | null;
  execution_id: string | null;
  payload: Record<string, unknown>;
}

/** Due `after_seconds` from now, by the database's clock. */
export const insertTimer = statement<
  { due_at: Date },
  [
    timer_id: string,
    kind: string,
    after_seconds: number,
    instance_id: string | null,
    step_execution_id: string | null,
    execution_id: string | null,
    payload: string,
  ]
>(
  'insert_timer',
  `insert into timers (timer_id, kind, due_at, instance_id, step_execution_id, execution_id, payload)
   values ($1, $2, now() + $3 * interval '1 second', $4, $5, $6, $7)
   returning due_at`,
);

export const deleteStepTimers = statement<never, [step_execution_id: string, instance_id: string]>(
  'delete_step_timers',
  `delete from timers where instance_id = $2 and step_execution_id = $1`,
);

export const deleteInstanceTimers = statement<never, [instance_id: string]>(
  'delete_instance_timers',
  `delete from timers where instance_id = $1`,
);

/** Takes one due timer, which nobody else then gets; it comes back when the transaction does not commit. */
export const takeDueTimer = statement<TimerRow, [kinds: readonly string[]]>(
  'take_due_timer',
  `delete from timers where timer_id = (
     select timer_id from timers
     where due_at <= now() and paused_at is null and kind = any($1)
     order by due_at
     limit 1
     for update skip locked)
   returning timer_id, kind, due_at, instance_id, step_execution_id, execution_id, payload`,
);

/** Puts a timer whose handler failed aside, so that it does not hold up those behind it. */
export const postponeTimer = statement<never, [timer_id: string, after_seconds: number]>(
  'postpone_timer',
  `update timers set due_at = now() + $2 * interval '1 second' where timer_id = $1`,
);
