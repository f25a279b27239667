// `npm run bench:migration -- [--instances 10000]`: how many running instances a second a change moves,
// there and back, while nothing else happens. Needs `dist`.
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { BenchService } from './service.mjs';

const { values } = parseArgs({ options: { instances: { type: 'string', default: '10000' } } });
const COUNT = Number(values.instances);
const IN_FLIGHT = 64;

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
  const rows = [await timed(id, 1, 'to the new version')];
  await service.call('POST', `/dynamic/rollback/${id}`, {});
  rows.push(await timed(id, 2, 'back, restored'));
  console.table(rows);
} finally {
  await pool.end();
  await service.stop();
}

async function startAll(workflow_id) {
  let left = COUNT;
  const starter = async () => {
    while (left > 0) {
      left -= 1;
      const data = { amount: left, note: 'what an instance may hold' };
      await service.call('POST', `/workflows/${workflow_id}/instances`, { data });
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, starter));
}

/** From the first batch to the last. */
async function timed(id, round, moves) {
  for (;;) {
    const { rows } = await pool.query(
      `select m.move_status as status, m.move_round as round, extract(epoch from last.at - m.moving_since)::float8 as seconds,
         last.moved
       from runtime_modifications m
       cross join lateral (
         select max(v.moved_at) as at, count(*)::int as moved from modification_moves v
         where v.modification_id = m.modification_id and v.round = $2 and v.outcome = 'moved') last
       where m.modification_id = $1`,
      [id, round],
    );
    const [{ status, seconds, moved }] = rows;
    if (status === 'completed' && rows[0].round === round) {
      return {
        moves,
        instances: moved,
        seconds: seconds.toFixed(1),
        'instances/s': Math.round(moved / seconds),
      };
    }
    await pause(200);
  }
}
