import pg from 'pg';

import { eventually } from '../support/eventually.js';
import { type Service, startService } from '../support/service.js';

describe('readiness', () => {
  let service: Service;
  let database: pg.Client;
  beforeAll(async () => {
    service = await startService({ env: { READINESS_STALL_SECONDS: '1' } });
    database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
  });
  afterAll(async () => {
    await database.end();
    await service.stop();
  });

  const ready = () => service.request<{ status: string; detail: string }>('GET', '/health/ready');

  it('ends when the process does not get through with its work, though all answers a ping, and comes back with it', async () => {
    expect((await ready()).status).toBe(200);
    await database.query('begin; lock table timers in access exclusive mode');
    await eventually(async () => {
      const { status, body } = await ready();
      expect([status, body.detail]).toEqual([503, expect.stringContaining('sweeping for')]);
    });
    const health = await service.request<{ details: Record<string, { status: string }> }>(
      'GET',
      '/health',
    );
    expect(health.status).toBe(503);
    expect(health.body.details).toMatchObject({
      database: { status: 'up' },
      work: { status: 'down' },
    });
    expect((await service.request('GET', '/health/live')).status).toBe(200);
    await database.query('rollback');
    await eventually(async () => expect((await ready()).status).toBe(200));
  });
});
