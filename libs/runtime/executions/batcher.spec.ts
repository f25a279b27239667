import { presentTenant, runAsTenant } from '#platform/tenancy';
import { Batcher } from './batcher.js';

const add = <Item, Result>(
  batcher: Batcher<Item, Result>,
  item: Item,
  tenant_id = 'a',
): Promise<Result> => runAsTenant(tenant_id, () => batcher.add(item));

const settled = <T>(work: Promise<T>[]): Promise<PromiseSettledResult<T>[]> =>
  Promise.allSettled(work);

describe('Batcher', () => {
  it('writes what arrives together in one batch, and gives each its own result', async () => {
    const batches: number[][] = [];
    const batcher = new Batcher<number, number>(
      async (items) => {
        batches.push([...items]);
        return items.map((item) => item * 10);
      },
      { size: 100, concurrency: 1 },
    );
    expect(await Promise.all([1, 2, 3].map((item) => add(batcher, item)))).toEqual([10, 20, 30]);
    expect(batches).toEqual([[1, 2, 3]]);
  });

  it('collects what arrives while a batch is written, within the size of one', async () => {
    const batches: number[][] = [];
    let release = (): void => undefined;
    const batcher = new Batcher<number, number>(
      async (items) => {
        batches.push([...items]);
        if (batches.length === 1) await new Promise<void>((resolve) => (release = resolve));
        return items;
      },
      { size: 2, concurrency: 1 },
    );
    const first = add(batcher, 1);
    await new Promise(setImmediate);
    const others = [2, 3, 4].map((item) => add(batcher, item));
    release();
    await Promise.all([first, ...others]);
    expect(batches).toEqual([[1], [2, 3], [4]]);
  });

  it('shares out what is much over the batches that may be written at a time', async () => {
    const sizes: number[] = [];
    const batcher = new Batcher<number, number>(
      async (items) => {
        sizes.push(items.length);
        await new Promise(setImmediate);
        return items;
      },
      { size: 500, concurrency: 2 },
    );
    await Promise.all(Array.from({ length: 101 }, (_, item) => add(batcher, item)));
    expect(sizes).toEqual([51, 50]);
  });

  it('never writes together what belongs to different tenants', async () => {
    const batches: string[] = [];
    const batcher = new Batcher<number, string>(
      (items) => {
        batches.push(`${presentTenant()} ${items.join(' ')}`);
        return Promise.resolve(items.map(presentTenant));
      },
      { size: 100, concurrency: 1 },
    );
    const tenants = ['a', 'b', 'b', 'a', 'c'];
    const results = tenants.map((tenant_id, item) => add(batcher, item, tenant_id));
    expect(await Promise.all(results)).toEqual(tenants);
    expect(batches).toEqual(['a 0 3', 'b 1 2', 'c 4']);
  });

  it('lets a bad item fail alone', async () => {
    const batcher = new Batcher<number, number>(
      async (items) => {
        if (items.includes(2)) throw new Error('two is bad');
        return items;
      },
      { size: 100, concurrency: 1 },
    );
    const results = await settled([1, 2, 3].map((item) => add(batcher, item)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('has drained when everything is written', async () => {
    let written = 0;
    const batcher = new Batcher<number, number>(
      async (items) => {
        await new Promise(setImmediate);
        written += items.length;
        return items;
      },
      { size: 1, concurrency: 2 },
    );
    const work = [1, 2, 3, 4, 5].map((item) => add(batcher, item));
    await batcher.drained();
    expect(written).toBe(5);
    await Promise.all(work);
  });
});
