import type {
  ExecutionStatus,
  FailureStrategy,
  JsonObject,
  LoadBalancingStrategy,
} from '#engine/graph';
import { statement } from '#persistence';

/** An execution under lock: what its progress depends on. */
export interface LockedExecution {
  execution_id: string;
  overall_status: ExecutionStatus;
  failure_strategy: FailureStrategy;
  max_concurrent_tasks: number;
  total_tasks: number;
  tasks_completed: number;
  tasks_failed: number;
  /** Handed out and not ended. */
  tasks_running: number;
  retry_round: number;
  last_turn: number;
  strategy: LoadBalancingStrategy;
  resource_constraints: JsonObject;
  synchronization_failed: boolean;
  instance_id: string | null;
  step_execution_id: string | null;
  correlation_id: string | null;
  has_points: boolean;
  compensate: boolean;
  /** The execution that undoes it, and the one that it undoes. */
  compensated_by: string | null;
  compensates: string | null;
}

/** @param from executions as `e` */
export const lockedExecutions = (from: string): string => `
  select e.execution_id, e.overall_status, e.failure_strategy, e.max_concurrent_tasks, e.total_tasks,
         e.tasks_completed, e.tasks_failed, e.tasks_running, e.retry_round, e.last_turn, e.synchronization_failed,
         e.load_balancing_config ->> 'strategy' as strategy,
         coalesce(e.load_balancing_config -> 'resource_constraints', '{}') as resource_constraints,
         e.instance_id, e.step_execution_id, e.correlation_id,
         e.compensate, e.compensated_by, e.compensates,
         -- no 'exists': PostgreSQL may look that up in a hash of the whole table
         (select true from synchronization_points p where p.execution_id = e.execution_id limit 1) is not null as has_points
  from ${from} e`;

export const LOCKED = lockedExecutions('parallel_executions');

/** Always in the order of ids, so that two transactions cannot wait for each other. */
export const lockExecutions = statement<LockedExecution, [readonly string[]]>(
  'lock_executions',
  `${LOCKED} where e.execution_id = any($1::text[]) order by e.execution_id for update of e`,
);

export interface ReleasedTasks {
  execution_id: string;
  handler_kind: 'builtin' | 'worker';
  /** 0 but for a `delay` handler. */
  delay_ms: number;
  tasks: number;
  /** The latest of their turns. */
  last_turn: number;
}

const DELAY_MS = `case when r.handler ->> 'type' = 'delay' then (r.handler ->> 'duration_ms')::float8 else 0 end`;

const waitingTurn = (condition: string, order: 'asc' | 'desc', since: string): string => `(
    select turn from task_executions
    where tenant_id = present_tenant() and ${condition}
      and status in ('ready', 'retrying') and released_at is not null ${since}
    order by turn ${order} limit 1)`;

/**
 * Of what may be claimed now: what waits for its next attempt, or for a breaker, was served long ago, and would have
 * newcomers begin there. Where nothing may be, of that. (The index answers: statement_timestamp() is stable.)
 */
const turnAmong = (condition: string, order: 'asc' | 'desc'): string =>
  `coalesce(${waitingTurn(condition, order, 'and available_at <= statement_timestamp()')}, ${waitingTurn(condition, order, '')})`;

const turnOf = (order: 'asc' | 'desc'): string => `
  case when handler_kind = 'builtin' then ${turnAmong(`handler_kind = 'builtin'`, order)}
    else ${turnAmong(`handler_kind = 'worker' and task_type = k.task_type`, order)} end`;

/**
 * Of what is handed out and not claimed, by who may claim it: the turn that is being served, and the one after the last.
 * @param tasks rows with handler_kind and task_type
 */
export const turns = (tasks: string): string => `
  select handler_kind, task_type, coalesce(${turnOf('asc')}, 0) as served, coalesce(${turnOf('desc')} + 1, 0) as next
  from (select distinct handler_kind, task_type from ${tasks}) k`;

/**
 * The first turn of an execution under `round_robin`, of `turns`: behind the round that is being served. Were it in that
 * round, one that others join again and again would never end, and who was served in it would not be served again.
 */
export const FIRST_TURN = 'least(served + 1, next)';

/** @param picked tasks, and how their turn follows from that of those who wait */
const releasing = (picked: string, turn: string): string => `
  with picked as materialized (${picked}), turns as materialized (${turns('picked')}), released as (
    update task_executions t
    set released_at = clock_timestamp(), turn = ${turn},
        available_at = clock_timestamp() + picked.delay_ms * interval '1 millisecond'
    from picked join turns using (handler_kind, task_type)
    where t.task_execution_id = picked.task_execution_id
    returning t.execution_id, t.handler_kind, t.turn, picked.delay_ms
  )
  select execution_id, handler_kind, delay_ms, count(*)::int as tasks, max(turn) as last_turn
  from released group by execution_id, handler_kind, delay_ms`;

/**
 * Hands out ready tasks: so many ($2) of each execution ($1), the largest priority first. A delay begins here.
 * The turn is the one that is being served; under `round_robin` ($3) every task of an execution gets a turn of its own,
 * after its last ($4; -1: it had none), but none further behind than at the end of the line.
 */
export const releaseTasks = statement<
  ReleasedTasks,
  [readonly string[], readonly number[], readonly string[], readonly number[]]
>(
  'release_tasks',
  releasing(
    `
    select ready.*, free.strategy, free.last_turn
    from unnest($1::text[], $2::int[], $3::text[], $4::bigint[]) as free(execution_id, slots, strategy, last_turn)
    cross join lateral (
      select r.task_execution_id, r.handler_kind, r.task_type, ${DELAY_MS} as delay_ms,
             row_number() over (order by r.priority desc, r.ordinal) as place
      from task_executions r
      where r.execution_id = free.execution_id and r.status = 'ready' and r.released_at is null
      order by r.priority desc, r.ordinal
      limit free.slots
    ) ready`,
    `case when picked.strategy <> 'round_robin' then served
          when picked.last_turn < 0 then ${FIRST_TURN} + place - 1
          else least(greatest(picked.last_turn + 1, served), next) + place - 1 end`,
  ),
);

/** Hands out these tasks. */
export const releaseChosen = statement<ReleasedTasks, [readonly string[]]>(
  'release_chosen_tasks',
  releasing(
    `select r.task_execution_id, r.handler_kind, r.task_type, ${DELAY_MS} as delay_ms
     from task_executions r where r.task_execution_id = any($1::uuid[])`,
    'served',
  ),
);

export interface ResourceNeed {
  /** Null: it is handed out. */
  task_execution_id: string | null;
  resource_requirements: JsonObject;
}

const HANDED_OUT = `
  (select null::uuid as task_execution_id, resource_requirements from task_executions
   where execution_id = $1 and strategy = 'resource_aware' and released_at is not null)`;

/** Of one execution under `resource_aware`: what is handed out, and the first of what is ready, in its order. */
export const readResourceNeeds = statement<ResourceNeed, [string, number]>(
  'read_resource_needs',
  `
  ${HANDED_OUT}
  union all
  (select task_execution_id, resource_requirements from task_executions
   where execution_id = $1 and status = 'ready' and released_at is null
   order by priority desc, ordinal
   limit $2)`,
);

const NEEDING = `execution_id = $1 and status = 'ready' and released_at is null and needs_key`;

/**
 * The same, but of what is ready the first few ($3) of each of so many ($2) kinds of needs: what is small is found behind
 * however many that are alike and do not fit. The index is read once a kind.
 */
export const readNeedsByKind = statement<ResourceNeed, [string, number, number]>(
  'read_resource_needs_by_kind',
  `
  with recursive kinds as (
    (select needs_key from task_executions where ${NEEDING} is not null order by needs_key limit 1)
    union all
    select (select t.needs_key from task_executions t where ${NEEDING} > kinds.needs_key order by t.needs_key limit 1)
    from kinds where kinds.needs_key is not null
  )
  ${HANDED_OUT}
  union all
  (select task_execution_id, resource_requirements
   from (select needs_key as kind from kinds where needs_key is not null limit $2) k
   cross join lateral (
     select task_execution_id, resource_requirements, priority, ordinal from task_executions
     where ${NEEDING} = k.kind
     order by priority desc, ordinal
     limit $3) r
   order by priority desc, ordinal)`,
);

/** Of a task (`t`) that has not ended; its lease dies with it. */
export const CANCELLED = `
  set status = 'cancelled', end_time = clock_timestamp(), lock_token = null, lock_expires_at = null, timeout_at = null,
      released_at = null, parked_on = null,
      execution_time_seconds = case when t.status = 'running'
        then extract(epoch from clock_timestamp() - t.start_time)::float8 else t.execution_time_seconds end`;

/** Everything of these executions that has not ended is cancelled. */
export const cancelOpenTasks = statement<
  { execution_id: string; task_id: string },
  [readonly string[]]
>(
  'cancel_open_tasks',
  `
  update task_executions t
  ${CANCELLED}
  where execution_id = any($1::text[]) and status in ('pending', 'ready', 'running', 'retrying')
  returning execution_id, task_id`,
);

/** @param item a task: an item of a fan-out that is out of attempts */
const isFailedItem = (item: string): string =>
  `${item}.fan_out_of is not null and ${item}.status = 'completed' and ${item}.error_message is not null`;

/**
 * Tasks (`t`) that are set back, those in one of the statuses $2 and the failed items of those that gather, with how
 * many they wait for and whether they have a place: of a fan-out that takes only so many items at a time none is in hand
 * then, and the first have one.
 */
export const settingBack = (condition: string): string => `
    select t.task_execution_id, t.execution_id, t.status = 'completed' as is_failed_item,
           count(d.depends_on) filter (
             where other.status <> 'completed' or other.fan_out_of = t.task_id and ${isFailedItem('other')})::int as tasks,
           t.fan_out_concurrency is null or t.fan_out_concurrency >= row_number() over (
             partition by t.execution_id, t.fan_out_of order by t.item_index) as has_place
    from task_executions t
    left join task_dependencies d on d.task_execution_id = t.task_execution_id
    left join task_executions other on other.task_execution_id = d.depends_on
    where ${condition} and (t.status = any($2::text[]) or ${isFailedItem('t')} and exists (
      select from task_executions gather
      where gather.execution_id = t.execution_id and gather.task_id = t.fan_out_of and gather.status = any($2::text[])))
    group by t.task_execution_id`;

export interface TasksSetBack {
  execution_id: string;
  /** Of them, those that counted as completed. */
  failed_items: number;
}

/** Of the tasks that `set_back` gives. */
export const SET_BACK = `
  select execution_id, count(*) filter (where is_failed_item)::int as failed_items from set_back group by execution_id`;

/** Sets back what is in one of the statuses $2 and gives it fresh attempts; dependencies are counted anew. */
export const resetTasks = statement<TasksSetBack, [readonly string[], readonly string[]]>(
  'reset_tasks',
  `
  with unmet as (${settingBack('t.execution_id = any($1::text[])')}
  ), set_back as (
    update task_executions t
    set status = case when unmet.tasks = 0 and has_place then 'ready' else 'pending' end, unmet_dependencies = unmet.tasks,
        attempt = 0, retry_count = 0, first_started_at = null, released_at = null, lock_token = null, worker_id = null, start_time = null,
        end_time = null, execution_time_seconds = null, available_at = clock_timestamp()
    from unmet
    where t.task_execution_id = unmet.task_execution_id
    returning t.execution_id, is_failed_item
  )
  ${SET_BACK}`,
);

export interface ExecutionEvent {
  execution_id: string;
  event_type: string;
  task_id: string | null;
  payload: JsonObject;
}

/** Of the tasks of an execution, `t`. */
export const FIGURES_OF_TASKS = `jsonb_build_object(
               'avg_task_seconds', avg(t.execution_time_seconds) filter (where t.status = 'completed'),
               'max_task_seconds', max(t.execution_time_seconds) filter (where t.status = 'completed'),
               'retries', coalesce(sum(greatest(t.attempt - 1, 0)), 0))`;

/** $1: the executions as they stand now (of `LockedExecution`), `end_reason`, `told` and `ended`; $2: events, in their order. */
export const saveProgress = statement<object, [string, string]>(
  'save_progress',
  `
  with saved as (
    update parallel_executions e
    set overall_status = n.overall_status, tasks_completed = n.tasks_completed, tasks_failed = n.tasks_failed,
        tasks_running = n.tasks_running, retry_round = n.retry_round, last_turn = n.last_turn,
        synchronization_failed = n.synchronization_failed,
        execution_progress_percentage = 100.0 * n.tasks_completed / n.total_tasks,
        end_reason = n.end_reason, compensated_by = n.compensated_by, compensating = n.compensated_by is not null,
        instance_notified_at = case when n.told then clock_timestamp() else e.instance_notified_at end,
        actual_completion_time = case when n.ended then clock_timestamp() end,
        output = case when n.ended and n.step_execution_id is not null
          then jsonb_build_object('tasks', coalesce(work.outputs, '{}')) end,
        performance_metrics = case when n.ended
          then e.performance_metrics || work.figures || jsonb_build_object(
            'elapsed_seconds', extract(epoch from clock_timestamp() - e.start_time)::float8 - e.idle_seconds)
          else e.performance_metrics end
    from jsonb_to_recordset($1::jsonb) as n(
      execution_id text, overall_status text, total_tasks int, tasks_completed int, tasks_failed int,
      tasks_running int, retry_round int, last_turn bigint, synchronization_failed boolean, end_reason text, step_execution_id uuid,
      told boolean, ended boolean, compensated_by text)
    cross join lateral (
      select jsonb_object_agg(t.task_id, t.output_data)
               filter (where t.status = 'completed' and t.fan_out_of is null) as outputs,
             ${FIGURES_OF_TASKS} as figures
      from task_executions t where t.execution_id = n.execution_id and n.ended) work
    where e.execution_id = n.execution_id
  )
  insert into execution_events (execution_id, event_type, task_id, payload)
  select execution_id, event_type, task_id, payload
  from rows from (jsonb_to_recordset($2::jsonb) as (
    execution_id text, event_type text, task_id text, payload jsonb)) with ordinality
    as v(execution_id, event_type, task_id, payload, place)
  order by place`,
);
