import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

import { AuditChainer, insertEntries, strayEntry, verifyChains } from '#audit';
import { newId } from '#persistence';

import { testDatabase, type TestDatabase } from '../support/database.js';

const ENTRIES = 10_000;
const ROOT = path.resolve(import.meta.dirname, '../..');

const newEntry = (number: number) => ({
  audit_id: newId(),
  actor_kind: 'api_key',
  actor: 'api_key:erp',
  operation: 'POST /workflows/{workflow_id}/activate',
  resource: { number },
  fields: ['version'],
  correlation_id: `c-${number}`,
});

describe('the chain of 10,000 audit entries', () => {
  let test: TestDatabase;
  let chainer: AuditChainer;

  const write = (from: number, to: number) =>
    test.database.transaction(async (tx) => {
      // an entry is only written with something that it tells of
      await tx.query('select pg_current_xact_id()');
      const entries = Array.from({ length: to - from }, (_, index) => newEntry(from + index));
      await insertEntries(tx, [JSON.stringify(entries)]);
    });

  beforeAll(async () => {
    test = await testDatabase();
    chainer = new AuditChainer(test.database);
    for (let from = 0; from < ENTRIES; from += 1_000) await write(from, from + 1_000);
    await chainer.chain();
  });
  afterAll(() => test.drop());

  const row = (position: number) =>
    `(select audit_id from audit_chain where position = ${position})`;

  /** What is found after somebody with every right has done this behind the triggers; then it is undone. */
  const foundAfter = async (sql: string) => {
    const runner = test.dataSource.createQueryRunner();
    await runner.startTransaction();
    try {
      await runner.query('set local session_replication_role = replica');
      await runner.query(sql);
      const [verification] = await verifyChains(runner.manager);
      return { fault: verification?.fault, stray: await strayEntry(runner.manager) };
    } finally {
      await runner.rollbackTransaction();
      await runner.release();
    }
  };

  it('is good as it was written, and goes on where it ended', async () => {
    const [before] = await verifyChains(test.database.read);
    expect(before).toMatchObject({ tenant_id: 'default', entries: ENTRIES, fault: undefined });
    expect(await strayEntry(test.database.read)).toBeUndefined();
  });

  it.each([
    [
      'a changed actor',
      `update audit_entries set actor = 'api_key:crm' where audit_id = ${row(7_000)}`,
      'altered',
      7_000,
    ],
    [
      'a changed time',
      `update audit_entries set occurred_at = occurred_at - interval '1 microsecond' where audit_id = ${row(1)}`,
      'altered',
      1,
    ],
    [
      'a field moved into its neighbour',
      `update audit_entries set fields = changes, changes = fields where audit_id = ${row(10_000)}`,
      'altered',
      10_000,
    ],
    [
      'a deleted entry',
      `delete from audit_entries where audit_id = ${row(5_000)}`,
      'missing',
      5_000,
    ],
    ['a deleted place', 'delete from audit_chain where position = 5000', 'missing', 5_000],
    [
      'an entry deleted with its place',
      `delete from audit_entries where audit_id = ${row(2)}; delete from audit_chain where position = 2`,
      'missing',
      2,
    ],
    [
      'a gap that was closed',
      `delete from audit_entries where audit_id = ${row(4_000)}; delete from audit_chain where position = 4000; update audit_chain set position = -(position - 1) where position > 4000; update audit_chain set position = -position where position < 0`,
      'reordered',
      4_000,
    ],
    [
      'two swapped places',
      `update audit_chain set position = case position when 3000 then -3001 else -3000 end where position in (3000, 3001); update audit_chain set position = -position where position < 0`,
      'reordered',
      3_000,
    ],
    [
      'two entries with each other’s content',
      `update audit_entries e set resource = o.resource from audit_entries o where (e.audit_id, o.audit_id) in ((${row(6_000)}, ${row(6_001)}), (${row(6_001)}, ${row(6_000)}))`,
      'altered',
      6_000,
    ],
    [
      'an altered entry with its hash made anew',
      `update audit_chain set entry_hash = sha256('x') where position = 8000; update audit_entries set actor = 'x' where audit_id = ${row(8_000)}`,
      'altered',
      8_000,
    ],
  ])('shows %s', async (_name, sql, fault, position) => {
    expect((await foundAfter(sql)).fault).toMatchObject({ fault, position });
  });

  it('shows an entry that was put in, and an end that was cut off', async () => {
    const forged = newId();
    const put = `insert into audit_entries select (jsonb_populate_record(e, '{"audit_id": "${forged}"}')).* from audit_entries e where audit_id = ${row(9)}`;
    expect(await foundAfter(put)).toEqual({ fault: undefined, stray: forged });
    const { fault, stray } = await foundAfter('delete from audit_chain where position > 9990');
    expect(fault).toBeUndefined();
    expect(stray).toBeDefined();
  });

  it.each(['audit_entries', 'audit_chain'])(
    '%s is never changed: by trigger and by grant',
    async (table) => {
      for (const sql of [
        `update ${table} set tenant_id = 'x'`,
        `delete from ${table}`,
        `truncate ${table}`,
      ]) {
        await expect(test.dataSource.query(sql)).rejects.toThrow(`${table} is append-only`);
      }
      const granted: { privilege_type: string }[] = await test.dataSource.query(
        'select privilege_type from pg_class, aclexplode(relacl) where relname = $1',
        [table],
      );
      const rights = granted.map(({ privilege_type }) => privilege_type);
      expect(rights).toEqual(expect.arrayContaining(['INSERT', 'SELECT']));
      expect(rights).not.toEqual(expect.arrayContaining(['UPDATE']));
      expect(rights).not.toEqual(expect.arrayContaining(['DELETE']));
      expect(rights).not.toEqual(expect.arrayContaining(['TRUNCATE']));
    },
  );

  it('writes no entry of a transaction that wrote nothing, nor of one that was rolled back', async () => {
    await test.database.transaction((tx) => insertEntries(tx, [JSON.stringify([newEntry(0)])]));
    await expect(
      test.database.transaction(async (tx) => {
        await tx.query('select pg_current_xact_id()');
        await insertEntries(tx, [JSON.stringify([newEntry(0)])]);
        throw new Error('refused');
      }),
    ).rejects.toThrow('refused');
    const [{ waiting }] = await test.dataSource.query(
      'select count(*) as waiting from audit_unchained',
    );
    expect(waiting).toBe(0);
  });

  it('is followed from the command line, which ends with 1 where it is broken', async () => {
    const verify = async (...wishes: string[]) => {
      const child = spawn(process.execPath, ['dist/src/audit-verify.js', ...wishes], {
        cwd: ROOT,
        env: { PATH: process.env.PATH, DATABASE_URL: test.url },
      });
      let out = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
      const [code] = (await once(child, 'close')) as [number];
      return { code, out };
    };
    const good = await verify();
    expect(good).toMatchObject({ code: 0, out: expect.stringContaining('10000 entries') });
    const head = /Head (\S+)/.exec(good.out)?.[1] ?? '';
    const runner = test.dataSource.createQueryRunner();
    await runner.query('set session_replication_role = replica');
    await runner.query(
      `delete from audit_entries where audit_id in (select audit_id from audit_chain where position = 10000)`,
    );
    expect(await verify()).toMatchObject({ code: 1, out: expect.stringContaining('missing') });
    await runner.query('delete from audit_chain where position = 10000');
    expect((await verify()).code).toBe(0);
    for (const named of [head, `default@${head}`]) {
      const cut = { code: 1, out: expect.stringContaining('chain of default does not hold') };
      expect(await verify(named)).toMatchObject(cut);
    }
    const [, kept = ''] = /Head (\S+)/.exec((await verify()).out) ?? [];
    expect((await verify(kept, `default@${kept}`)).code).toBe(0);
    // a head of another tenant is looked for there
    expect((await verify(kept, `acme@${kept}`)).out).toContain('chain of acme does not hold');
    expect((await verify('nonsense')).code).toBe(2);
    await runner.release();
  });
});
