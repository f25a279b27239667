import { isDeepStrictEqual } from 'node:util';
import { evolve, NEW_INSTANCE } from '#engine/instance';

/** What an instance is, apart from the ids of the rows that hold it. Deadlines to the millisecond, as they are kept. */
const WHOLE = `
  md5(jsonb_build_array(w.status, w.data, w.current_step - '{step_execution_id,entry}'::text[],
    date_trunc('milliseconds', w.due_at), date_trunc('milliseconds', s.due_at),
    (select jsonb_object_agg(e.key, e.value) from jsonb_each(w.step_entries) e
     where e.value::int > 0 and e.key <> w.current_step_id))::text)`;

/** Every open instance as it is now: how far its history goes, and a hash of the rest. */
export async function remember(query, workflow_id) {
  const rows = await query(
    `select w.instance_id, w.last_sequence, ${WHOLE} as hash
     from workflow_instances w
     left join step_executions s on s.step_execution_id = (w.current_step ->> 'step_execution_id')::uuid
     where w.workflow_id = $1 and w.status in ('running', 'suspended')`,
    [workflow_id],
  );
  return new Map(rows.map((row) => [row.instance_id, row]));
}

/**
 * Instances to which since then nothing has happened but moves by the operator, against what they were.
 * @returns how many there are, and which of them are not the same
 */
export async function compare(query, workflow_id, remembered, operator) {
  const now = await remember(query, workflow_id);
  const touched = new Set(
    (
      await query(
        `select distinct e.instance_id
         from jsonb_to_recordset($1) as r (instance_id uuid, last_sequence int)
         join instance_events e on e.instance_id = r.instance_id and e.sequence > r.last_sequence
         where e.actor <> $2`,
        [JSON.stringify([...remembered.values()]), operator],
      )
    ).map(({ instance_id }) => instance_id),
  );
  const untouched = [...remembered.values()].filter(
    ({ instance_id }) => now.has(instance_id) && !touched.has(instance_id),
  );
  const different = untouched.filter(({ instance_id, hash }) => now.get(instance_id).hash !== hash);
  return {
    untouched: untouched.length,
    different: different.map(({ instance_id }) => instance_id),
  };
}

/** Rows that contradict each other, by what is wrong about them. @param version that every open instance is to be on; null: any */
export async function audit(query, workflow_id, { instances, version }) {
  const wrong = {};
  for (const [what, sql] of Object.entries(CONTRADICTIONS)) {
    const rows = await query(sql, [workflow_id]);
    wrong[what] = rows.map(({ id }) => id);
  }
  const stored = await query(
    `select instance_id as id, version_number, status in ('running', 'suspended') as open
     from workflow_instances where workflow_id = $1`,
    [workflow_id],
  );
  wrong['instances lost'] = stored.length === instances ? [] : [instances - stored.length];
  wrong['open instances on another version'] = stored.flatMap((row) =>
    row.open && version !== null && row.version_number !== version ? [row.id] : [],
  );
  wrong['states that history does not lead to'] = await unlikeHistory(query, workflow_id);
  return Object.entries(wrong).filter(([, ids]) => ids.length > 0);
}

const OPEN_STEP = `s.status in ('ready', 'running', 'waiting')`;
const CONTRADICTIONS = {
  'failed instances': `select concat_ws(' ', instance_id::text, coalesce(end_reason, status), (
      select string_agg(concat_ws(' ', t.task_id, t.status, t.attempt::text, t.last_error::text), '; ')
      from parallel_executions e join task_executions t using (execution_id)
      where e.instance_id = i.instance_id and t.last_error is not null)) as id
    from workflow_instances i
    where workflow_id = $1 and status not in ('running', 'suspended', 'completed')`,
  'open instances that stand nowhere': `select instance_id as id from workflow_instances
    where workflow_id = $1 and status = 'running' and current_step is null`,
  'steps that the version does not have': `select w.instance_id as id from workflow_instances w
    where w.workflow_id = $1 and w.current_step_id is not null and not exists (
      select from step_configurations c
      where c.workflow_id = w.workflow_id and c.version_number = w.version_number and c.step_id = w.current_step_id)`,
  'not exactly the current step open': `select w.instance_id as id from workflow_instances w
    where w.workflow_id = $1 and (
      select array_agg(s.step_execution_id::text) from step_executions s
      where s.instance_id = w.instance_id and ${OPEN_STEP})
      is distinct from case when w.current_step is null then null
        else array[w.current_step ->> 'step_execution_id'] end`,
  'current steps on another version': `select w.instance_id as id from workflow_instances w
    join step_executions s on s.step_execution_id = (w.current_step ->> 'step_execution_id')::uuid
    where w.workflow_id = $1
      and (s.version_number, s.step_id) is distinct from (w.version_number, w.current_step_id)`,
  'current steps with roles of another version': `select w.instance_id as id from workflow_instances w
    join step_executions s on s.step_execution_id = (w.current_step ->> 'step_execution_id')::uuid
    join step_configurations c on c.workflow_id = w.workflow_id and c.version_number = w.version_number
      and c.step_id = w.current_step_id
    where w.workflow_id = $1 and (s.step_name, s.required_roles) is distinct from (c.step_name, c.required_roles)`,
  'machine steps without exactly one execution': `select w.instance_id as id from workflow_instances w
    where w.workflow_id = $1 and w.current_step ->> 'step_type' in ('automated', 'parallel')
      and 1 <> (select count(*) from parallel_executions p
        where p.step_execution_id = (w.current_step ->> 'step_execution_id')::uuid
          and (p.actual_completion_time is null or p.instance_notified_at is null))`,
  'executions of steps that were left': `select p.instance_id as id from parallel_executions p
    join step_executions s on s.step_execution_id = p.step_execution_id
    where p.workflow_id = $1 and p.actual_completion_time is null and not ${OPEN_STEP}`,
  'gaps in history': `select w.instance_id as id from workflow_instances w
    left join instance_events e on e.instance_id = w.instance_id
    where w.workflow_id = $1
    group by w.instance_id
    having count(e.*) <> w.last_sequence or max(e.sequence) <> w.last_sequence or min(e.sequence) <> 1`,
  'moves that history does not tell of, or tells of twice': `select w.instance_id as id from workflow_instances w
    left join lateral (
      select count(*) as moves from modification_moves v
      where v.instance_id = w.instance_id and v.outcome = 'moved' and v.direction <> 'bypass') v on true
    left join lateral (
      select count(*) as events from instance_events e
      where e.instance_id = w.instance_id and e.event_type in ('instance_migrated', 'instance_restored')) e on true
    where w.workflow_id = $1 and v.moves <> e.events`,
  'moves that failed': `select v.instance_id::text || ' ' || v.error_message as id from modification_moves v
    join workflow_instances w on w.instance_id = v.instance_id
    where w.workflow_id = $1 and v.outcome = 'failed'`,
};

async function unlikeHistory(query, workflow_id) {
  const rows = await query(
    `select w.instance_id, w.status, w.outcome, w.end_reason, w.data, w.current_step as current, w.step_entries,
       w.total_entries,
       (select jsonb_agg(e.payload || jsonb_build_object('type', e.event_type) order by e.sequence)
        from instance_events e where e.instance_id = w.instance_id) as events
     from workflow_instances w where w.workflow_id = $1`,
    [workflow_id],
  );
  return rows.flatMap(({ instance_id, events, ...state }) => {
    const replayed = events.reduce(evolve, NEW_INSTANCE);
    return isDeepStrictEqual(replayed, state) ? [] : [instance_id];
  });
}
