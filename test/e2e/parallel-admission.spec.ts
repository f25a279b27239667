import pg from 'pg';
import { eventually } from '../support/eventually.js';
import { type Service, startService } from '../support/service.js';
import { ParallelClient, query, task } from './parallel-client.js';

describe('MAX_CONCURRENT_EXECUTIONS', () => {
  let service: Service;
  let client: ParallelClient;
  beforeAll(async () => {
    service = await startService({ env: { MAX_CONCURRENT_EXECUTIONS: '1' } });
    client = await ParallelClient.of(service);
  });
  afterAll(() => service.stop());

  const start = (type: string) =>
    client.start([task('a', { task_type: type }), task('b', { task_type: type })]);
  const status = async (id: string) => (await client.read(id)).overall_status;
  const unclaimedForLong = (id: string) =>
    query(
      service,
      `update task_executions set released_at = released_at - interval '1 minute' where execution_id = $1`,
      [id],
    );

  it('counts work under way; what no worker comes for does not keep others from starting', async () => {
    const [forgotten, next] = [await start('nobody-comes'), await start('claimed')];
    expect([await status(forgotten), await status(next)]).toEqual(['running', 'initializing']);
    await unclaimedForLong(forgotten);
    await eventually(async () => expect(await status(next)).toBe('running'));

    // a task that runs counts, however long ago it was handed out
    const [claimed] = await client.claim(['claimed'], { lock_seconds: 600 });
    expect(claimed).toBeDefined();
    await unclaimedForLong(next);
    const last = await start('claimed-later');
    expect(await status(last)).toBe('initializing');
    await service.request('POST', `/parallel/executions/${next}/cancel`, {});
    await eventually(async () => expect(await status(last)).toBe('running'));
    await service.request('POST', `/parallel/executions/${last}/cancel`, {});
  });

  it('is decided by one process at a time: who makes an execution meanwhile waits for its turn, not for room', async () => {
    const other = new pg.Client({ connectionString: service.databaseUrl });
    await other.connect();
    try {
      await other.query('begin');
      await other.query('select pg_advisory_xact_lock(4914870353)');
      const starting = client.start([task('a', { task_type: 'x' }), task('b', { task_type: 'x' })]);
      const made = async () =>
        (
          await other.query<{ overall_status: string }>(
            `select overall_status from parallel_executions where actual_completion_time is null`,
          )
        ).rows.map(({ overall_status }) => overall_status);
      await eventually(async () => expect(await made()).toContain('initializing'));
      await other.query('commit');
      expect(await status(await starting)).toBe('running');
    } finally {
      await other.end();
    }
  });
});
