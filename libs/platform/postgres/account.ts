import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { EmbeddedPostgresError } from './binaries.js';

/** The operating system account that PostgreSQL runs under; it refuses to run as root. */
export interface Account {
  name: string;
  uid: number;
  gid: number;
}

const PREFERRED = ['postgres', 'nobody'];

/**
 * Whom to start PostgreSQL as: ourselves, unless we are root; then the owner of the data that is
 * already there, else `postgres`, else `nobody`.
 * @returns undefined for "as ourselves"
 */
export async function chooseAccount(dataDirectory: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = parsePasswd(await readFile('/etc/passwd', 'utf8'));
  const owner = await stat(dataDirectory).then(
    ({ uid }) => accounts.find((account) => account.uid === uid && uid !== 0),
    () => undefined,
  );
  const account =
    owner ?? PREFERRED.map((name) => accounts.find((a) => a.name === name)).find(Boolean);
  if (account === undefined) {
    throw new EmbeddedPostgresError(
      'PostgreSQL does not run as root, and this machine has neither an account "postgres" nor "nobody". Run the service under another account, or set DATABASE_URL.',
    );
  }
  return account;
}

export function parsePasswd(content: string): Account[] {
  return content
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 4)
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
}

/** Whether the account can enter the folder and run the program: tried, since modes are not all that decides. */
export async function canReach(
  account: Account,
  folder: string,
  program: string,
): Promise<boolean> {
  const { uid, gid } = account;
  const attempt = promisify(execFile)(
    '/bin/sh',
    ['-c', 'cd "$1" && test -x "$2"', 'sh', folder, program],
    {
      uid,
      gid,
      cwd: '/',
    },
  );
  return attempt.then(
    () => true,
    () => false,
  );
}
