import type { Arm } from '#engine/canary';
import { type CanaryArm, statement } from '#persistence';

/** Ten-thousandths in which an instance lies, always the same for one modification. */
export const CANARY_PLACE = `
  mod(hashtextextended(w.instance_id::text || m.modification_id, 0) & 9223372036854775807, 10000)`;

/**
 * Assigns every open instance that may be moved to an arm, so that both arms count from a moment at which an instance
 * was running. Those that a wider stage takes in count as canary from now on.
 */
export const assignCases = statement<never, [modification_id: string]>(
  'assign_canary_cases',
  `insert into canary_cases as c (modification_id, instance_id, arm)
   select m.modification_id, w.instance_id,
     case when ${CANARY_PLACE} < m.canary_percentage * 100 then 'canary' else 'control' end
   from runtime_modifications m
   join workflow_instances w on w.workflow_id = m.workflow_id and w.status in ('running', 'suspended')
     and w.version_number < m.to_version
   left join canary_cases known on known.modification_id = m.modification_id
     and known.instance_id = w.instance_id
   where m.modification_id = $1 and m.canary_percentage is not null and m.move_status = 'in_progress'
     and (known.instance_id is null
       or (known.arm = 'control' and ${CANARY_PLACE} < m.canary_percentage * 100))
   on conflict (modification_id, instance_id) do update set arm = excluded.arm, assigned_at = now()`,
);

/** Keeps a look short; the latest say most. */
const MOST_TIMES = 20_000;

export const readArms = statement<
  Omit<Arm, 'step_minutes'> & { arm: CanaryArm },
  [modification_id: string]
>(
  'read_canary_arms',
  `select arm, count(*)::int as instances,
     (count(*) filter (where ended))::int as ended, (count(*) filter (where failed))::int as failed,
     (count(*) filter (where missed))::int as missed, (count(*) filter (where ended or missed))::int as missable
   from (
     select c.arm, w.ended_at is not null as ended, w.status in ('failed', 'timed_out') as failed,
       w.status = 'timed_out' or exists (
         select from step_executions s
         where s.instance_id = w.instance_id and s.due_at > c.assigned_at
           and s.due_at < coalesce(s.ended_at, now())) as missed
     from canary_cases c
     join workflow_instances w on w.instance_id = c.instance_id
     where c.modification_id = $1) counted
   group by arm`,
);

export const readStepMinutes = statement<
  { arm: CanaryArm; step_id: string; minutes: number[] },
  [modification_id: string]
>(
  'read_canary_step_minutes',
  `select arm, step_id, array_agg(minutes) as minutes
   from (
     select c.arm, s.step_id, (extract(epoch from s.ended_at - s.entered_at) / 60)::float8 as minutes
     from canary_cases c
     join step_executions s on s.instance_id = c.instance_id
     where c.modification_id = $1 and s.status = 'completed' and s.entered_at >= c.assigned_at
     order by s.ended_at desc
     limit ${MOST_TIMES}) latest
   group by arm, step_id`,
);

export const readClock = statement<{ now: Date }, []>('read_clock', 'select now() as now');

/** @param percentage null: it is tried no more */
export const saveCanary = statement<
  never,
  [modification_id: string, canary: string, percentage: number | null]
>(
  'save_canary',
  `update runtime_modifications set canary = $2, canary_percentage = $3, updated_at = now()
   where modification_id = $1`,
);

/** It is for all now: moved to, and watched from here. */
export const endTrial = statement<never, [modification_id: string, canary: string]>(
  'end_canary_trial',
  `update runtime_modifications set
     canary = $2, canary_percentage = null, moving_since = null,
     monitoring_active = monitoring_duration_minutes > 0,
     monitoring_until = now() + monitoring_duration_minutes * interval '1 minute',
     updated_at = now()
   where modification_id = $1`,
);

/** The modification of a workflow that is being tried on a share of its instances. */
export const findTrial = statement<{ modification_id: string }, [workflow_id: string]>(
  'find_canary_trial',
  `select modification_id from runtime_modifications
   where workflow_id = $1 and canary_percentage is not null`,
);
