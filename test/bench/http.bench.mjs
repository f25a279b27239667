/**
 * What the HTTP layer costs: the hot routes of the service with everything that a request passes (the door, access,
 * limits, validation, serialisation, access log), but with their work left out, beside bare Fastify routes that parse
 * and answer the same JSON: `npm run bench:http`.
 *
 *   npm run bench:http -- --seconds 1 --rounds 9 --connections 32
 *
 * `together` is bare Fastify that sends its answers as the service does (`send-together.ts`), `keyed` the service where
 * every caller needs a key and is counted against their limit. All take turns, so that a slow minute of the machine falls
 * on each; the log goes to another process, as in production. Figures are medians of the rounds, and ratios medians of
 * the ratios of the rounds. `CPU` is processor time of the server's process for one request: it says more than the rate
 * on a machine that is shared, and where the client takes the other core.
 * `--profile <folder>` leaves a CPU profile of each side there.
 */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import autocannon from 'autocannon';
import { EmbeddedPostgres } from '#platform/postgres';
import { API_KEY, ROUTES } from './http-routes.mjs';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '9' },
    connections: { type: 'string', default: '32' },
    profile: { type: 'string' },
  },
});
/** Requests, not seconds: on a busy machine the slower side would be measured before it is compiled. */
const WARM_UP = { amount: 10_000 };
const folder = mkdtempSync(path.join(os.tmpdir(), 'bench-http-'));
chmodSync(folder, 0o755);
const children = [];

const postgres = await EmbeddedPostgres.start({
  data_dir: folder,
  note: () => {},
  warn: console.warn,
});
try {
  const sides = {
    bare: await start('bare'),
    together: await start('together'),
    ours: await start('ours', postgres.url),
    keyed: await start('keyed', postgres.url),
  };
  const rows = [];
  for (const name of Object.keys(ROUTES)) {
    for (const side of Object.values(sides)) await load(side, name, WARM_UP);
  }
  for (const name of Object.keys(ROUTES)) {
    const found = { bare: [], together: [], ours: [], keyed: [] };
    for (let round = 0; round < Number(options.rounds); round += 1) {
      for (const [key, side] of Object.entries(sides)) found[key].push(await load(side, name));
    }
    const of = (side, key) => median(found[side].map((one) => one[key]));
    const ofBare = (side, key) =>
      median(found[side].map((one, round) => one[key] / found.bare[round][key]));
    rows.push({
      route: name,
      'bare /s': Math.round(of('bare', 'rate')),
      'ours /s': Math.round(of('ours', 'rate')),
      'ours of bare': ofBare('ours', 'rate').toFixed(2),
      'bare CPU µs': of('bare', 'cpu').toFixed(0),
      'ours CPU µs': of('ours', 'cpu').toFixed(0),
      'of bare by CPU': (1 / ofBare('ours', 'cpu')).toFixed(2),
      'together of bare': ofBare('together', 'rate').toFixed(2),
      'keyed of bare': ofBare('keyed', 'rate').toFixed(2),
      'keyed CPU µs': of('keyed', 'cpu').toFixed(0),
    });
  }
  console.log(
    `${options.connections} connections, ${os.availableParallelism()} cores, load ${os.loadavg()[0].toFixed(1)}`,
  );
  console.table(rows);
} finally {
  for (const child of children) {
    const ended = once(child, 'exit');
    child.disconnect();
    await ended;
  }
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function start(side, ...more) {
  const script = path.join(import.meta.dirname, 'http-contender.mjs');
  const log = spawn('cat', { stdio: ['pipe', 'ignore', 'inherit'] });
  const child = fork(script, [side, ...more], {
    stdio: ['ignore', log.stdin, 'inherit', 'ipc'],
    execArgv: options.profile ? ['--cpu-prof', `--cpu-prof-dir=${options.profile}`] : [],
  });
  children.push(child);
  const [{ port }] = await once(child, 'message');
  log.stdin.destroy();
  return { child, port };
}

/** Requests a second, and µs of the server's CPU for each. @throws when any is not answered 2xx */
async function load({ child, port }, name, until = { duration: Number(options.seconds) }) {
  const { method, path: at, body } = ROUTES[name];
  const before = await cpuOf(child);
  const result = await autocannon({
    url: `http://127.0.0.1:${port}${at}`,
    method,
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', authorization: `Bearer ${API_KEY}` },
    connections: Number(options.connections),
    ...until,
  });
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${name}: ${result.non2xx} not answered 2xx, ${result.errors} not at all`);
  }
  const answered = result['2xx'];
  return { rate: answered / result.duration, cpu: ((await cpuOf(child)) - before) / answered };
}

async function cpuOf(child) {
  child.send('cpu');
  const [{ cpu }] = await once(child, 'message');
  return cpu;
}

function median(figures) {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)];
}
