import { spawn, spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { freePort, stopProcess } from './processes.mjs';

/**
 * A Redis for tests: the one `REDIS_URL` names, else a throw-away `redis-server` from the PATH on a free port of
 * 127.0.0.1; on Debian as root the package is installed where there is none. Fails, saying what to install, when
 * there is none to be had.
 * @param {string} folder its working directory
 * @param {number} [given] the port, where it is to come back on the one that it had
 * @returns {Promise<{url: string, stop: () => Promise<void>}>}
 */
export async function startRedis(folder, given) {
  if (process.env.REDIS_URL) return { url: process.env.REDIS_URL, stop: async () => {} };
  if (!runs('redis-server', ['--version'])) install();
  const port = given ?? (await freePort());
  const settings = {
    bind: '127.0.0.1',
    port: String(port),
    dir: folder,
    save: '',
    appendonly: 'no',
    'maxmemory-policy': 'noeviction',
    databases: '4096',
  };
  const server = spawn(
    'redis-server',
    Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await readyLine(server);
  return {
    url: `redis://127.0.0.1:${port}`,
    stop: () => stopProcess(server, 'SIGTERM'),
  };
}

const runs = (command, args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

function install() {
  const advice =
    'The tests need Redis: install `redis-server` (Debian: apt-get install redis-server), or set REDIS_URL.';
  if (process.getuid?.() !== 0 || !runs('apt-get', ['--version'])) throw new Error(advice);
  console.log('No redis-server on the PATH: installing the Debian package.');
  // keeps the package from starting its service; one that stands there already does so, or is the machine's own
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const options = {
      encoding: 'utf8',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    };
    for (const args of [
      ['update', '-q'],
      ['install', '-y', '-q', '--no-install-recommends', 'redis-server'],
    ]) {
      const { status, stderr } = spawnSync('apt-get', args, options);
      if (status !== 0) throw new Error(`${advice}\napt-get ${args[0]} failed: ${stderr}`);
    }
  } finally {
    if (ours) rmSync(policy);
  }
}

function readyLine(server) {
  return new Promise((resolve, reject) => {
    let log = '';
    server.stdout.setEncoding('utf8').on('data', (chunk) => {
      log = (log + chunk).slice(-10_000);
      if (log.includes('Ready to accept connections')) resolve();
    });
    server.once('error', reject);
    server.once('exit', () => reject(new Error(`redis-server did not start: ${log}`)));
  });
}
