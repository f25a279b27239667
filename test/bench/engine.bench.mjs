/**
 * The engine beside what people use instead, in one run on one PostgreSQL with fsync on: `npm run bench:engine`.
 *
 *   npm run bench:engine -- --seconds 4 --rounds 2 --only "Complex Workflows" --sizes 10,1000 --out figures.json
 *   npm run bench:engine -- --instances 2000 --in-flight 1,10,100
 *   npm run bench:engine -- --workloads steps,worker,wake,graph (default: all but claimed, of ours alone)
 *   npm run bench:engine -- --workloads claimed --sizes 1000,4000,8000 --only "Complex Workflows"
 *
 * Restate takes part where it is installed, which is not so by default (216 MB, BSL):
 *   npm install --no-save @restatedev/restate-server@1.7.12 @restatedev/restate-sdk@1.9.1
 * (later versions of its SDK need Node 22).
 *
 * Every contender runs in a process of its own, driven in-process, with a
 * database of its own; they take turns, so that a slow minute of the machine falls on all. Figures are the median of
 * the rounds.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { EmbeddedPostgres } from '#platform/postgres';
import { startRedis } from '../../scripts/redis.mjs';
import { CONTENDERS } from './engine-contender.mjs';
import { STEPS } from './engine-measure.mjs';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', multiple: true, default: [''] },
    sizes: { type: 'string', default: '10,100,1000,10000,100000' },
    workloads: { type: 'string', default: 'steps,worker,wake,graph' },
    instances: { type: 'string' },
    'in-flight': { type: 'string', default: '1,10,100' },
    out: { type: 'string' },
  },
});
const LIMIT_MS = 180_000;
const seconds = Number(options.seconds);
const numbers = (text) => text.split(',').filter(Boolean).map(Number);
const isAsked = (workload) => options.workloads.split(',').includes(workload);
const amount = { seconds, instances: options.instances && Number(options.instances) };
const perWorkload = options.instances ? `${options.instances} instances` : `${seconds} s`;
const chosen = CONTENDERS.filter(
  (name) => options.only.some((part) => name.includes(part)) && isInstalled(name),
);

const folder = mkdtempSync(path.join(os.tmpdir(), 'bench-engine-'));
chmodSync(folder, 0o755);
mkdirSync(path.join(folder, 'postgres'));
const servers = [];
let child;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    endChild();
    void stop().then(() => process.exit(1));
  });
}

/** @type {Map<string, Map<string, object[]>>} contender → workload and in_flight → measures */
const measured = new Map(chosen.map((name) => [name, new Map()]));
try {
  const postgres = await EmbeddedPostgres.start({
    data_dir: path.join(folder, 'postgres'),
    note: () => {},
    warn: console.warn,
  });
  servers.push(postgres);
  const redis = await startRedis(folder);
  servers.push(redis);
  for (let round = 1; round <= Number(options.rounds); round += 1) {
    for (const name of chosen) await measure(name, round, postgres.url, redis.url);
  }
} finally {
  await stop();
}
print();

function isInstalled(name) {
  if (name !== 'Restate') return true;
  try {
    import.meta.resolve('@restatedev/restate-sdk');
    return true;
  } catch {
    console.error('Restate is not installed; see test/bench/engine.bench.mjs.');
    return false;
  }
}

function endChild() {
  if (!child?.pid) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    // nothing of it is left
    if (error.code !== 'ESRCH') throw error;
  }
}

async function stop() {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  rmSync(folder, { recursive: true, force: true });
}

async function measure(name, round, url, redis) {
  const database = new URL(url);
  database.pathname = `bench_${name.replaceAll(/\W+/g, '_').toLowerCase()}_${round}`;
  await query(url, `create database ${database.pathname.slice(1)}`);
  const task = {
    database: database.href,
    redis: name.includes('Redis') ? redis : null,
    amount,
    sizes: isAsked('graph') ? numbers(options.sizes) : [],
    // of ours alone
    claimed_sizes: isAsked('claimed') ? numbers(options.sizes) : [],
    in_flights: isAsked('steps') ? numbers(options['in-flight']) : [],
    // of ours alone
    workers_in_flights: isAsked('worker') ? numbers(options['in-flight']) : [],
    wakes: isAsked('wake'),
  };
  const script = path.join(import.meta.dirname, 'engine-contender.mjs');
  child = spawn(process.execPath, [...process.execArgv, script, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // a process group of its own: what it has started ends with it
    detached: true,
    env: { ...process.env, BENCH: JSON.stringify(task) },
  });
  const timer = setTimeout(endChild, LIMIT_MS);
  const ended = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('{"workload"')) continue;
    const one = JSON.parse(line);
    const key = `${one.workload} ${one.in_flight}`;
    const all = measured.get(name);
    all.set(key, [...(all.get(key) ?? []), one]);
    console.error(
      `${name} · ${key}: ${Math.round(one.per_second)}/s, p50 ${one.p50_ms.toFixed(2)} ms, p99 ${one.p99_ms.toFixed(1)} ms, cpu ${one.cpu_ms.toFixed(3)} ms`,
    );
  }
  const [code] = await ended;
  clearTimeout(timer);
  endChild();
  if (code !== 0) console.error(`${name} ended with ${code}.`);
  await query(url, `drop database ${database.pathname.slice(1)} with (force)`);
}

async function query(url, text) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

function median(name, key, field) {
  const found = (measured.get(name)?.get(key) ?? []).map((one) => one[field]).sort((a, b) => a - b);
  return found[Math.floor(found.length / 2)];
}

function print() {
  const own = chosen[0];
  const keys = [...new Set(chosen.flatMap((name) => [...measured.get(name).keys()]))];
  const lines = [
    `# ${new Date().toISOString().slice(0, 10)} · ${os.cpus().length} cores, ${Math.round(os.totalmem() / 2 ** 30)} GiB, Node ${process.version}, load ${os.loadavg()[0].toFixed(1)}, ${options.rounds} rounds of ${perWorkload} a workload`,
    '',
    '| workload | contender | workflows/s | steps or tasks/s | ratio | p50 ms | p99 ms | step p50 ms | step p99 ms | CPU ms |',
    '|---|---|--:|--:|--:|--:|--:|--:|--:|--:|',
  ];
  for (const key of keys) {
    const isGraph = key.startsWith('graph');
    for (const name of chosen) {
      const rate = median(name, key, 'per_second');
      if (rate === undefined) continue;
      const ratio = median(own, key, 'per_second') / rate;
      const figure = (field, digits) => median(name, key, field)?.toFixed(digits) ?? '';
      const cells = [
        key,
        name,
        isGraph || rate === null ? '' : rate.toFixed(0),
        rate === null ? '' : Math.round(isGraph ? rate : rate * STEPS),
        Number.isFinite(ratio) ? ratio.toFixed(2) : '',
        figure('p50_ms', 2),
        figure('p99_ms', 1),
        figure('step_p50_ms', 2),
        figure('step_p99_ms', 1),
        figure('cpu_ms', 3),
      ];
      lines.push(`| ${cells.join(' | ')} |`);
    }
  }
  console.log(lines.join('\n'));
  console.log(
    `\nratio: ${own} divided by the contender. p50, p99, CPU (of the contender's own process): of a workflow, of a graph's tasks CPU of one task. step: from its entry, or where it is awaited, to its stored result.`,
  );
  if (options.out) {
    const plain = Object.fromEntries(
      [...measured].map(([name, all]) => [name, Object.fromEntries(all)]),
    );
    writeFileSync(options.out, JSON.stringify(plain, null, 2));
  }
}
