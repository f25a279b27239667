// `npm run bench:migration -- [--instances 10000]`: how many running instances a second a change moves,
// there and back, while nothing else happens, and what CPU each costs (Linux). Needs `dist`.
import os from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { BenchService } from './service.mjs';

const { values } = parseArgs({ options: { instances: { type: 'string', default: '10000' } } });
const COUNT = Number(values.instances);
const IN_FLIGHT = 64;
const STARTED = 1_000;
const OF_INSTANCE = `
  jsonb_build_object('instance_id', c.instance_id, 'step_execution_id', c.step_execution_id)`;

const step = (step_id, order_sequence, more = {}) => ({
  step_id,
  step_name: step_id,
  step_type: 'user_task',
  order_sequence,
  ...more,
});

const service = await BenchService.start({ LOG_LEVEL: 'error' });
const pool = new pg.Pool({ connectionString: service.databaseUrl, max: 1 });
try {
  const { workflow_id } = await service.call('POST', '/multi-step/create', {
    workflow_name: 'Moving',
    category: 'bench',
    steps: [step('request', 1, { auto_escalation_hours: 8 }), step('close', 2)],
  });
  await startAll(workflow_id);
  await pool.query('analyze');
  const before = service.cpu();
  const { modification_result } = await service.call('POST', '/dynamic/modify', {
    workflow_modification: {
      workflow_id,
      modification_type: 'add_step',
      step_modifications: [
        {
          step_id: 'file',
          modification_type: 'add_step',
          insert_after_step: 'request',
          new_configuration: { step_name: 'File', step_type: 'user_task' },
        },
      ],
      reason: 'To see how fast instances move.',
      requested_by: 'bench',
      emergency_change: true,
    },
    apply_to: 'all',
    auto_apply: true,
    rollback_strategy: 'immediate',
    monitoring_duration_minutes: 0,
  });
  const id = modification_result.modification_id;
  const rows = [await timed(id, 1, 'to the new version', before)];
  const used = service.cpu();
  await service.call('POST', `/dynamic/rollback/${id}`, {});
  rows.push(await timed(id, 2, 'back, restored', used));
  console.log(
    `# ${new Date().toISOString().slice(0, 10)} · ${os.cpus().length} cores, ${Math.round(os.totalmem() / 2 ** 30)} GiB, Node ${process.version}, load ${os.loadavg()[0].toFixed(1)}`,
  );
  console.table(rows);
} finally {
  await pool.end();
  await service.stop();
}

/** The first are started as clients do; the others are copies of their rows, under ids of their own. */
async function startAll(workflow_id) {
  const started = Math.min(COUNT, STARTED);
  let left = started;
  const starter = async () => {
    while (left > 0) {
      left -= 1;
      const data = { amount: left, note: 'what an instance may hold' };
      await service.call('POST', `/workflows/${workflow_id}/instances`, { data });
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, starter));
  await pool.query(
    `create temporary table copies as
     select w.instance_id as of, w.current_step ->> 'step_execution_id' as of_step, uuidv7() as instance_id,
       uuidv7() as step_execution_id, uuidv7() as timer_id
     from (select *, row_number() over () as place from workflow_instances where workflow_id = $1) w
     join generate_series(1, $2::int) as copy (number) on copy.number % $3::int + 1 = w.place`,
    [workflow_id, COUNT - started, started],
  );
  await copy(
    'workflow_instances',
    'r.instance_id = c.of',
    `jsonb_build_object(
    'instance_id', c.instance_id, 'workflow_instance_id', c.instance_id,
    'current_step', r.current_step || jsonb_build_object('step_execution_id', c.step_execution_id))`,
  );
  await copy('step_executions', 'r.step_execution_id::text = c.of_step', OF_INSTANCE);
  await copy('instance_events', 'r.instance_id = c.of', OF_INSTANCE);
  await copy(
    'timers',
    'r.instance_id = c.of',
    `${OF_INSTANCE} || jsonb_build_object(
    'timer_id', case r.kind when 'step_escalation' then c.timer_id else gen_random_uuid() end)`,
  );
}

async function copy(table, where, changed) {
  await pool.query(
    `insert into ${table} select n.* from copies c join ${table} r on ${where}
     cross join lateral jsonb_populate_record(null::${table}, to_jsonb(r) || ${changed}) n`,
  );
}

/** From the first batch to the last. What it waits by is no count, which would grow with what is moved. */
async function timed(id, round, moves, used) {
  for (;;) {
    const { rows } = await pool.query(
      `select 1 from runtime_modifications
       where modification_id = $1 and move_status = 'completed' and move_round = $2`,
      [id, round],
    );
    if (rows.length > 0) break;
    await pause(500);
  }
  const spent = service.cpu();
  const { rows } = await pool.query(
    `select count(*)::int as moved,
       extract(epoch from max(v.moved_at) - (select moving_since from runtime_modifications where modification_id = $1))::float8
         as seconds
     from modification_moves v
     where v.modification_id = $1 and v.round = $2 and v.outcome = 'moved'`,
    [id, round],
  );
  const [{ seconds, moved }] = rows;
  const { rows: tenths } = await pool.query(
    `select round(count(*) / extract(epoch from max(moved_at) - min(moved_at)))::int as rate
     from (
       select moved_at, ntile(10) over (order by moved_at) as tenth from modification_moves
       where modification_id = $1 and round = $2 and outcome = 'moved') v
     group by tenth order by tenth`,
    [id, round],
  );
  const each = (of) => (((spent?.[of] ?? NaN) - (used?.[of] ?? NaN)) / moved).toFixed(2);
  return {
    moves,
    instances: moved,
    seconds: seconds.toFixed(1),
    'instances/s': Math.round(moved / seconds),
    'first tenth': tenths.at(0).rate,
    'last tenth': tenths.at(-1).rate,
    'service CPU ms': each('service'),
    'PostgreSQL CPU ms': each('postgres'),
  };
}
