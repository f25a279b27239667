import type { IncomingMessage, ServerResponse } from 'node:http';

import { ParallelClient, query, task } from '../e2e/parallel-client.js';
import { eventually } from '../support/eventually.js';
import { type Service, startService } from '../support/service.js';
import { Receiver } from './receiver.js';

/** Longer than a lease of 10 s, the sweep that sees its end, and the next attempt. */
const BLOCK_MS = 20_000;

describe('a process whose event loop is blocked for longer than its lease', () => {
  let blocked: Service;
  let other: Service | undefined;
  let receiver: Receiver;
  const held = new Set<ServerResponse>();
  const answer = (response: ServerResponse, body: object): void => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(body));
  };
  beforeAll(async () => {
    // the first attempt is answered when the test says so, every other at once
    receiver = await Receiver.start(({ headers }: IncomingMessage, response) => {
      if (headers['x-attempt'] === '1') held.add(response);
      else answer(response, { attempt: headers['x-attempt'] });
    });
    const env = { OUTBOUND_ALLOWED_HOSTS: receiver.host };
    blocked = await startService({
      env: {
        ...env,
        LOG_LEVEL: 'debug',
        BLOCK_MS: String(BLOCK_MS),
        NODE_OPTIONS: '--import ./test/faults/blocking.mjs',
      },
    });
  }, 120_000);
  afterAll(async () => {
    await other?.stop();
    await blocked.stop();
    await receiver.stop();
  });

  it('loses its task to another, and its late answer is refused', async () => {
    const client = await ParallelClient.of(blocked);
    const url = `http://${receiver.host}/`;
    const handler = { type: 'http', method: 'POST', url, timeout_ms: 120_000 };
    const id = await client.start([task('a', { handler })]);
    await receiver.heard(1);
    other = await startService({
      beside: blocked,
      env: { OUTBOUND_ALLOWED_HOSTS: receiver.host, ROLE: 'worker' },
    });
    process.kill(blocked.pid!, 'SIGUSR2');
    await eventually(() => expect(blocked.logs).toContain('The event loop stands still.'));
    const from = performance.now();
    const probe = fetch(blocked.at('/health/ready'), { signal: AbortSignal.timeout(5_000) });
    // it waits in the socket of the process until that goes on
    for (const response of held) answer(response, { attempt: '1' });
    await expect(probe).rejects.toThrow('timeout');

    const read = () =>
      query(
        blocked,
        `select t.status, t.attempt, t.output_data -> 'body' as answer, t.lock_expires_at,
                (select count(*)::int from execution_events v
                 where v.execution_id = t.execution_id and v.event_type = 'task_completed') as results
         from task_executions t where execution_id = $1`,
        [id],
      );
    const once = [
      {
        status: 'completed',
        attempt: 2,
        answer: { attempt: '2' },
        lock_expires_at: null,
        results: 1,
      },
    ];
    await eventually(async () => expect(await read()).toEqual(once), { timeout_ms: 60_000 });
    // so the other was there before it went on, and its answer came after
    expect(performance.now() - from).toBeLessThan(BLOCK_MS);
    await eventually(() => expect(blocked.logs).toContain('A late answer was not taken.'), {
      timeout_ms: 60_000,
    });
    expect(await read()).toEqual(once);
    expect((await client.ended(id)).overall_status).toBe('completed');
    await eventually(async () =>
      expect((await blocked.request('GET', '/health/ready')).status).toBe(200),
    );
  }, 180_000);
});
