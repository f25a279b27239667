// `npm run test:faults:changes -- [--types add_step,…] [--instances 1000] [--minutes 30] [--queue redis] [--seed n]`:
// each type of modification on running instances spread over all steps, applied, taken back and applied again, while
// people and workers complete steps and processes are killed. Fails where an instance is not whole, on one version,
// as its history says, or cannot be brought to its end; or where one that nobody touched is not what it was. Needs `dist`.
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { freePort } from '../../../scripts/processes.mjs';
import { startRedis } from '../../../scripts/redis.mjs';
import { generator } from '../storm/generator.mjs';
import { serviceProcess } from '../storm/processes.mjs';
import { audit, compare, remember } from './audit.mjs';
import { Crowd } from './crowd.mjs';
import { CHANGES, definition, request, WAITING } from './kinds.mjs';
import { migrate } from '#persistence';
import { EmbeddedPostgres } from '#platform/postgres';

const { values } = parseArgs({
  options: {
    types: { type: 'string', default: Object.keys(CHANGES).join(',') },
    instances: { type: 'string', default: '1000' },
    minutes: { type: 'string', default: '30' },
    queue: { type: 'string', default: 'postgres' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const OPERATOR = 'operator';
const COUNT = Number(values.instances);
/** Of all instances, a second: slow enough that some are touched by nobody. */
const CALM = 0.04;
/** Steps that an instance has done on average when the change comes, so that some stand at each. */
const SPREAD = 2.4;
const SPREADING_MS = 5_000;
const STARTERS = 16;
const MOST_KILLS = 3;
/** Nobody found anything to do for so long: what is still open then is stuck, however slow the machine. */
const STUCK_MS = 30_000;

const began = Date.now();
const deadline = began + Number(values.minutes) * 60_000;
const random = generator(Number(values.seed));
const folder = mkdtempSync(path.join(tmpdir(), 'complex-workflows-changes-'));
// PostgreSQL may run below it under another account
chmodSync(folder, 0o755);
const say = (text) =>
  console.log(`${((Date.now() - began) / 1_000).toFixed(1).padStart(6)} s  ${text}`);

process.exitCode = 1;
const closing = [];
const wrong = [];
try {
  say(`seed ${values.seed}, ${COUNT} instances of each, queue on ${values.queue}`);
  const world = await build();
  for (const type of values.types.split(',')) {
    await change(world, type);
    if (Date.now() > deadline) wrong.push('The time is over.');
    if (wrong.length > 0) break;
  }
  const crashes = world.processes.flatMap((one) => one.crashes);
  for (const { name, code, signal, log } of crashes) {
    wrong.push(`${name} ended by itself: ${signal ?? code} ${log}`);
  }
  for (const refusal of world.crowd.refusals.slice(0, 5)) wrong.push(`refused: ${refusal}`);
  for (const what of wrong) console.log(`WRONG  ${what}`);
  if (wrong.length === 0) {
    console.log('Every instance is whole, and what nobody touched came back as it was.');
    process.exitCode = 0;
  }
} finally {
  for (const close of closing.reverse()) await close();
  rmSync(folder, { recursive: true, force: true });
}

async function change(world, type) {
  const { crowd, query } = world;
  const { workflow_id } = await crowd.ask('/multi-step/create', definition(`Changing by ${type}`));
  await start(world, workflow_id);
  const done = crowd.done;
  crowd.begin(workflow_id, COUNT);
  const positions = () =>
    query(
      `select distinct current_step_id as at from workflow_instances
       where workflow_id = $1 and status = 'running'`,
      [workflow_id],
    );
  const missing = (places) =>
    WAITING.filter((step_id) => !places.some((one) => one.at === step_id));
  await until(() => crowd.done - done > COUNT * SPREAD);
  // chance may leave a step empty just then
  await until(async () => missing(await positions()).length === 0, SPREADING_MS);
  await crowd.end();
  const check = async (when, version) => {
    for (const [what, ids] of await audit(query, workflow_id, { instances: COUNT, version })) {
      wrong.push(`${type}, ${when}: ${ids.length} ${what}, such as ${ids.slice(0, 3).join(' ')}`);
    }
  };
  await check('before', 1);
  for (const step_id of missing(await positions())) say(`${type}: nobody is at ${step_id}`);
  const before = await remember(query, workflow_id);
  const sent = await crowd.ask('/dynamic/modify', request(workflow_id, type));
  if (!sent) return;
  const id = sent.modification_result.modification_id;
  const bypass = type === 'emergency_bypass';
  const rounds = [['apply', { applied_by: OPERATOR }, bypass ? 1 : 2]];
  if (!bypass) rounds.push(['rollback', { requested_by: OPERATOR }, 1], ['reapply', undefined, 2]);
  for (const [round, [verb, body, version]] of rounds.entries()) {
    crowd.begin(workflow_id, COUNT * CALM);
    if (!(await crowd.ask(`/dynamic/${verb}/${id}`, body))) return crowd.end();
    const kills = await rage(world, id, round + 1);
    await crowd.end();
    await check(`after ${verb}`, version);
    if (verb !== 'rollback') {
      say(`${type}: ${verb}, ${kills} kills`);
      continue;
    }
    const { untouched, different } = await compare(query, workflow_id, before, OPERATOR);
    say(`${type}: ${verb}, ${kills} kills; ${untouched} that nobody touched are as they were`);
    if (different.length > 0) {
      wrong.push(
        `${type}: ${different.length} of ${untouched} are not what they were: ${different[0]}`,
      );
    }
    if (untouched === 0) wrong.push(`${type}: none was left untouched`);
  }
  crowd.begin(workflow_id, COUNT * 10);
  let seen = { done: -1, at: 0 };
  await until(async () => {
    if (crowd.done !== seen.done) seen = { done: crowd.done, at: Date.now() };
    return (await openOf(query, workflow_id)) === 0 || Date.now() - seen.at > STUCK_MS;
  });
  await crowd.end();
  const left = await openOf(query, workflow_id);
  if (left > 0) wrong.push(`${type}: ${left} instances are stuck`);
  await check('at the end', null);
  say(`${type}: all have come to their end`);
}

/** Processes are killed, the first when instances have begun to move, until the round is over. @returns how often */
async function rage({ processes, query }, id, round) {
  const moves = async () => {
    const [row] = await query(
      `select move_status as status, move_round as round,
         (select count(*)::int from modification_moves v
          where v.modification_id = m.modification_id and v.round = m.move_round) as moved
       from runtime_modifications m where modification_id = $1`,
      [id],
    );
    return row;
  };
  await until(async () => (await moves()).moved > 0, 20_000);
  let kills = 0;
  while ((await moves()).status !== 'completed' && Date.now() < deadline) {
    if (kills < MOST_KILLS) {
      kills += 1;
      const one = processes[Math.floor(random() * processes.length)];
      await one.kill(random() * 300);
    }
    await pause(100 + random() * 1_000);
  }
  const { round: now } = await moves();
  if (now !== round) wrong.push(`It is in round ${now}, not ${round}.`);
  return kills;
}

async function start({ crowd }, workflow_id) {
  let left = COUNT;
  const starter = async () => {
    while (left > 0) {
      left -= 1;
      const workflow_instance_id = `i${left}`;
      const amount = (left * 37) % 1_000;
      await crowd.ask(`/workflows/${workflow_id}/instances`, {
        workflow_instance_id,
        data: { amount },
      });
    }
  };
  await Promise.all(Array.from({ length: STARTERS }, starter));
}

async function openOf(query, workflow_id) {
  const [{ open }] = await query(
    `select count(*)::int as open from workflow_instances
     where workflow_id = $1 and status in ('running', 'suspended')`,
    [workflow_id],
  );
  return open;
}

async function until(holds, most_ms = Infinity) {
  const end = Math.min(deadline, Date.now() + most_ms);
  while (Date.now() < end && !(await holds())) await pause(20);
}

async function build() {
  const postgres_dir = path.join(folder, 'postgres');
  mkdirSync(postgres_dir);
  const postgres = await EmbeddedPostgres.start({
    data_dir: postgres_dir,
    note: () => {},
    warn: say,
  });
  closing.push(() => postgres.stop());
  await migrate(postgres.url);
  const env = { DATABASE_URL: postgres.url, HOST: '127.0.0.1', DATA_DIR: folder };
  if (values.queue === 'redis') {
    const redis = await startRedis(folder);
    closing.push(() => redis.stop());
    env.REDIS_URL = redis.url;
  }
  const apis = [];
  const processes = [];
  for (const name of ['one', 'two']) {
    const port = await freePort();
    apis.push(`http://127.0.0.1:${port}`);
    processes.push(serviceProcess(name, { ...env, PORT: String(port) }));
  }
  for (const one of processes) one.start();
  closing.push(() => Promise.all(processes.map((one) => one.stop())));
  const pool = new pg.Pool({ connectionString: postgres.url, max: 4 });
  // PostgreSQL may end a connection that is on its way out itself
  pool.on('error', () => undefined);
  closing.push(() => pool.end());
  const query = async (sql, parameters) => (await pool.query(sql, parameters)).rows;
  return { processes, query, crowd: new Crowd(apis, query, deadline) };
}
