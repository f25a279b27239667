import { eventually } from '../support/eventually.js';
import { type Service, startService } from '../support/service.js';
import { type Claimed, ParallelClient, type Problem, query, task } from './parallel-client.js';

describe('load-balancing strategies', () => {
  let service: Service;
  let client: ParallelClient;
  let type: string;
  beforeAll(async () => {
    service = await startService({ env: { MAX_CONCURRENT_EXECUTIONS: '100' } });
    client = await ParallelClient.of(service);
  });
  beforeEach(() => {
    type = `type-${crypto.randomUUID()}`;
  });
  afterAll(() => service.stop());

  const many = (prefix: string, count: number, more: object = {}) =>
    Array.from({ length: count }, (_, n) => task(`${prefix}${n}`, { task_type: type, ...more }));
  const balanced = (strategy: string, more: object = {}) => ({
    load_balancing: { strategy, max_concurrent_tasks: 100, ...more },
  });
  const ids = (claimed: readonly Claimed[]): string[] => claimed.map(({ task_id }) => task_id);
  async function oneByOne(count: number): Promise<string[]> {
    const claimed: string[] = [];
    for (let n = 0; n < count; n += 1) claimed.push(...ids(await client.claim([type])));
    return claimed;
  }

  it('round_robin takes one of each execution in turn: a large one does not hold up a small one', async () => {
    await client.start(many('large', 40), balanced('round_robin'));
    await client.start(many('small', 2), balanced('round_robin'));
    // the new one stands behind the round that is being served
    const order = ['large0', 'large1', 'small0', 'large2', 'small1', 'large3'];
    expect(await oneByOne(order.length)).toEqual(order);
  });

  it('round_robin goes on turn by turn while a task that failed waits for its next attempt', async () => {
    await client.start(many('stuck', 1), balanced('round_robin'));
    const [failed] = await client.claim([type]);
    const later = { error_message: 'not now', retry_after_seconds: 3_600 };
    await client.answer('fail', failed!, later);
    await client.start(many('a', 20), balanced('round_robin'));
    expect(await client.claim([type], { max_tasks: 10 })).toHaveLength(10);
    await client.start(many('b', 3), balanced('round_robin'));
    const order = ['a10', 'a11', 'b0', 'a12', 'b1', 'a13', 'b2', 'a14'];
    expect(await oneByOne(order.length)).toEqual(order);
  });

  it.each([1, 2])(
    'round_robin ends its rounds however many new ones come: a large one is served as in a plain line, with newcomers of %i tasks',
    async (size) => {
      await client.start(many('large', 40), balanced('round_robin'));
      const line = [{ name: 'large', left: 40 }];
      let [served, ofPlainLine] = [0, 0];
      for (let n = 0; n < 16; n += 1) {
        await client.start(many(`small${n}-`, size), balanced('round_robin'));
        line.push({ name: `small${n}`, left: size });
        const claimed = await client.claim([type], { max_tasks: size });
        served += claimed.filter(({ task_id }) => task_id.startsWith('large')).length;
        for (const each of claimed) {
          const next = line.shift()!;
          if (next.name === 'large') ofPlainLine += 1;
          if (next.left > 1) line.push({ ...next, left: next.left - 1 });
          await client.answer('complete', each);
        }
      }
      expect(ofPlainLine).toBeGreaterThan(4);
      expect(served).toBeGreaterThanOrEqual(ofPlainLine);
    },
  );

  it('round_robin puts what has long been served no further behind than at the end of the line', async () => {
    const first = await client.start(
      many('a', 30),
      balanced('round_robin', { max_concurrent_tasks: 1 }),
    );
    for (let n = 0; n < 20; n += 1) {
      const [claimed] = await client.claim([type]);
      await client.answer('complete', claimed!);
    }
    await client.start(many('b', 3), balanced('round_robin'));
    // its next task waits since before those of the other
    expect(await oneByOne(1)).toEqual(['a20']);
    expect((await client.read(first)).tasks_completed).toBe(20);
    expect(await oneByOne(3)).toEqual(['b0', 'b1', 'b2']);
  });

  it('priority_based takes the larger priority first, of whatever execution', async () => {
    await client.start(many('low', 3, { priority: 1 }), balanced('priority_based'));
    await client.start(many('high', 2, { priority: 9 }), balanced('priority_based'));
    expect(await oneByOne(4)).toEqual(['high0', 'high1', 'low0', 'low1']);
  });

  it('priority_based takes the larger priority first of several types, however far the turns of each are', async () => {
    const other = `${type}-other`;
    await client.start(many('turned', 10, { priority: 1 }), balanced('round_robin'));
    expect(await client.claim([type], { max_tasks: 5 })).toHaveLength(5);
    await client.start(
      [
        task('urgent', { task_type: type, priority: 1_000 }),
        task('middle', { task_type: other, priority: 500 }),
        task('trivial', { task_type: other, priority: 1 }),
      ],
      balanced('priority_based'),
    );
    const claim = async (more: Record<string, unknown>) =>
      ids(await client.claim([other, type], more));
    expect(await claim({ max_tasks: 1 })).toEqual(['urgent']);
    expect(await claim({ max_tasks: 4 })).toEqual(['middle', 'trivial', 'turned5', 'turned6']);
    expect(await claim({ max_tasks: 1, resources: {} })).toEqual(['turned7']);
  });

  it('least_loaded gives to the worker with the most free capacity, and to any when that one does not come', async () => {
    const claim = (worker_id: string, max_tasks: number) =>
      client.claim([type], { worker_id, max_tasks });
    const [busy, free] = [`busy-${type}`, `free-${type}`];
    expect(await claim(free, 5)).toEqual([]);
    expect(await claim(busy, 2)).toEqual([]);
    await eventually(async () => {
      const rows = await query<{ free_capacity: number }>(
        service,
        'select free_capacity from thread_management where worker_id = any($1) order by 1',
        [[busy, free]],
      );
      expect(rows.map(({ free_capacity }) => free_capacity)).toEqual([2, 5]);
    });
    await client.start(many('t', 6), balanced('least_loaded'));
    const early = await claim(busy, 2);
    const waited = await query<{ seconds: number }>(
      service,
      `select extract(epoch from clock_timestamp() - min(available_at))::float8 as seconds
       from task_executions where task_type = $1`,
      [type],
    );
    // on a machine that is slower than that second it is for any already
    if (waited[0]!.seconds < 1) expect(early).toEqual([]);
    const got = ids(await claim(free, 5));
    expect(got.length + early.length).toBeGreaterThanOrEqual(5);
    const rest = await eventually(async () => {
      const left = ids(await claim(busy, 2));
      if (left.length + got.length + early.length < 6) throw new Error('not yet for any');
      return left;
    });
    expect(new Set([...got, ...rest, ...ids(early)])).toHaveProperty('size', 6);
  });

  it('resource_aware hands out what fits into the constraints beside what is in hand', async () => {
    await client.start(
      [
        task('half', { task_type: type, priority: 9, resource_requirements: { cpu: 2 } }),
        task('more', { task_type: type, priority: 8, resource_requirements: { cpu: 3 } }),
        task('little', { task_type: type, priority: 7, resource_requirements: { cpu: 1 } }),
        task('huge', { task_type: type, priority: 6, resource_requirements: { cpu: 99 } }),
      ],
      balanced('resource_aware', { resource_constraints: { cpu: 4 } }),
    );
    const first = await client.claim([type], { max_tasks: 10 });
    expect(ids(first)).toEqual(['half', 'little']);
    await client.answer('complete', first[0]!);
    const second = await client.claim([type], { max_tasks: 10 });
    expect(ids(second)).toEqual(['more']);
    for (const claimed of [first[1]!, second[0]!]) await client.answer('complete', claimed);
    expect(ids(await client.claim([type], { max_tasks: 10 }))).toEqual(['huge']);
  });

  it('resource_aware gives a worker only what it has enough for, all of it together', async () => {
    await client.start(
      many('t', 3, { resource_requirements: { cpu: 2, disk: 7 } }),
      balanced('resource_aware'),
    );
    const claim = (resources: object) => client.claim([type], { max_tasks: 10, resources });
    expect(await claim({ cpu: 1 })).toEqual([]);
    expect(ids(await claim({ cpu: 5 }))).toEqual(['t0', 't1']);
    expect(ids(await claim({ gpu: 1 }))).toEqual(['t2']);
  });

  it('resource_aware finds small tasks behind however many large ones', async () => {
    await client.start(
      [
        ...many('large', 600, { priority: 900, resource_requirements: { cpu: 5 } }),
        ...many('small', 30, { resource_requirements: { cpu: 0.1 } }),
      ],
      balanced('resource_aware', { resource_constraints: { cpu: 8 } }),
    );
    const first = await client.claim([type], { max_tasks: 100 });
    expect(ids(first)).toEqual(['large0', ...many('small', 30).map(({ task_id }) => task_id)]);
    for (const claimed of first) await client.answer('complete', claimed);
    expect(ids(await client.claim([type], { max_tasks: 100 }))).toEqual(['large1']);
  });

  it('resource_aware hands out what fits exactly, also in tenths, to executions and to workers', async () => {
    const three = many('t', 4, { resource_requirements: { cpu: 0.1 } });
    await client.start(three, balanced('resource_aware', { resource_constraints: { cpu: 0.3 } }));
    expect(await client.claim([type], { max_tasks: 10 })).toHaveLength(3);
    const own = `${type}-own`;
    await client.start(
      three.map((each) => ({ ...each, task_type: own })),
      balanced('resource_aware'),
    );
    const claimed = await client.claim([own], { max_tasks: 10, resources: { cpu: 0.3 } });
    expect(claimed).toHaveLength(3);
  });

  it('refuses amounts that resource_aware could not count, and takes anything where it does not', async () => {
    const odd = task('a', { task_type: type, resource_requirements: { cpu: '1' } });
    const more = (strategy: string) => balanced(strategy, { resource_constraints: { cpu: '2' } });
    const refused = await client.execute<Problem>(
      [odd, { ...odd, dependencies: 'none' }],
      more('resource_aware'),
    );
    expect(refused.status).toBe(400);
    expect(refused.body.errors?.map(({ pointer }) => pointer)).toEqual(
      expect.arrayContaining([
        '/load_balancing/resource_constraints/cpu',
        '/tasks/0/resource_requirements/cpu',
        '/tasks/1/dependencies',
      ]),
    );
    expect((await client.execute([odd], more('priority_based'))).status).toBe(202);
  });

  it('refuses resources that are no amounts', async () => {
    const { status, body } = await service.request('POST', '/parallel/tasks/claim', {
      worker_id: 'w',
      task_types: [type],
      resources: { cpu: 'much' },
    });
    expect([status, body]).toMatchObject([400, { errors: [{ pointer: '/resources' }] }]);
  });
});
