import { HAS_EFFECT } from './load.mjs';

/** What the tables and the receiver say, against each other. @returns figures, and what is wrong */
export async function audit(query, { answered, receiver, began }) {
  const [executions] = await query(
    `select count(*)::int as stored,
            count(*) filter (where overall_status = 'completed')::int as completed,
            count(*) filter (where actual_completion_time is null)::int as open,
            count(*) filter (where tasks_completed <> total_tasks or tasks_running <> 0 or tasks_failed <> 0)::int
              as miscounted
     from parallel_executions`,
  );
  const [tasks] = await query(
    `select count(*)::int as stored, count(*) filter (where status = 'completed')::int as completed,
            count(*) filter (where lock_expires_at is not null)::int as leases,
            count(*) filter (where attempt > 1)::int as tried_again,
            count(*) filter (where status = 'completed' and handler ->> 'type' <> 'delay'
              and output_data #>> '{body,key}' is distinct from task_execution_id::text)::int as wrong_results
     from task_executions`,
  );
  const [events] = await query(
    `select count(*)::int as recorded, count(distinct (execution_id, task_id))::int as of_tasks
     from execution_events where event_type = 'task_completed'`,
  );
  const [points] = await query(
    `select count(*) filter (where status <> 'reached')::int as unreached from synchronization_points`,
  );
  const [timing] = await query(
    `select count(*) filter (where start_time > now() + interval '1 minute' or end_time > now() + interval '1 minute'
              or start_time < $1::timestamptz - interval '1 minute')::int as by_wrong_clock
     from task_executions`,
    [began],
  );
  const effects = await query(
    `select task_execution_id from task_executions where status = 'completed' and ${HAS_EFFECT}`,
  );
  const missing = effects.filter(({ task_execution_id }) => !receiver.calls.has(task_execution_id));
  const stored = new Set(
    (await query('select execution_id from parallel_executions')).map((row) => row.execution_id),
  );
  const lost = answered.filter((id) => !stored.has(id));
  const rules = {
    'requests answered but not stored': lost.length,
    'executions stored but not answered': executions.stored - answered.length,
    'executions that have not ended': executions.open,
    'executions that did not complete': executions.stored - executions.completed,
    'executions with wrong counts': executions.miscounted,
    'tasks that did not complete': tasks.stored - tasks.completed,
    'tasks recorded more or less than once':
      Math.abs(events.recorded - tasks.completed) + events.recorded - events.of_tasks,
    'tasks with the result of another': tasks.wrong_results,
    'leases left': tasks.leases,
    'points not reached': points.unreached,
    'effects missing': missing.length,
    'effects of nobody': receiver.calls.size - effects.length,
    'times by a wrong clock': timing.by_wrong_clock,
  };
  return {
    figures: {
      requests_answered: answered.length,
      executions_stored: executions.stored,
      executions_ended: executions.stored - executions.open,
      tasks: tasks.stored,
      tasks_completed: tasks.completed,
      tasks_tried_again: tasks.tried_again,
      effects: receiver.calls.size,
    },
    wrong: Object.entries(rules).filter(([, count]) => count !== 0),
  };
}
