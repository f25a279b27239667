import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cloneDatabase } from './database.js';
import { eventually } from './eventually.js';
import type { QueueBackend } from './queues.js';
import { testRedis, type TestRedis } from './redis.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const BASE_PATH = '/api/v1/workflows';
const AT_THE_ROOT = /^\/(metrics|openapi\.json|docs)(\/|\?|$)/;
const START_MS = 30_000;
const STOP_MS = 20_000;
const LOG_TAIL = 20_000;

export interface Answer<Body> {
  status: number;
  headers: Headers;
  /** Parsed where it is JSON, else the text; null where there is none. */
  body: Body;
}

export interface ServiceOptions {
  queue?: QueueBackend;
  env?: Record<string, string>;
  /** Another service whose database and queue this one shares: an API process beside a worker, or a second worker. */
  beside?: Service;
}

/** What a service keeps beyond its process. */
interface Backing {
  environment: Record<string, string>;
  databaseUrl: string;
  redis: TestRedis | null;
  release: () => Promise<void>;
}

/**
 * Starts the built service (`node dist/src/main.js`) as a child process on a free port, against a clone of the
 * template database and, with `queue: 'redis'`, a Redis database of its own; resolves when it is ready.
 * The caller ends it by `stop()` in `afterAll`.
 */
export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const { queue = 'postgres', env = {}, beside } = options;
  const backing = beside ? { ...beside.backing, release: async () => {} } : await back(queue);
  const service = new Service(backing, await freePort(), env);
  try {
    await service.start();
  } catch (error) {
    await service.kill();
    await backing.release();
    throw error;
  }
  return service;
}

async function back(queue: QueueBackend): Promise<Backing> {
  const [clone, redis, dataDir] = await Promise.all([
    cloneDatabase(),
    queue === 'redis' ? testRedis() : null,
    mkdtemp(path.join(tmpdir(), 'service-')),
  ]);
  return {
    environment: {
      DATABASE_URL: clone.url,
      DATA_DIR: dataDir,
      ...(redis && { REDIS_URL: redis.url }),
    },
    databaseUrl: clone.url,
    redis,
    async release() {
      await Promise.all([clone.drop(), redis?.drop(), rm(dataDir, { recursive: true })]);
    },
  };
}

/** A running service, seen from outside. */
export class Service {
  readonly url: string;
  /** The end of what it has written to stdout and stderr. */
  logs = '';
  private child: ChildProcess | null = null;

  constructor(
    readonly backing: Backing,
    private readonly port: number,
    private readonly env: Record<string, string>,
  ) {
    this.url = `http://127.0.0.1:${port}`;
  }

  get databaseUrl(): string {
    return this.backing.databaseUrl;
  }

  get redis(): TestRedis {
    if (!this.backing.redis) throw new Error('This service has its queue on PostgreSQL.');
    return this.backing.redis;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** One call. `path` is below the base path, but for `/metrics`, `/openapi.json` and `/docs`; a body is sent as JSON. */
  async request<Body = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<Body>> {
    const response = await fetch(this.at(path), {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? null : isJson ? JSON.parse(text) : text) as Body,
    };
  }

  /** The address of a path as `request` reads it. */
  at(path: string): string {
    return AT_THE_ROOT.test(path) ? this.url + path : this.url + BASE_PATH + path;
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, ['--enable-source-maps', 'dist/src/main.js'], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        TMPDIR: process.env.TMPDIR,
        HOST: '127.0.0.1',
        PORT: String(this.port),
        // calls that nobody answers any more are given up before
        SHUTDOWN_TIMEOUT_SECONDS: String(STOP_MS / 1_000 - 5),
        ...this.backing.environment,
        ...this.env,
      },
    });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.logs = (this.logs + text).slice(-LOG_TAIL);
      });
    }
    await eventually(
      async () => {
        if (hasEnded(child)) return;
        const { status } = await this.request('GET', '/health/ready');
        if (status !== 200) throw new Error(`not ready: ${status}`);
      },
      { timeout_ms: START_MS },
    ).catch((error: unknown) => {
      throw new Error(`The service did not become ready. Its log:\n${this.logs}`, { cause: error });
    });
    if (hasEnded(child)) throw new Error(`The service ended at its start. Its log:\n${this.logs}`);
  }

  /** SIGTERM, then waits until it has ended, and deletes its data. Fails where it does not end by itself with code 0. */
  async stop(): Promise<void> {
    try {
      await this.terminate();
    } finally {
      await this.backing.release();
    }
  }

  /** SIGKILL: the process is gone at once, its database and queue stay. */
  async kill(): Promise<void> {
    const { child } = this;
    if (!child || hasEnded(child)) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** Starts again on the same data and port, after `kill` or by SIGTERM first. */
  async restart(): Promise<void> {
    await this.terminate();
    await this.start();
  }

  private async terminate(): Promise<void> {
    const { child } = this;
    if (!child || hasEnded(child)) return;
    const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    child.kill('SIGTERM');
    const deadline = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    const [code, signal] = await ended;
    clearTimeout(deadline);
    if (code !== 0) {
      throw new Error(
        `The service ended with ${signal ?? code} after SIGTERM. Its log:\n${this.logs}`,
      );
    }
  }
}

const hasEnded = (child: ChildProcess): boolean =>
  child.exitCode !== null || child.signalCode !== null;

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
