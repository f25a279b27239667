/** The built service as a process of its own on an embedded PostgreSQL of its own, for the benches. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EmbeddedPostgres } from '#platform/postgres';

const ROOT = path.resolve(import.meta.dirname, '../..');
const BASE = '/api/v1/workflows';
const READY_MS = 60_000;

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

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
