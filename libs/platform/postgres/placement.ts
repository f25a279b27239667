import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import {
  access,
  chmod,
  cp,
  lstat,
  mkdir,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { canReach, chooseAccount, type Account } from './account.js';
import {
  binariesIn,
  codeOf,
  EmbeddedPostgresError,
  findBinaries,
  type Binaries,
} from './binaries.js';

/** Where PostgreSQL's data and programs are, and whom it runs as. */
export interface Placement {
  account: Account | undefined;
  binaries: Binaries;
  /** Real path of the data directory; may not exist yet. */
  cluster: string;
}

/** For root whose data or programs lie where no other account can go, such as below /root. */
const REACHABLE_HOME = '/var/lib/complex-workflows';

/**
 * Decides where things are, and says in `notes` whatever is not as one would expect. The data is
 * `DATA_DIR/postgres`; where its account cannot get there, that is a link to a folder below
 * /var/lib/complex-workflows.
 */
export async function place(
  givenDir: string,
  note: (sentence: string) => void,
): Promise<Placement> {
  const binaries = await findBinaries();
  const dataDir = await makeDataDir(givenDir);
  const wanted = join(dataDir, 'postgres');
  const linked = await linkTarget(wanted);
  const account = await chooseAccount(linked ?? wanted);
  if (account === undefined) return { account, binaries, cluster: linked ?? wanted };
  note(`PostgreSQL does not run as root: it is started under the account "${account.name}".`);
  await letThrough(dataDir);
  if (linked !== undefined) await requireFolder(dirname(linked), wanted);
  const [dataReachable, programsReachable] = await Promise.all([
    canReach(account, linked === undefined ? dataDir : dirname(linked), '/bin/sh'),
    canReach(account, '/', binaries.postgres),
  ]);
  const cluster = dataReachable ? (linked ?? wanted) : await moveAway(wanted, note);
  return {
    account,
    binaries: programsReachable ? binaries : await copyPrograms(binaries, note),
    cluster,
  };
}

/** One name for one place: a server is known by the path that it was started with. */
async function makeDataDir(givenDir: string): Promise<string> {
  try {
    await makeFolders(resolve(givenDir));
    await access(givenDir, constants.W_OK);
    return await realpath(givenDir);
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `${givenDir} cannot be made or written, and without DATABASE_URL the data is kept there. Set DATA_DIR to a folder of this account, or DATABASE_URL to a PostgreSQL server.`,
      { cause },
    );
  }
}

/** Not `recursive`: Node 20 tries for ever where a folder that is there answers ENOENT, as /proc does. */
async function makeFolders(path: string): Promise<void> {
  const parent = dirname(path);
  if (!(await isThere(parent))) await makeFolders(parent);
  await mkdir(path).catch((error: unknown) => {
    if (codeOf(error) !== 'EEXIST') throw error;
  });
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function linkTarget(path: string): Promise<string | undefined> {
  return readlink(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'EINVAL') return undefined;
    throw error;
  });
}

/** An empty database in place of a lost one would look as if nothing had ever been there. */
async function requireFolder(folder: string, link: string): Promise<void> {
  await stat(folder).catch((cause: unknown) => {
    throw new EmbeddedPostgresError(
      `${link} links to ${folder}, which is gone, and with it the data. Restore it, or remove the link to begin with an empty database.`,
      { cause },
    );
  });
}

/** DATA_DIR is ours, so it may be opened for passing through (not for listing); folders above it are not. */
async function letThrough(dataDir: string): Promise<void> {
  const { mode } = await stat(dataDir);
  if ((mode & 0o001) === 0) await chmod(dataDir, (mode & 0o7777) | 0o011);
}

async function moveAway(wanted: string, note: (sentence: string) => void): Promise<string> {
  const existing = await lstat(wanted).catch(() => undefined);
  const home = await reachableHome();
  const cluster = join(home, `data-${randomBytes(6).toString('hex')}`, 'postgres');
  await mkdir(dirname(cluster), { mode: 0o711 });
  if (existing !== undefined) {
    throw new EmbeddedPostgresError(
      `The account of PostgreSQL cannot reach ${wanted}. Open the folders above it for passing through (chmod o+x), or choose another DATA_DIR.`,
    );
  }
  await symlink(cluster, wanted);
  note(
    `No other account than root can reach ${wanted}: the data is in ${cluster}, with a link to it.`,
  );
  return cluster;
}

async function copyPrograms(
  binaries: Binaries,
  note: (sentence: string) => void,
): Promise<Binaries> {
  const version = basename(dirname(dirname(binaries.home)));
  const { mtimeMs, size } = await stat(binaries.postgres);
  const name = `${version}-${size}-${Math.round(mtimeMs)}`.replace(/[^\w.-]/g, '');
  const target = join(await reachableHome(), name);
  if (!(await isThere(target))) {
    const partial = `${target}.${process.pid}`;
    await cp(binaries.home, partial, { recursive: true, verbatimSymlinks: true });
    await rename(partial, target).catch(async (error: unknown) => {
      await rm(partial, { recursive: true });
      if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error;
    });
  }
  note(`Its account cannot reach ${binaries.home} either: it runs a copy in ${target}.`);
  return binariesIn(target);
}

async function reachableHome(): Promise<string> {
  try {
    await mkdir(REACHABLE_HOME, { recursive: true, mode: 0o755 });
    return REACHABLE_HOME;
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `PostgreSQL does not run as root, its account cannot reach this folder, and ${REACHABLE_HOME} cannot be made. Set DATA_DIR to a folder outside /root, run the service under another account, or set DATABASE_URL.`,
      { cause },
    );
  }
}
