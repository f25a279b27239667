import { once } from 'node:events';
import pg from 'pg';

import { eventually } from '../support/eventually.js';
import { type Service, startService } from '../support/service.js';
import { ParallelClient, query, task } from './parallel-client.js';

const LISTENING = `select pid from pg_stat_activity
  where datname = current_database() and application_name = 'complex-workflows wake-ups'`;

describe('news of workers’ tasks', () => {
  let service: Service;
  let client: ParallelClient;
  let listener: pg.Client;
  beforeAll(async () => {
    service = await startService();
    client = await ParallelClient.of(service);
    listener = new pg.Client({ connectionString: service.databaseUrl });
    await listener.connect();
    await listener.query('listen workers_tasks');
  });
  afterAll(async () => {
    await listener.end();
    await service.stop();
  });

  it('goes to the other processes', async () => {
    const told = once(listener, 'notification');
    await client.start([task('a', { task_type: 'nobody-waits' })]);
    await told;
  });

  it('does not leave the process when somebody in it takes them', async () => {
    const type = `type-${crypto.randomUUID()}`;
    const claimed = client.claim([type], { wait_seconds: 20 });
    await client.start([task('a', { task_type: type })]);
    expect((await claimed).map(({ task_id }) => task_id)).toEqual(['a']);
  });

  it('is heard again after the connection for it was lost', async () => {
    const [lost] = await query<{ pid: number }>(service, LISTENING);
    await query(service, 'select pg_terminate_backend($1)', [lost!.pid]);
    await eventually(async () => {
      const found = await query<{ pid: number }>(service, LISTENING);
      expect(found).toHaveLength(1);
      expect(found[0]!.pid).not.toBe(lost!.pid);
    });
    const told = once(listener, 'notification');
    await eventually(async () => {
      await client.start([task('a', { task_type: 'nobody-waits' })]);
      await Promise.race([
        told,
        new Promise((_, reject) => setImmediate(() => reject(new Error('not yet')))),
      ]);
    });
  });
});
