/**
 * Whether the service stays as it is under a steady load: `npm run bench:soak -- --minutes 10 --rate 20`.
 *
 * So many instances a second are started, each with an approval-free mix of work: a decision over HTTP, a built-in step,
 * a fan of worker tasks that this program claims and completes. Every five seconds its memory and the connections of its
 * database are read; a minute's figure is the median of its readings. The first minute warms up. Ends with code 1 when,
 * of the others, the memory of the largest is more than a tenth above that of the smallest, when their connections
 * differ by more than two, or when a call failed. Needs at least three minutes.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { BenchService } from './service.mjs';

const { values: options } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, rate: { type: 'string', default: '20' } },
});
const MINUTE_MS = 60_000;
const READING_MS = 5_000;
const MEMORY_RATIO = 1.1;
const CONNECTIONS_APART = 2;
const minutes = Number(options.minutes);
const began = performance.now();
const end = began + minutes * MINUTE_MS;
const isOver = () => performance.now() >= end;

const service = await BenchService.start();
let failures = 0;
let started = 0;
let completed = 0;
try {
  const workflow_id = await define();
  const worker = Promise.all([work('soak-1'), work('soak-2')]);
  const load = startSteadily(workflow_id);
  const readings = await readSteadily();
  await Promise.all([load, worker]);
  report(readings);
} finally {
  await service.stop();
}

async function define() {
  const { workflow_id } = await service.call('POST', '/multi-step/create', {
    workflow_name: 'Soak',
    category: 'bench',
    steps: [
      { step_id: 'ask', step_name: 'Ask', step_type: 'user_task', order_sequence: 1 },
      {
        step_id: 'note',
        step_name: 'Note',
        step_type: 'automated',
        order_sequence: 2,
        handler: { type: 'delay', duration_ms: 0 },
      },
      {
        step_id: 'checks',
        step_name: 'Checks',
        step_type: 'parallel',
        order_sequence: 3,
        parallel: { tasks: ['a', 'b'].map(task) },
      },
    ],
    routing_rules: [
      { rule_id: 'on', condition_expression: 'amount > 10', target_step_id: 'note', priority: 1 },
    ],
  });
  return workflow_id;
}

function task(task_id) {
  return { task_id, task_name: task_id, task_type: 'soak', step_id: 'checks' };
}

/** One instance after another at the given rate; when the service is slower, the load waits and does not pile up. */
async function startSteadily(workflow_id) {
  const gap = 1_000 / Number(options.rate);
  for (let number = 0; !isOver(); number += 1) {
    const due = began + number * gap;
    const wait = due - performance.now();
    if (wait > 0) await pause(wait);
    const workflow_instance_id = `soak-${number}`;
    await counted(async () => {
      await service.call('PUT', '/conditional/route', {
        workflow_id,
        context: { workflow_instance_id, current_step_id: 'ask', workflow_data: { amount: 42 } },
      });
      started += 1;
    });
  }
}

async function work(worker_id) {
  while (!isOver()) {
    await counted(async () => {
      const { tasks } = await service.call('POST', '/parallel/tasks/claim', {
        worker_id,
        task_types: ['soak'],
        max_tasks: 20,
        wait_seconds: 5,
      });
      if (tasks.length === 0) return;
      const answers = tasks.map(({ task_execution_id, lock_token }) => ({
        task_execution_id,
        lock_token,
        output_data: { note: 'x'.repeat(200) },
      }));
      await service.call('POST', '/parallel/tasks/complete', { tasks: answers });
      completed += answers.length;
    });
  }
}

async function counted(call) {
  try {
    await call();
  } catch (error) {
    failures += 1;
    console.error(error.message);
    await pause(1_000);
  }
}

async function readSteadily() {
  const client = new pg.Client({ connectionString: service.databaseUrl });
  await client.connect();
  const readings = [];
  while (!isOver()) {
    await pause(READING_MS);
    const metrics = await service.call('GET', '/metrics');
    const { rows } = await client.query(
      `select count(*)::int as connections from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    );
    readings.push({
      minute: Math.floor((performance.now() - began) / MINUTE_MS),
      rss_mb: metric(metrics, 'process_resident_memory_bytes') / 2 ** 20,
      heap_mb: metric(metrics, 'nodejs_heap_size_used_bytes') / 2 ** 20,
      heap_total_mb: metric(metrics, 'nodejs_heap_size_total_bytes') / 2 ** 20,
      external_mb: metric(metrics, 'nodejs_external_memory_bytes') / 2 ** 20,
      connections: rows[0].connections,
    });
  }
  await client.end();
  return readings;
}

function metric(text, name) {
  const value = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1];
  if (value === undefined) throw new Error(`No ${name} in the metrics.`);
  return Number(value);
}

function report(readings) {
  const rows = [];
  for (let minute = 0; minute < minutes; minute += 1) {
    const of = readings.filter((reading) => reading.minute === minute);
    const middle = (key) =>
      of.map((one) => one[key]).toSorted((a, b) => a - b)[Math.floor(of.length / 2)];
    rows.push({
      minute: minute + 1,
      'RSS MB': Math.round(middle('rss_mb')),
      'heap used MB': Math.round(middle('heap_mb')),
      'heap MB': Math.round(middle('heap_total_mb')),
      'external MB': Math.round(middle('external_mb')),
      connections: middle('connections'),
    });
  }
  console.table(rows);
  console.log(`${started} instances started, ${completed} tasks completed, ${failures} failures`);
  const range = (key) => {
    const figures = rows.slice(1).map((row) => row[key]);
    return [Math.min(...figures), Math.max(...figures)];
  };
  const [leastMemory, mostMemory] = range('RSS MB');
  const [fewest, most] = range('connections');
  if (
    mostMemory > MEMORY_RATIO * leastMemory ||
    most - fewest > CONNECTIONS_APART ||
    failures > 0
  ) {
    console.log('It does not stay as it is.');
    process.exitCode = 1;
  }
}
