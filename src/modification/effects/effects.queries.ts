import { statement } from '#persistence';

import type { EffectCounts, Reversal } from './effects.dto.js';

/**
 * The time that is taken back, of each instance: from when it was moved to the version (or began on it) until it
 * returned. While the modification is applied, or instances are on their way back: until now, of those still on it.
 */
const TAKEN = `
  select v.instance_id, coalesce(f.moved_at, w.started_at) as since, v.moved_at as until
  from modification_moves v
  join workflow_instances w on w.instance_id = v.instance_id
  left join modification_moves f on f.modification_id = v.modification_id and f.round = v.round - 1
    and f.instance_id = v.instance_id and f.outcome = 'moved'
  where v.modification_id = $1 and v.direction = 'back' and v.outcome = 'moved'
  union all
  select w.instance_id, coalesce(f.moved_at, w.started_at), null
  from runtime_modifications m
  join workflow_instances w on w.workflow_id = m.workflow_id and w.version_number = m.to_version
    and w.status in ('running', 'suspended')
  left join modification_moves f on f.modification_id = m.modification_id and f.instance_id = w.instance_id
    and f.outcome = 'moved' and f.round = case when m.status = 'applied' then m.move_round else m.move_round - 1 end
  where m.modification_id = $1 and (m.status = 'applied' or m.move_status in ('in_progress', 'paused'))`;

/** Work that reaches outside: not what only waits, and no call that by its method changes nothing. */
const OUTSIDE = `
  t.handler ->> 'type' in ('http', 'graphql', 'notification', 'worker')
  and not (t.handler ->> 'type' = 'http' and upper(t.handler ->> 'method') in ('GET', 'HEAD', 'OPTIONS'))`;

/** Of the task `t`; `u` is the one that undoes it. */
const REVERSAL = `
  case when u.status = 'completed' then 'compensated'
    when t.compensation is not null and t.status = 'completed' then 'reversible'
    else 'irreversible' end`;

const FROM = `
  join parallel_executions e on e.instance_id = k.instance_id
  join task_executions t on t.execution_id = e.execution_id and t.start_time is not null
    and t.start_time < coalesce(k.until, now()) and coalesce(t.end_time, now()) >= k.since and ${OUTSIDE}
  left join task_executions u on u.execution_id = e.compensated_by and u.task_id = t.task_id`;

export interface EffectRow {
  instance_id: string;
  workflow_instance_id: string;
  step_id: string;
  execution_id: string;
  task_execution_id: string;
  task_id: string;
  task_name: string;
  task_type: string;
  handler: string;
  status: string;
  attempts: number;
  started_at: Date;
  ended_at: Date | null;
  reversal: Reversal;
  compensated_by: string | null;
  work_goes_on: boolean;
  taken_back_at: Date | null;
}

/** By instance, oldest instance first. */
export const listEffects = statement<
  EffectRow,
  [
    modification_id: string,
    after_instance_id: string | null,
    after_task_execution_id: string | null,
    limit: number,
  ]
>(
  'list_taken_back_effects',
  `select k.instance_id, w.workflow_instance_id, t.step_id, t.execution_id, t.task_execution_id, t.task_id, t.task_name,
     t.task_type, t.handler ->> 'type' as handler, t.status, t.attempt as attempts, t.start_time as started_at,
     t.end_time as ended_at, ${REVERSAL} as reversal, e.compensated_by,
     coalesce(e.step_execution_id::text = w.current_step ->> 'step_execution_id', false) as work_goes_on,
     k.until as taken_back_at
   from (
     select * from (${TAKEN}) k
     where $2::uuid is null or k.instance_id >= $2
     order by k.instance_id) k
   join workflow_instances w on w.instance_id = k.instance_id
   ${FROM}
   where $2::uuid is null or (k.instance_id, t.task_execution_id) > ($2, $3::uuid)
   order by k.instance_id, t.task_execution_id
   limit $4`,
);

const COUNTED = `
  select (count(*) filter (where reversal = 'reversible'))::int as reversible,
    (count(*) filter (where reversal = 'compensated'))::int as compensated,
    (count(*) filter (where reversal = 'irreversible'))::int as irreversible
  from (select ${REVERSAL} as reversal from (${TAKEN}) k ${FROM}) counted`;

export const countEffects = statement<EffectCounts, [modification_id: string]>(
  'count_taken_back_effects',
  COUNTED,
);

/** Keeps their counts with the modification, so that whoever reads its status pays nothing for them. */
export const recordEffects = statement<never, [modification_id: string]>(
  'record_taken_back_effects',
  `update runtime_modifications m set taken_back_effects = to_jsonb(c), updated_at = now()
   from (${COUNTED}) c where m.modification_id = $1`,
);
