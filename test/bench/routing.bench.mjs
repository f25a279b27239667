/**
 * Routing decisions per second over HTTP, beside a bare Fastify route that parses the same questions and answers the
 * same JSON, in one run: `npm run bench:routing`.
 *
 *   npm run bench:routing -- --seconds 5 --rounds 3 --in-flight 32 --profile /tmp/profile
 *
 * 20 stored rules, all of them tried, fsync on, every decision written: the instance moves, its step, event and
 * decision are recorded. `known` routes instances that are there, `first mention` makes one for each question. The two
 * take turns with the bare route, so that a slow minute of the machine falls on all; figures are the median of the
 * rounds. Beside them stands the CPU time of one answer, in the service and in PostgreSQL (Linux): that hardly depends on
 * what else runs. `--profile` leaves a CPU profile of the service in that folder.
 */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { EmbeddedPostgres } from '#platform/postgres';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    'in-flight': { type: 'string', default: '32' },
    profile: { type: 'string' },
  },
});
const ROOT = path.resolve(import.meta.dirname, '../..');
const BASE = '/api/v1/workflows';
const RULES = 20;
const INSTANCES = 400;
const READY_MS = 60_000;
const inFlight = Number(options['in-flight']);
const agent = new http.Agent({ keepAlive: true, maxSockets: inFlight });
const folder = mkdtempSync(path.join(os.tmpdir(), 'bench-routing-'));
chmodSync(folder, 0o755);
mkdirSync(path.join(folder, 'postgres'));
const stops = [];
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => void stop().then(() => process.exit(1)));
}

try {
  const postgres = await EmbeddedPostgres.start({
    data_dir: path.join(folder, 'postgres'),
    note: () => {},
    warn: console.warn,
  });
  stops.push(() => postgres.stop());
  const service = await startService(postgres.url);
  const question = await prepare(service);
  const first = await call(service, 'PUT', '/conditional/route', question('known-0', 'a'));
  const bare = await startBare(first.body);

  const steps = Array.from({ length: INSTANCES }, () => 'a');
  steps[0] = 'b';
  const known = inTurn((n) => {
    const index = n % INSTANCES;
    const from = steps[index];
    steps[index] = from === 'a' ? 'b' : 'a';
    return question(`known-${index}`, from);
  });
  const mentions = inTurn((n) => question(`new-${n}`, 'a'));
  const contenders = [
    ['bare Fastify route', () => call(bare, 'PUT', '/route', question('known-0', 'a'))],
    ['known instance', () => call(service, 'PUT', '/conditional/route', known())],
    ['first mention', () => call(service, 'PUT', '/conditional/route', mentions())],
  ];
  for (let index = 1; index < INSTANCES; index += 1) await contenders[1][1]();
  const rates = new Map(contenders.map(([name]) => [name, []]));
  const cpu = new Map(contenders.map(([name]) => [name, []]));
  for (let round = 0; round < Number(options.rounds); round += 1) {
    for (const [name, ask] of contenders) {
      const before = cpuMs(service);
      rates.get(name).push(await perSecond(ask));
      const answers = rates.get(name).at(-1) * Number(options.seconds);
      cpu.get(name).push(cpuMs(service).map((ms, index) => (ms - before[index]) / answers));
    }
  }
  const limit = median(rates.get('bare Fastify route'));
  console.log(`${RULES} stored rules, ${inFlight} in flight, ${os.availableParallelism()} cores`);
  for (const [name, found] of rates) {
    const rate = median(found);
    const [own, postgres] = [0, 1].map((index) => median(cpu.get(name).map((ms) => ms[index])));
    const share = name.startsWith('bare')
      ? ''
      : `  1/${(limit / rate).toFixed(1)} of the bare route; CPU ms: service ${own.toFixed(2)}, PostgreSQL ${postgres.toFixed(2)}`;
    console.log(`${name.padEnd(20)} ${Math.round(rate).toString().padStart(7)} /s${share}`);
  }
} finally {
  await stop();
}

function inTurn(make) {
  let next = 0;
  return () => make(next++);
}

/** Two steps that lead to each other, and rules of which the last two hold. */
async function prepare(service) {
  const step = (step_id, order_sequence) => ({
    step_id,
    step_name: step_id,
    step_type: 'user_task',
    order_sequence,
  });
  const { body } = await call(service, 'POST', '/multi-step/create', {
    workflow_name: 'Measured',
    category: 'bench',
    steps: [step('a', 1), step('b', 2), step('c', 3)],
  });
  const { workflow_id } = body;
  for (let number = 1; number <= RULES; number += 1) {
    const back = number === RULES;
    await call(service, 'POST', '/conditional/rules', {
      workflow_id,
      rule_id: `rule_${number}`,
      rule_name: `Rule ${number}`,
      condition_type: 'data_threshold',
      condition_expression:
        number > RULES - 2
          ? `step.id = "${back ? 'b' : 'a'}" and amount > 100`
          : `amount > ${number * 10_000} and priority = "high" and user.department = "D${number}"`,
      target_action: 'route_to_step',
      target_step_id: back ? 'a' : 'b',
      priority: number,
    });
  }
  return (workflow_instance_id, current_step_id) => ({
    workflow_id,
    context: {
      workflow_instance_id,
      current_step_id,
      workflow_data: { amount: 4200, priority: 'high', supplier: 'Miller & Sons', items: 3 },
      user_context: { department: 'IT', level: 3 },
    },
  });
}

async function perSecond(ask) {
  const began = performance.now();
  const end = began + Number(options.seconds) * 1_000;
  let done = 0;
  const loop = async () => {
    while (performance.now() < end) {
      await ask();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
  return (1_000 * done) / (performance.now() - began);
}

/** Milliseconds of CPU that the service and PostgreSQL have used so far. */
function cpuMs({ pid }) {
  const postmaster = readFileSync(
    path.join(folder, 'postgres', 'postgres', 'postmaster.pid'),
    'utf8',
  );
  const server = Number(postmaster.split('\n', 1)[0]);
  const used = [0, 0];
  for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const fields = statOf(id);
    const [parent, user, system] = [fields[1], fields[11], fields[12]].map(Number);
    if (Number(id) === pid) used[0] += user + system;
    else if (Number(id) === server || parent === server) used[1] += user + system;
  }
  return used.map((ticks) => ticks * 10);
}

/** What Linux says of a process from its state on; nothing of one that has ended meanwhile. */
function statOf(id) {
  try {
    const text = readFileSync(`/proc/${id}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return [];
    throw error;
  }
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

async function call({ port, base }, method, route, body) {
  const text = JSON.stringify(body);
  const request = http.request({
    agent,
    host: '127.0.0.1',
    port,
    method,
    path: base + route,
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
  });
  request.end(text);
  const [response] = await once(request, 'response');
  const chunks = [];
  for await (const chunk of response) chunks.push(chunk);
  const answer = Buffer.concat(chunks).toString();
  if (response.statusCode >= 300) throw new Error(`${method} ${route}: ${answer}`);
  return { body: JSON.parse(answer) };
}

async function startService(database) {
  const port = await freePort();
  const profiling = options.profile ? ['--cpu-prof', `--cpu-prof-dir=${options.profile}`] : [];
  const child = spawn(process.execPath, [...profiling, 'dist/src/main.js'], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env.PATH,
      TMPDIR: process.env.TMPDIR,
      HOST: '127.0.0.1',
      PORT: String(port),
      DATABASE_URL: database,
      DATA_DIR: folder,
    },
  });
  stops.push(() => end(child));
  const service = { port, base: BASE, pid: child.pid };
  const deadline = performance.now() + READY_MS;
  for (;;) {
    const ready = await fetch(`http://127.0.0.1:${port}${BASE}/health/ready`).catch(() => null);
    if (ready?.ok) return service;
    if (child.exitCode !== null) throw new Error(`The service ended with ${child.exitCode}.`);
    if (performance.now() > deadline) throw new Error('The service did not become ready.');
    await pause(50);
  }
}

async function startBare(answer) {
  const child = fork(path.join(import.meta.dirname, 'routing-bare.mjs'), [JSON.stringify(answer)]);
  stops.push(() => end(child));
  const [port] = await once(child, 'message');
  return { port, base: '' };
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

async function stop() {
  agent.destroy();
  for (const one of stops.splice(0).reverse()) await one();
  rmSync(folder, { recursive: true, force: true });
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
