// Compiles to a directory beside `dist` and swaps it in, so that a service or a test that starts meanwhile never
// finds half a build.
import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);
const cli = createRequire(import.meta.url).resolve('@swc/cli/bin/swc.js');
// depth counts: the source maps hold relative paths
const fresh = path.join(root, `.dist-${process.pid}`);
const stale = path.join(root, `.dist-${process.pid}-old`);

try {
  const { status } = spawnSync(
    process.execPath,
    [
      cli,
      'src',
      'libs',
      'migrations',
      '--out-dir',
      fresh,
      '--config-file',
      '.swcrc',
      '--ignore',
      '**/*.spec.ts',
      '--quiet',
    ],
    { cwd: root, stdio: 'inherit' },
  );
  if (status !== 0) process.exit(status ?? 1);
  const dist = path.join(root, 'dist');
  if (existsSync(dist)) renameSync(dist, stale);
  renameSync(fresh, dist);
} finally {
  rmSync(fresh, { recursive: true, force: true });
  rmSync(stale, { recursive: true, force: true });
}
