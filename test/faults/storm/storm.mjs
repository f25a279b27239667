// `npm run test:faults -- [--minutes 6] [--tasks 100000] [--seed n] [--pause 1.25]`: the service under load while its
// processes are killed and frozen, Redis is emptied and restarted, and PostgreSQL ends without a checkpoint, a fault every
// `pause` seconds or so. Ends by its own clock; then counts from the tables and from the receiver, and fails where
// anything was lost or recorded twice. Needs `dist`.
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import pg from 'pg';
import { freePort } from '../../../scripts/processes.mjs';
import { startRedis } from '../../../scripts/redis.mjs';
import { audit } from './audit.mjs';
import { generator } from './generator.mjs';
import { Load, TASK_TYPE, TASKS_EACH } from './load.mjs';
import { serviceProcess, StormProcess } from './processes.mjs';
import { StormReceiver } from './receiver.mjs';
import { migrate } from '#persistence';
import { EmbeddedPostgres } from '#platform/postgres';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '6' },
    tasks: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    pause: { type: 'string', default: '1.25' },
  },
});
const ONE_MINUTE_MS = 60_000;
const TEN_MINUTES_MS = 10 * ONE_MINUTE_MS;
/** Longer than a lease of 10 s, so that the task is somebody else's when the frozen one goes on. */
const FROZEN_MS = 12_000;
/** Of its time: load and faults, then only what is left to do. */
const STORMY = 0.6;
const TOLD_EVERY_MS = 15_000;
const IN_FLIGHT = 8;

const began = Date.now();
const deadline = began + Number(values.minutes) * 60_000;
const random = generator(Number(values.seed));
const folder = mkdtempSync(path.join(tmpdir(), 'complex-workflows-storm-'));
// PostgreSQL may run below it under another account
chmodSync(folder, 0o755);
const say = (text) =>
  console.log(`${((Date.now() - began) / 1_000).toFixed(1).padStart(6)} s  ${text}`);

process.exitCode = 1;
const closing = [];
/** Nothing that it started outlives it, also when it is told to end before its time. */
async function close() {
  for (const one of closing.splice(0).reverse()) await one();
  rmSync(folder, { recursive: true, force: true });
}
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => void close().finally(() => process.exit()));
try {
  await storm();
} finally {
  await close();
}

async function storm() {
  say(`seed ${values.seed}, ${values.minutes} min, ${values.tasks} tasks`);
  const world = await build();
  const stormy_until = Date.now() + (deadline - Date.now()) * STORMY;
  const load = new Load(
    world.apis.map(({ url }) => url),
    `http://${world.receiver.host}/`,
  );
  await load.define(deadline);
  const storm = { until: stormy_until, loaded: false };
  const watch = setInterval(() => void told(world), TOLD_EVERY_MS);
  closing.push(() => clearInterval(watch));
  const faults = rage(world, storm);
  await load.run({
    executions: Math.ceil(Number(values.tasks) / TASKS_EACH),
    in_flight: IN_FLIGHT,
    until: stormy_until,
    deadline,
  });
  storm.loaded = true;
  say(`${load.answered.length} executions answered (${load.repeats} requests repeated)`);
  const done = await faults;
  const calm = Date.now();
  const drained = await waitForEnd(world.query);
  say(
    drained
      ? `all has ended ${seconds(Date.now() - calm)} after the last fault`
      : 'the time is over',
  );
  const { figures, wrong } = await audit(world.query, {
    answered: load.answered,
    receiver: world.receiver,
    began: new Date(began),
  });
  console.table(figures);
  console.table(done);
  report(world, load, wrong);
  // one that starts while PostgreSQL is away may give up; an error that took a process by surprise is a fault of ours
  const surprised = world.processes
    .flatMap(({ crashes }) => crashes)
    .some(({ log }) => log.includes('An error that nobody handled'));
  if (wrong.length === 0 && load.refusals.length === 0 && !surprised) process.exitCode = 0;
}

/** How far it is, as the tables say; nothing while PostgreSQL is away. */
async function told({ query }) {
  const [row] = await query(
    `select count(*) filter (where status = 'completed')::int as completed,
            count(*) filter (where status = 'running')::int as running,
            count(*) filter (where status in ('ready', 'retrying') and released_at is not null)::int as handed_out,
            count(*) filter (where parked_on is not null and status in ('ready', 'retrying'))::int as parked,
            (select count(*)::int from circuit_breakers where state <> 'closed') as circuits_not_closed
     from task_executions`,
  ).catch(() => []);
  if (row)
    say(
      Object.entries(row)
        .map(([what, count]) => `${count} ${what.replaceAll('_', ' ')}`)
        .join(', '),
    );
}

function report({ receiver, processes }, { refusals }, wrong) {
  const gaps = receiver.gaps();
  if (gaps.length > 0) {
    const at = (share) => seconds(gaps[Math.floor((1 - share) * (gaps.length - 1))]);
    console.log(
      `${gaps.length} calls came again: after ${at(0.5)} (p50), ${at(0.99)} (p99), ${at(1)} (longest)`,
    );
  }
  const crashes = processes.flatMap((one) => one.crashes);
  if (crashes.length > 0)
    console.log(`${crashes.length} processes ended by themselves and were started again:`);
  for (const { name, code, signal, log } of crashes) console.log(name, signal ?? code, log);
  for (const refusal of refusals.slice(0, 5)) console.log('refused:', refusal);
  for (const [what, count] of wrong) console.log(`WRONG  ${what}: ${count}`);
  if (wrong.length === 0) console.log('Nothing was lost, and nothing was recorded twice.');
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
  const redis_port = await freePort();
  const world = { redis: await startRedis(folder, redis_port) };
  closing.push(() => world.redis.stop());
  const receiver = new StormReceiver();
  await receiver.start();
  closing.push(() => receiver.stop());
  const env = {
    DATABASE_URL: postgres.url,
    REDIS_URL: world.redis.url,
    HOST: '127.0.0.1',
    DATA_DIR: folder,
    OUTBOUND_ALLOWED_HOSTS: receiver.host,
  };
  const service = async (name, role, shift_ms) => {
    const port = await freePort();
    const one = serviceProcess(name, { ...env, ROLE: role, PORT: String(port) }, shift_ms);
    one.url = `http://127.0.0.1:${port}`;
    one.shift_ms = shift_ms;
    return one;
  };
  const apis = [await service('api 1', 'api'), await service('api 2', 'api', -TEN_MINUTES_MS)];
  const workers = [
    await service('worker 1', 'worker'),
    await service('worker 2', 'worker', TEN_MINUTES_MS),
  ];
  const outside = ['outside 1', 'outside 2'].map(
    (name) =>
      new StormProcess(name, ['test/faults/storm/outside-worker.mjs'], {
        APIS: apis.map(({ url }) => url).join(','),
        EFFECT_URL: `http://${receiver.host}/`,
        TASK_TYPE,
        WORKER_ID: name.replace(' ', '-'),
      }),
  );
  const processes = [...apis, ...workers, ...outside];
  for (const one of processes) one.start();
  closing.push(() => Promise.all(processes.map((one) => one.stop())));
  for (const service of [...apis, ...workers]) await checkClock(service);
  const pool = new pg.Pool({ connectionString: postgres.url, max: 2 });
  pool.on('error', () => undefined);
  closing.push(() => pool.end());
  const query = async (sql, parameters) => (await pool.query(sql, parameters)).rows;
  return Object.assign(world, {
    apis,
    workers,
    outside,
    processes,
    receiver,
    query,
    redis_port,
    postgres_dir,
  });
}

/** Waits for a process to answer, and throws where its clock is not as wrong as it is meant to be. */
async function checkClock({ name, url, shift_ms }) {
  while (Date.now() < deadline) {
    const answer = await fetch(`${url}/api/v1/workflows/system/metrics`).catch(() => undefined);
    if (!answer?.ok) {
      await pause(200);
      continue;
    }
    const off = new Date((await answer.json()).timestamp).getTime() - Date.now();
    if (Math.abs(off - shift_ms) > ONE_MINUTE_MS)
      throw new Error(`The clock of ${name} is off by ${seconds(off)}, not ${seconds(shift_ms)}.`);
    return shift_ms === 0 ? undefined : say(`the clock of ${name} is off by ${seconds(off)}`);
  }
}

/** One fault after another until then, or until each has come and little is left to do. @returns how often each came */
async function rage(world, storm) {
  const kinds = {
    'API killed': () => pick(world.apis).kill(random() * 1_000),
    'worker killed': () => pick(world.workers).kill(random() * 1_000),
    'outside worker killed': () => pick(world.outside).kill(random() * 1_000),
    'Redis emptied': () => emptied(world.redis.url),
    'Redis restarted': async () => {
      await world.redis.stop();
      await pause(random() * 1_000);
      world.redis = await startRedis(folder, world.redis_port);
    },
    'PostgreSQL ended at once': () => endPostgres(world),
    'process frozen past its lease': () =>
      pick([...world.workers, ...world.outside]).freeze(FROZEN_MS),
  };
  const done = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, 0]));
  // every kind comes once before any comes again by chance; the longest first, since it may have no time later
  const first = Object.keys(kinds).reverse();
  const frozen = [];
  const over = async () => storm.loaded && first.length === 0 && (await littleIsLeft(world));
  while (Date.now() < storm.until && !(await over())) {
    await pause((0.4 + 1.2 * random()) * Number(values.pause) * 1_000);
    const kind = first.shift() ?? pick(Object.keys(kinds));
    say(kind);
    const work = kinds[kind]();
    // the storm goes on around who is frozen
    if (kind.includes('frozen')) frozen.push(work);
    else await work;
    done[kind] += 1;
  }
  await Promise.all(frozen);
  return done;
}

/** Nine of ten tasks have been done; while PostgreSQL is away, nobody knows. */
async function littleIsLeft({ query }) {
  const [row] = await query(
    `select sum(tasks_completed) >= 0.9 * sum(total_tasks) as few from parallel_executions`,
  ).catch(() => []);
  return row?.few === true;
}

async function emptied(url) {
  const redis = new Redis(url);
  await redis.flushall();
  redis.disconnect();
}

/** SIGQUIT: no checkpoint, what is not on disk is gone. The server's keeper here starts it again. */
async function endPostgres({ postgres_dir, query }) {
  const [pid] = readFileSync(path.join(postgres_dir, 'postgres/postmaster.pid'), 'utf8').split(
    '\n',
  );
  const from = Date.now();
  process.kill(Number(pid), 'SIGQUIT');
  await pause(50);
  while (Date.now() < deadline) {
    try {
      await query('select 1');
      return say(`PostgreSQL answers again after ${seconds(Date.now() - from)}`);
    } catch {
      await pause(50);
    }
  }
}

async function waitForEnd(query) {
  while (Date.now() < deadline) {
    const [{ open }] = await query(
      'select count(*)::int as open from parallel_executions where actual_completion_time is null',
    );
    if (open === 0) return true;
    await pause(500);
  }
  return false;
}

function pick(list) {
  return list[Math.floor(random() * list.length)];
}

function seconds(milliseconds) {
  return `${(milliseconds / 1_000).toFixed(1)} s`;
}
