import { afterCommit, Database, sqlState, statement, type Tx, unawaited } from '#persistence';
import { testDatabase, type TestDatabase } from '../support/database.js';

// native ES modules have no global `jest`
const { jest } = import.meta;

const fail = statement<object, [string]>('fail_for_test', 'select 1 / (length($1) - length($1))');
const addTo = statement<object, [string]>(
  'add_for_test',
  'update counters set value = value + 1 where name = $1',
);

const endSession = statement(
  'end_session_for_test',
  'select pg_terminate_backend(pg_backend_pid())',
);

describe('Database.transaction', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await testDatabase();
    await test.dataSource.query(
      'create table counters (name text primary key, value int not null)',
    );
  });
  beforeEach(() =>
    test.dataSource.query(
      `insert into counters values ('a', 0), ('b', 0) on conflict (name) do update set value = 0`,
    ),
  );
  afterAll(() => test.drop());

  const read = async (name: string, tx: Tx = test.database.read): Promise<number> => {
    const [row]: { value: number }[] = await tx.query(
      'select value from counters where name = $1',
      [name],
    );
    return row!.value;
  };
  const add = (tx: Tx, name: string) =>
    tx.query('update counters set value = value + 1 where name = $1', [name]);

  it('gives what the closure gives and commits', async () => {
    const result = await test.database.transaction(async (tx) => {
      await add(tx, 'a');
      return 'done';
    });
    expect(result).toBe('done');
    expect(await read('a')).toBe(1);
  });

  it('outlives the connection that a read beside it was sent over', async () => {
    await expect(endSession(test.database.read, [])).rejects.toThrow();
    expect(await read('a')).toBe(0);
  });

  it('rolls back and throws what the closure throws, without a second attempt', async () => {
    const work = jest.fn(async (tx: Tx) => {
      await add(tx, 'a');
      throw new Error('no');
    });
    await expect(test.database.transaction(work)).rejects.toThrow('no');
    expect(work).toHaveBeenCalledTimes(1);
    expect(await read('a')).toBe(0);
  });

  it('does not repeat what can only fail again', async () => {
    const work = jest.fn((tx: Tx) => tx.query(`insert into counters values ('a', 1)`));
    const error: unknown = await test.database.transaction(work).catch((reason: unknown) => reason);
    expect(sqlState(error)).toBe('23505');
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('runs the closure again in a fresh transaction after a serialization failure', async () => {
    const started = signals(2);
    const work = jest.fn(async (tx: Tx, own: number) => {
      const seen = await read('a', tx);
      await started.meet(own);
      await tx.query(`update counters set value = $1 where name = 'a'`, [seen + 1]);
    });
    const both = [0, 1].map((own) =>
      test.database.transaction((tx) => work(tx, own), { isolation: 'REPEATABLE READ' }),
    );
    await Promise.all(both);
    // both read 0 before either wrote: the loser was refused with 40001, and read 1 when it ran again
    expect(work).toHaveBeenCalledTimes(3);
    expect(await read('a')).toBe(2);
  });

  it('runs the closure again after a deadlock', async () => {
    const locked = signals(2);
    const work = jest.fn(async (tx: Tx, own: number) => {
      const [first, second] = own === 0 ? (['a', 'b'] as const) : (['b', 'a'] as const);
      await add(tx, first);
      await locked.meet(own);
      await add(tx, second);
    });
    await Promise.all([0, 1].map((own) => test.database.transaction((tx) => work(tx, own))));
    expect(work).toHaveBeenCalledTimes(3);
    expect([await read('a'), await read('b')]).toEqual([2, 2]);
  });

  it('gives up after five attempts and throws the last failure', async () => {
    const work = jest.fn((tx: Tx) =>
      tx.query(`do $$ begin raise exception 'again' using errcode = '40001'; end $$`),
    );
    await expect(test.database.transaction(work)).rejects.toThrow('again');
    expect(work).toHaveBeenCalledTimes(5);
  });

  it('sends statements that wait for no answer together, and fails by the first that fails', async () => {
    const values = await test.database.transaction(async (tx) => {
      await Promise.all([add(tx, 'a'), add(tx, 'b'), add(tx, 'a')]);
      return Promise.all([read('a', tx), read('b', tx)]);
    });
    expect(values).toEqual([2, 1]);
    const broken = test.database.transaction((tx) =>
      Promise.all([add(tx, 'a'), tx.query('select 1 / 0'), add(tx, 'b')]),
    );
    expect(sqlState(await broken.catch((reason: unknown) => reason))).toBe('22012');
    expect([await read('a'), await read('b')]).toEqual([2, 1]);
  });

  it('says so when a statement failed unseen, so that nothing was committed', async () => {
    const work = async (tx: Tx) => {
      await add(tx, 'a');
      await tx.query('select 1 / 0').catch(() => undefined);
    };
    await expect(test.database.transaction(work)).rejects.toThrow('not committed');
    expect(await read('a')).toBe(0);
  });

  it('runs what is registered for every transaction before its commit, and with it', async () => {
    const database = new Database(test.dataSource);
    database.beforeCommit(async (tx) => {
      await tx.query(`update counters set value = 10 + value where name = 'a'`);
    });
    await database.transaction((tx) => add(tx, 'a'));
    expect(await read('a')).toBe(11);

    database.beforeCommit(() => Promise.reject(new Error('no')));
    await expect(database.transaction((tx) => add(tx, 'a'))).rejects.toThrow('no');
    expect(await read('a')).toBe(11);
  });

  describe('unawaited', () => {
    it('commits with the statements that nobody waited for', async () => {
      await test.database.transaction((tx) => {
        unawaited(tx, addTo(tx, ['a']));
        unawaited(tx, addTo(tx, ['a']));
        return Promise.resolve();
      });
      expect(await read('a')).toBe(2);
    });

    it.each([
      ['before the commit', () => Promise.resolve()],
      ['before a later statement', (tx: Tx) => addTo(tx, ['b'])],
    ])('commits nothing and throws what the statement failed of, %s', async (_, then) => {
      const failed = test.database.transaction(async (tx) => {
        await addTo(tx, ['a']);
        unawaited(tx, fail(tx, ['x']));
        await then(tx);
      });
      const error: unknown = await failed.catch((reason: unknown) => reason);
      expect(sqlState(error)).toBe('22012');
      expect(await read('a')).toBe(0);
    });
  });

  describe('afterCommit', () => {
    it('runs effects in order, each after the one before, when others can see the commit', async () => {
      const seen: (string | number)[] = [];
      await test.database.transaction(async (tx) => {
        afterCommit(tx, async () => {
          seen.push('first', await read('a'));
        });
        afterCommit(tx, () => void seen.push('second'));
        await add(tx, 'a');
        expect(seen).toEqual([]);
      });
      await test.database.settled();
      expect(seen).toEqual(['first', 1, 'second']);
    });

    it('runs nothing when the transaction rolls back', async () => {
      const effect = jest.fn();
      const rolledBack = test.database.transaction(async (tx) => {
        afterCommit(tx, effect);
        await add(tx, 'missing');
        throw new Error('no');
      });
      await expect(rolledBack).rejects.toThrow('no');
      await test.database.settled();
      expect(effect).not.toHaveBeenCalled();
    });

    it('runs only the effects of the attempt that committed', async () => {
      const effects: number[] = [];
      let attempt = 0;
      await test.database.transaction(async (tx) => {
        attempt += 1;
        const own = attempt;
        afterCommit(tx, () => void effects.push(own));
        if (own < 3)
          await tx.query(`do $$ begin raise exception 'again' using errcode = '40P01'; end $$`);
      });
      await test.database.settled();
      expect(effects).toEqual([3]);
    });

    it('lets neither the caller nor the next effect suffer from one that fails', async () => {
      const next = jest.fn();
      const result = await test.database.transaction(async (tx) => {
        afterCommit(tx, () => Promise.reject(new Error('the queue is gone')));
        afterCommit(tx, next);
        return 'committed';
      });
      await test.database.settled();
      expect(result).toBe('committed');
      expect(next).toHaveBeenCalledTimes(1);
    });

    it('does not keep the caller waiting', async () => {
      let release = () => {};
      const held = new Promise<void>((resolve) => (release = resolve));
      await test.database.transaction(async (tx) => afterCommit(tx, () => held));
      release();
      await test.database.settled();
    });

    it('refuses a manager that is no open transaction', async () => {
      expect(() => afterCommit(test.database.read, () => {})).toThrow('Database.transaction()');
      let ended: Tx | undefined;
      await test.database.transaction(async (tx) => {
        ended = tx;
      });
      expect(() => afterCommit(ended!, () => {})).toThrow('Database.transaction()');
    });
  });
});

/** Lets `count` parties wait for each other, once: a party that comes again passes. */
function signals(count: number) {
  const here = new Set<number>();
  let open = () => {};
  const all = new Promise<void>((resolve) => (open = resolve));
  return {
    async meet(party: number): Promise<void> {
      here.add(party);
      if (here.size === count) open();
      await all;
    },
  };
}
