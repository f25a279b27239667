/** The built service as a process of its own on an embedded PostgreSQL of its own, for the benches. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EmbeddedPostgres } from '#platform/postgres';

const ROOT = path.resolve(import.meta.dirname, '../..');
const BASE = '/api/v1/workflows';
const READY_MS = 180_000;

export class BenchService {
  #folder = mkdtempSync(path.join(os.tmpdir(), 'bench-'));
  #postgres;
  #child;

  static async start(env = {}) {
    const service = new BenchService();
    await service.#begin(env);
    return service;
  }

  async #begin(env) {
    chmodSync(this.#folder, 0o755);
    const data_dir = path.join(this.#folder, 'postgres');
    mkdirSync(data_dir);
    this.#postgres = await EmbeddedPostgres.start({ data_dir, note: () => {}, warn: console.warn });
    this.databaseUrl = this.#postgres.url;
    this.port = await freePort();
    this.#child = spawn(process.execPath, ['dist/src/main.js'], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        PATH: process.env.PATH,
        TMPDIR: process.env.TMPDIR,
        PORT: String(this.port),
        DATABASE_URL: this.databaseUrl,
        DATA_DIR: this.#folder,
        ...env,
      },
    });
    const deadline = performance.now() + READY_MS;
    for (;;) {
      const ready = await fetch(this.at('/health/ready')).catch(() => null);
      if (ready?.ok) return;
      if (this.#child.exitCode !== null) throw new Error('The service ended at its start.');
      if (performance.now() > deadline) throw new Error('The service did not become ready.');
      await pause(50);
    }
  }

  at(route) {
    return `http://127.0.0.1:${this.port}${route === '/metrics' ? '' : BASE}${route}`;
  }

  /** @throws when it is not answered 2xx */
  async call(method, route, body) {
    const response = await fetch(this.at(route), {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${text}`);
    return text.startsWith('{') ? JSON.parse(text) : text;
  }

  /** Milliseconds of CPU that the service and its PostgreSQL have used so far; undefined where there is no /proc. */
  cpu() {
    if (process.platform !== 'linux') return undefined;
    const postmaster = Number(
      readFileSync(path.join(this.#folder, 'postgres', 'postgres', 'postmaster.pid'), 'utf8').split(
        '\n',
      )[0],
    );
    const children = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(statOf)
      .filter((stat) => stat?.parent === postmaster);
    const own = statOf(postmaster);
    // what has ended by now is counted with its parent
    const postgres = children.reduce((sum, { ms }) => sum + ms, own.ms + own.ended_ms);
    return { service: statOf(this.#child.pid).ms, postgres };
  }

  async stop() {
    if (this.#child && this.#child.exitCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await ended;
    }
    await this.#postgres?.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A tick is 10 ms on Linux. */
const MS_A_TICK = 10;

/** proc(5): of a process, its parent, its own CPU time and that of its children that have ended. */
function statOf(pid) {
  let text;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    // it has ended meanwhile
    return undefined;
  }
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [user, system, endedUser, endedSystem] = fields.slice(11, 15);
  return {
    parent: fields[1],
    ms: (user + system) * MS_A_TICK,
    ended_ms: (endedUser + endedSystem) * MS_A_TICK,
  };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
