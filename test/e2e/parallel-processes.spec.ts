import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

import { Receiver } from '../faults/receiver.js';
import { eventually } from '../support/eventually.js';
import { describeOnBothQueues } from '../support/queues.js';
import { type Service, startService } from '../support/service.js';
import { ParallelClient, task } from './parallel-client.js';

const NOTE = { handler: { type: 'notification', channel: 'log', to: 'x', message: 'done' } };

describeOnBothQueues('executions over several processes', (queue) => {
  let api: Service;
  let client: ParallelClient;
  beforeAll(async () => {
    api = await startService({ queue, env: { ROLE: 'api', MAX_CONCURRENT_EXECUTIONS: '3' } });
    client = await ParallelClient.of(api);
  });
  afterAll(() => api.stop());

  it('start within MAX_CONCURRENT_EXECUTIONS, share one wake-up, and are done by a worker that comes later', async () => {
    const tasks = [task('a', NOTE), task('b', { ...NOTE, dependencies: ['a'] })];
    const ids = await Promise.all(Array.from({ length: 5 }, () => client.start(tasks)));
    const standing = await Promise.all(ids.map((id) => client.read(id)));
    expect(standing.map((execution) => execution.overall_status).sort()).toEqual([
      'initializing',
      'initializing',
      'running',
      'running',
      'running',
    ]);
    await eventually(async () => {
      const { body } = await api.request<{ queues: object }>('GET', '/system/metrics');
      expect(body.queues).toMatchObject({ engine: { waiting: 1 } });
    });
    const worker = await startService({
      beside: api,
      env: { ROLE: 'worker', MAX_CONCURRENT_EXECUTIONS: '3' },
    });
    try {
      for (const id of ids) expect((await client.ended(id)).overall_status).toBe('completed');
    } finally {
      await worker.stop();
    }
  });

  it('are aborted where they run when they are cancelled elsewhere', async () => {
    let arrived = (_: ServerResponse): void => undefined;
    const called = new Promise<ServerResponse>((resolve) => (arrived = resolve));
    const receiver = await Receiver.start((_, response) => arrived(response));
    const worker = await startService({
      beside: api,
      env: { ROLE: 'worker', OUTBOUND_ALLOWED_HOSTS: receiver.host },
    });
    try {
      const url = `http://${receiver.host}/`;
      const handler = { type: 'http', method: 'POST', url, timeout_ms: 120_000 };
      const id = await client.start([task('call', { handler })]);
      const closed = once(await called, 'close');
      await api.request('POST', `/parallel/executions/${id}/cancel`, {});
      await closed;
      expect(await client.statuses(id)).toEqual({ call: 'cancelled' });
    } finally {
      await worker.stop();
      await receiver.stop();
    }
  });
});
