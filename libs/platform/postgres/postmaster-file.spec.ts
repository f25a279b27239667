import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parsePasswd } from './account.js';
import { findPostmaster, isAlive, isPostmasterOf, parsePostmasterFile } from './postmaster-file.js';

describe('parsePostmasterFile', () => {
  it('reads what PostgreSQL writes', () => {
    const content =
      '4711\n/data/postgres\n1795378565\n37563\n\n127.0.0.1\n  1234567  32768\nready   \n';
    expect(parsePostmasterFile(content)).toEqual({
      pid: 4711,
      data_directory: '/data/postgres',
      port: 37563,
    });
  });

  it.each(['', '\n', 'x\n/data\n1\n5432\n', '4711', '-4711\n/data\n1\n5432\n'])(
    'makes nothing of %p',
    (content) => {
      expect(parsePostmasterFile(content)).toBeUndefined();
    },
  );
});

describe('isPostmasterOf', () => {
  const command = ['/lib/bin/postgres', '-D', '/srv/a/postgres', '-p', '5433'].join('\0');

  it('knows the server of its own data', () => {
    expect(isPostmasterOf(command, '/srv/a/postgres')).toBe(true);
    expect(isPostmasterOf(command.replaceAll('\0', ' '), '/srv/a/postgres')).toBe(true);
  });

  it('takes no other program that has the pid, and no server of other data', () => {
    expect(isPostmasterOf(command, '/srv/b/postgres')).toBe(false);
    expect(isPostmasterOf(command, '/srv/a/post')).toBe(false);
    expect(isPostmasterOf('node\0-D\0/srv/a/postgres', '/srv/a/postgres')).toBe(false);
    expect(isPostmasterOf('', '/srv/a/postgres')).toBe(false);
  });
});

describe('findPostmaster', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'postmaster-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('finds none where no file is', async () => {
    expect(await findPostmaster(folder)).toBeUndefined();
  });

  it('is not fooled by a pid that another program has got', async () => {
    expect(isAlive(process.pid)).toBe(true);
    await writeFile(join(folder, 'postmaster.pid'), `${process.pid}\n${folder}\n1\n5432\n`);
    expect(await findPostmaster(folder)).toBeUndefined();
  });
});

describe('parsePasswd', () => {
  it('reads accounts, also those without a password field or shell', () => {
    const content =
      'root:x:0:0:root:/root:/bin/bash\npostgres:x:101:104::/var/lib:/bin/sh\n\n# no\n';
    expect(parsePasswd(content)).toEqual([
      { name: 'root', uid: 0, gid: 0 },
      { name: 'postgres', uid: 101, gid: 104 },
    ]);
  });
});
