import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import http2 from 'node:http2';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort, stopProcess } from '../../scripts/processes.mjs';
import { keepInFlight, StepTimes, timeGraphs } from './engine-measure.mjs';

const nothing = async () => ({});

/** Restate: its own server and log on disk, our handlers behind its SDK; each piece is a `ctx.run`. */
export async function restate({ amount, sizes, in_flights }, report) {
  const sdk = await import('@restatedev/restate-sdk');
  const times = new StepTimes();
  const bench = sdk.service({
    name: 'bench',
    handlers: {
      five: async (ctx) => {
        const step = (name) => ctx.run(name, nothing);
        await times.of(step('first'));
        await times.of(step('second'));
        const b = step('fan_b');
        await step('fan_a');
        await sdk.RestatePromise.all([step('fan_c'), b]);
        await times.of(step('fourth'));
        await times.of(step('fifth'));
      },
      many: async (ctx, tasks) => {
        for (let done = 0; done < tasks; done += 100) {
          const wave = Math.min(100, tasks - done);
          await sdk.RestatePromise.all(
            Array.from({ length: wave }, (_, i) => ctx.run(`t${done + i}`, nothing)),
          );
        }
      },
    },
  });
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-restate-'));
  const [handlers, ingress, admin, node] = await Promise.all([
    freePort(),
    freePort(),
    freePort(),
    freePort(),
  ]);
  const endpoint = http2.createServer(
    sdk.createEndpointHandler({ services: [bench], logger: () => {} }),
  );
  await new Promise((resolve) => endpoint.listen(handlers, '127.0.0.1', resolve));
  const require = createRequire(import.meta.url);
  const binary = path.join(
    path.dirname(
      require.resolve(
        `@restatedev/restate-server-${process.platform}-${process.arch}/package.json`,
      ),
    ),
    'bin/restate-server',
  );
  const server = spawn(binary, ['--base-dir', folder, '--node-name', 'bench'], {
    stdio: ['ignore', 'ignore', 'ignore'],
    env: {
      ...process.env,
      RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
      RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
      RESTATE_BIND_ADDRESS: `127.0.0.1:${node}`,
      RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${node}`,
      RESTATE_LOG_FILTER: 'error',
    },
  });
  const call = async (handler, body) => {
    const answer = await fetch(`http://127.0.0.1:${ingress}/bench/${handler}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    await answer.text();
  };
  try {
    await register(admin, `http://127.0.0.1:${handlers}`);
    for (const in_flight of in_flights) {
      report(await keepInFlight('steps', in_flight, amount, () => call('five', {}), times.take));
    }
    for (const size of sizes.filter((one) => one <= 1_000)) {
      report(await timeGraphs(size, (tasks) => call('many', tasks)));
    }
  } finally {
    await stopProcess(server, 'SIGTERM');
    endpoint.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function register(admin, uri) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const answer = await fetch(`http://127.0.0.1:${admin}/deployments`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ uri }),
      });
      if (answer.ok) return;
      throw new Error(`${answer.status} ${await answer.text()}`);
    } catch (error) {
      if (attempt === 100) throw error;
      await pause(200);
    }
  }
}
