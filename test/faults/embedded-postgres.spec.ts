import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { eventually } from '../support/eventually.js';

// `npm start` with nothing at hand: the PostgreSQL that the process starts for itself, and what it survives.

const ROOT = path.resolve(import.meta.dirname, '../..');
const WORKFLOW = {
  workflow_name: 'Kept',
  category: 'test',
  steps: [{ step_id: 's1', step_name: 'S', step_type: 'user_task', order_sequence: 1 }],
};

class Standalone {
  output = '';
  private child: ChildProcess;

  constructor(
    private readonly dataDir: string,
    env: Record<string, string> = {},
  ) {
    this.child = spawn(process.execPath, ['dist/src/main.js'], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, PORT: '0', DATA_DIR: dataDir, ...env },
    });
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
  }

  /** Where it has said that it listens, once it does. */
  async url(): Promise<string> {
    return eventually(
      () => {
        const url = /The API answers at (http:\S+?)"/.exec(this.output)?.[1];
        if (url === undefined) throw new Error(`It does not listen. Its output:\n${this.output}`);
        return url;
      },
      { timeout_ms: 30_000 },
    );
  }

  async call(
    method: string,
    at: string,
    body?: unknown,
  ): Promise<{ status: number; body: string }> {
    const response = await fetch((await this.url()) + at, {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: await response.text() };
  }

  /** Its exit code; null when the signal ended it. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.child.kill(signal);
    return this.ended();
  }

  async ended(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      await once(this.child, 'exit');
    }
    return this.child.exitCode;
  }

  async postmaster(): Promise<number> {
    const file = await readFile(path.join(this.dataDir, 'postgres/postmaster.pid'), 'utf8');
    return Number(file.split('\n')[0]);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('the embedded PostgreSQL', () => {
  let dataDir: string;
  let service: Standalone;
  const start = (env?: Record<string, string>): Standalone => new Standalone(dataDir, env);
  const kept = async (): Promise<number> => {
    const { body } = await service.call('GET', '/workflows?name=Kept');
    return (JSON.parse(body) as { items: unknown[] }).items.length;
  };

  beforeAll(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'embedded-'));
    service = start();
    expect((await service.call('POST', '/multi-step/create', WORKFLOW)).status).toBe(201);
  });
  afterAll(async () => {
    await service.end('SIGTERM');
    await rm(dataDir, { recursive: true });
  });

  it('keeps its password to itself', async () => {
    const file = path.join(dataDir, 'postgres.json');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const { password } = JSON.parse(await readFile(file, 'utf8')) as { password: string };
    expect(password).toMatch(/^[0-9a-f]{48}$/);
    expect(service.output).not.toContain(password);
  });

  it('serves one process alone', async () => {
    const second = start();
    expect(await second.ended()).toBe(1);
    expect(second.output).toMatch(/Another process of this service \(pid \d+\) uses the data in/);
    expect(second.output).not.toMatch(/\\n {4}at /);
    expect(await kept()).toBe(1);
  });

  it('comes back when it is killed under the service', async () => {
    const killed = await service.postmaster();
    process.kill(killed, 'SIGKILL');
    await eventually(
      async () => {
        expect(await service.postmaster()).not.toBe(killed);
        expect(await kept()).toBe(1);
      },
      { timeout_ms: 20_000 },
    );
  });

  it('ends with its process, in order', async () => {
    const pid = await service.postmaster();
    expect(await service.end('SIGTERM')).toBe(0);
    expect(isAlive(pid)).toBe(false);
    service = start();
    expect(await kept()).toBe(1);
  });

  it('loses nothing when its process is killed, and does not outlive it', async () => {
    const pid = await service.postmaster();
    await service.end('SIGKILL');
    await eventually(() => expect(isAlive(pid)).toBe(false));
    service = start();
    expect(await kept()).toBe(1);
  });

  it('is taken over at once by the next process after a kill', async () => {
    await service.end('SIGKILL');
    service = start();
    expect(await kept()).toBe(1);
  });

  it('starts over a stale lock file, whoever has got the pid in it', async () => {
    await service.end('SIGTERM');
    const lock = path.join(dataDir, 'postgres/postmaster.pid');
    await writeFile(lock, `${process.pid}\n${dataDir}/postgres\n1\n5432\n\n127.0.0.1\n`);
    service = start();
    expect(await kept()).toBe(1);
  });

  it('is not started where the configuration is wrong; every fault is named, no value shown', async () => {
    const wrong = start({
      ROLE: 'boss',
      LOG_LEVEL: 'loud',
      HOST: '0.0.0.0',
      DATABASE_URL: 's3cret',
    });
    expect(await wrong.ended()).toBe(78);
    for (const name of ['ROLE', 'LOG_LEVEL', 'HOST', 'DATABASE_URL']) {
      expect(wrong.output).toContain(`  ${name} must be `);
    }
    expect(wrong.output).not.toMatch(/boss|loud|s3cret|\n +at /);
  });

  it('is not started where nothing can be kept, and says what to set', async () => {
    const nowhere = start({ DATA_DIR: '/proc/nowhere/data' });
    expect(await nowhere.ended()).toBe(1);
    expect(nowhere.output).toContain('/proc/nowhere/data cannot be made or written');
  });

  it('is ended when the port of the service is taken', async () => {
    const port = new URL(await service.url()).port;
    const other = new Standalone(await mkdtemp(path.join(dataDir, 'other-')), { PORT: port });
    expect(await other.ended()).toBe(1);
    expect(other.output).toContain(`Another program listens on 127.0.0.1:${port}. Set PORT`);
    await expect(other.postmaster()).rejects.toThrow('ENOENT');
  });
});
