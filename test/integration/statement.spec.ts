import { statement } from '#persistence';
import { testDatabase, type TestDatabase } from '../support/database.js';

const figures = statement<
  { many: number; mean: number; at: Date; document: { a: number[] } },
  [upTo: number, document: string]
>(
  'test.figures',
  `select count(*) as many, avg(n) as mean, now() as at, $2::jsonb as document from generate_series(1, $1::int) n`,
);
const insert = statement<{ id: number }, [text: string, list: string[]]>(
  'test.insert',
  'insert into notes (text, list) values ($1, $2) returning id',
);
const prepared = statement<{ name: string }>(
  'test.prepared',
  'select name from pg_prepared_statements order by name',
);

describe('statement', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await testDatabase();
    await test.dataSource.query(
      'create table notes (id bigint generated always as identity primary key, text text, list text[])',
    );
  });
  afterAll(() => test.drop());

  it('gives counts and averages as numbers, times as Date, jsonb parsed', async () => {
    const [row] = await figures(test.database.read, [4, JSON.stringify({ a: [1, 2] })]);
    expect(row).toEqual({ many: 4, mean: 2.5, at: expect.any(Date), document: { a: [1, 2] } });
  });

  it('runs inside the transaction it is given', async () => {
    const rolledBack = test.database.transaction(async (tx) => {
      const [row] = await insert(tx, ['lost', ['a', 'b']]);
      expect(row).toEqual({ id: 1 });
      throw new Error('no');
    });
    await expect(rolledBack).rejects.toThrow('no');
    expect(await test.dataSource.query('select count(*) as n from notes')).toEqual([{ n: 0 }]);

    await test.database.transaction((tx) => insert(tx, ['kept', []]));
    expect(await test.dataSource.query('select text from notes')).toEqual([{ text: 'kept' }]);
  });

  it('is prepared under its name, once a connection', async () => {
    const names = await test.database.transaction(async (tx) => {
      await figures(tx, [1, '{}']);
      await figures(tx, [2, '{}']);
      return prepared(tx, []);
    });
    expect(names.map(({ name }) => name)).toContain('test.figures');
  });

  it('takes a name once, and no longer than PostgreSQL keeps', () => {
    expect(() => statement('test.figures', 'select 1')).toThrow(
      'two statements named test.figures',
    );
    expect(() => statement('x'.repeat(64), 'select 1')).toThrow('62 bytes');
  });

  it('fails with the SQLSTATE in code', async () => {
    const failing = statement('test.failing', 'select 1 / 0 as n');
    await expect(failing(test.database.read, [])).rejects.toMatchObject({ code: '22012' });
  });
});
