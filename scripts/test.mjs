// `npm test [-- jest arguments]`: builds, starts one PostgreSQL and one Redis, runs Jest, stops everything, and
// prints one line at the very end. The servers live here, outside Jest, so that they end also when Jest is killed.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startServers } from './servers.mjs';

const root = path.dirname(import.meta.dirname);
const jestCli = createRequire(import.meta.url).resolve('jest/bin/jest');
const work = mkdtempSync(path.join(tmpdir(), 'complex-workflows-test-'));
// a service in a test may start PostgreSQL below it under another account
chmodSync(work, 0o755);
const summaryFile = path.join(work, 'summary.json');

let jest;
let interrupted;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    interrupted ??= signal;
    endGroup();
  });
}

let exitCode = 1;
let servers;
try {
  build();
  servers = await startServers(work);
  if (!interrupted) exitCode = await runJest(servers.env);
} catch (error) {
  console.error(error);
} finally {
  endGroup();
  await servers?.stop();
}
const summary = readSummary();
rmSync(work, { recursive: true, force: true });
if (interrupted) console.error(`Interrupted by ${interrupted}.`);
if (summary.passed + summary.failed === 0 || (exitCode !== 0 && summary.failed === 0))
  summary.failed = 1;
const skipped = summary.skipped > 0 ? `, ${summary.skipped} skipped` : '';
console.log(`${summary.passed} passed, ${summary.failed} failed${skipped}`);
process.exitCode = summary.failed > 0 ? 1 : 0;

function build() {
  const { status } = spawnSync(process.execPath, [path.join(root, 'scripts/build.mjs')], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('The build failed.');
}

async function runJest(env) {
  // its own process group: whatever a killed worker leaves behind ends with it
  jest = spawn(process.execPath, [jestCli, '--forceExit', ...process.argv.slice(2)], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
    env: {
      ...process.env,
      ...env,
      TMPDIR: work,
      TEST_SUMMARY_FILE: summaryFile,
      NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --no-warnings=ExperimentalWarning`,
    },
  });
  const [code] = await once(jest, 'exit');
  return code ?? 1;
}

function endGroup() {
  if (!jest?.pid) return;
  try {
    process.kill(-jest.pid, 'SIGKILL');
  } catch (error) {
    // nothing of it is left
    if (error.code !== 'ESRCH') throw error;
  }
}

function readSummary() {
  try {
    return JSON.parse(readFileSync(summaryFile, 'utf8'));
  } catch {
    console.error('Jest ended without a summary.');
    return { passed: 0, failed: 0, skipped: 0 };
  }
}
