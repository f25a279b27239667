import { spawn, type ChildProcess } from 'node:child_process';
import {
  chown,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { codeOf } from './binaries.js';
import type { Placement } from './placement.js';
import { findPostmaster, isAlive, readPostmasterFile } from './postmaster-file.js';

export const SUPERUSER = 'workflows';
const POLL_MS = 25;
const LOG_KEPT_BYTES = 10 * 1024 * 1024;

/** Only what the default differs in: one address, no socket file in /tmp, the same clock and words on every machine. */
const SERVER_SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  timezone: 'UTC',
  log_timezone: 'UTC',
  cluster_name: 'complex-workflows',
};

/**
 * The shell keeps the server from outliving us: when this process dies, however it dies, its end of
 * the pipe closes, `read` returns, and the server is told to shut down (SIGINT, "fast"). It ends
 * with the server, and with its exit code.
 */
const KEEPER = `exec 3<&0
"$@" 3<&- & server=$!
{ read -r _; kill -INT $server; } <&3 & reader=$!
wait $server; code=$?
kill $reader 2>/dev/null
exit $code`;

/** Makes a new database cluster next to its place and moves it there when it is whole, so that a kill leaves no half of one. */
export async function initialise(placement: Placement, password: string): Promise<void> {
  const { account, binaries, cluster } = placement;
  await removeHalfMade(cluster);
  const fresh = `${cluster}.new-${process.pid}`;
  await mkdir(fresh, { recursive: true, mode: 0o700 });
  if (account !== undefined) await chown(fresh, account.uid, account.gid);
  const passwordFile = join(fresh, '..', `.password-${process.pid}`);
  try {
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    if (account !== undefined) await chown(passwordFile, account.uid, account.gid);
    await run(placement, binaries.initdb, [
      `--pgdata=${fresh}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '--no-instructions',
    ]);
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rename(fresh, cluster).catch(async (error: unknown) => {
    // another process was first, with the same password
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error;
    await rm(fresh, { recursive: true });
  });
}

export async function isInitialised(cluster: string): Promise<boolean> {
  return stat(join(cluster, 'PG_VERSION')).then(
    () => true,
    (error: unknown) => {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    },
  );
}

async function removeHalfMade(cluster: string): Promise<void> {
  const folder = dirname(cluster);
  for (const name of await readdir(folder)) {
    const pid = /^postgres\.new-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid)))
      await rm(join(folder, name), { recursive: true });
  }
}

async function run(placement: Placement, program: string, args: string[]): Promise<void> {
  const { account } = placement;
  const child = spawn(program, args, {
    cwd: '/',
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
  });
  let said = '';
  const listen = (chunk: Buffer): void => {
    said = (said + chunk.toString()).slice(-4000);
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${program} failed (${code}):\n${said.trim()}`);
}

/** PG* variables of the user's shell are meant for other servers. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('PG'));
  return { ...Object.fromEntries(kept), LC_ALL: 'C' };
}

/** Starts the server detached, so that the Ctrl+C meant for us does not reach it before we are done with it. */
export async function spawnServer(
  placement: Placement,
  port: number,
  logFile: string,
): Promise<ChildProcess> {
  const { account, binaries, cluster } = placement;
  await removeStalePidFile(cluster);
  await shortenLog(logFile);
  const log = await open(logFile, 'a', 0o600);
  try {
    const settings = Object.entries(SERVER_SETTINGS).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ]);
    const command = [binaries.postgres, '-D', cluster, '-p', String(port), ...settings];
    const child = spawn('/bin/sh', ['-c', KEEPER, 'keeper', ...command], {
      cwd: '/',
      env: environment(),
      detached: true,
      stdio: ['pipe', log.fd, log.fd],
      ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
    });
    child.on('error', () => undefined); // leaves an exit code, which the caller looks at
    child.stdin?.on('error', () => undefined); // the keeper is gone; so is what it kept
    child.unref();
    return child;
  } finally {
    await log.close();
  }
}

/** PostgreSQL itself takes any live process of its account with that pid for the server, and refuses to start. */
async function removeStalePidFile(cluster: string): Promise<void> {
  const file = await readPostmasterFile(cluster);
  const stale = file !== undefined && (await findPostmaster(cluster)) === undefined;
  if (stale) await rm(join(cluster, 'postmaster.pid'), { force: true });
}

async function shortenLog(logFile: string): Promise<void> {
  const size = await stat(logFile).then(
    (file) => file.size,
    () => 0,
  );
  if (size > LOG_KEPT_BYTES) await rename(logFile, `${logFile}.1`);
}

export async function lastLinesOf(logFile: string): Promise<string> {
  const content = await readFile(logFile, 'utf8').catch(() => '');
  return content.trimEnd().split('\n').slice(-8).join('\n');
}

/** Tells the server of this data directory to end ("fast": open transactions roll back) and waits until it has. */
export async function stopServer(cluster: string, timeoutMs: number): Promise<boolean> {
  const server = await findPostmaster(cluster);
  if (server === undefined) return true;
  process.kill(server.pid, 'SIGINT');
  return waitUntil(async () => (await findPostmaster(cluster)) === undefined, timeoutMs);
}

export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  timeoutMs: number,
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) return false;
    await pause(POLL_MS);
  }
  return true;
}

/** The wanted port when it is free, else any free one, on loopback. */
export async function freePort(wanted: number | undefined): Promise<number> {
  const listenOn = (port: number): Promise<number | undefined> =>
    new Promise((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(undefined));
      server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
        const address = server.address();
        server.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
      });
    });
  const port = (wanted === undefined ? undefined : await listenOn(wanted)) ?? (await listenOn(0));
  if (port === undefined) throw new Error('There is no free port on 127.0.0.1 for PostgreSQL.');
  return port;
}
