import { type QueueBackend } from '../support/queues.js';
import { type Service, startService } from '../support/service.js';

const KEY = 'k'.repeat(32);
const OTHER = 'o'.repeat(32);
const SITE = 'https://portal.example.com';

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

describe.each<QueueBackend>(['postgres', 'redis'])('limits, with the queue on %s', (queue) => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({
      queue,
      env: {
        API_KEYS: `erp:${KEY},crm:${OTHER}`,
        RATE_LIMIT_PER_PRINCIPAL: '20',
        RATE_LIMIT_PER_TENANT: '30',
        START_QUOTA_PER_WORKFLOW: '3',
        CORS_ORIGINS: SITE,
      },
    });
  });
  afterAll(() => service.stop());

  const ask = (key: string) =>
    service.request<{ code: string }>('GET', '/workflows', undefined, bearer(key));

  it('stop the starts of one workflow, on whatever route, and no other workflow', async () => {
    const create = async (workflow_name: string) => {
      const steps = [{ step_id: 's1', step_name: 'S', step_type: 'user_task', order_sequence: 1 }];
      const body = { workflow_name, category: 'test', steps };
      return (
        await service.request<{ workflow_id: string }>(
          'POST',
          '/multi-step/create',
          body,
          bearer(KEY),
        )
      ).body.workflow_id;
    };
    const start = (workflow_id: string, workflow_instance_id: string) =>
      service.request<{ code: string }>(
        'POST',
        `/workflows/${workflow_id}/instances`,
        { workflow_instance_id },
        bearer(KEY),
      );
    const [busy, calm] = [await create('Busy'), await create('Calm')];
    const together = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => start(busy, name)));
    expect(together.map(({ status }) => status).sort()).toEqual([201, 201, 201, 429, 429]);
    const refused = await start(busy, 'f');
    expect(refused).toMatchObject({ status: 429, body: { code: 'too_many_requests' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    const context = {
      workflow_instance_id: 'g',
      current_step_id: 's1',
      workflow_data: {},
      user_context: {},
    };
    const routed = await service.request(
      'PUT',
      '/conditional/route',
      { workflow_id: busy, context },
      bearer(KEY),
    );
    expect(routed.status).toBe(429);
    expect((await start(calm, 'a')).status).toBe(201);
  });

  it('stop one caller, then all together; health is not counted', async () => {
    const answers = [];
    for (let asked = 0; asked < 20; asked += 1) answers.push(await ask(KEY));
    const first = answers[0]!;
    expect(Number(first.headers.get('ratelimit-remaining'))).toBeLessThan(20);
    expect(first.headers.get('ratelimit-limit')).toMatch(/^[23]0$/);
    const refused = answers.at(-1)!;
    expect(refused).toMatchObject({ status: 429, body: { code: 'too_many_requests', limit: 20 } });
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);

    let all;
    for (let asked = 0; asked < 20; asked += 1) all = await ask(OTHER);
    expect(all).toMatchObject({ status: 429, body: { limit: 30 } });
    expect((await service.request('GET', '/health/ready')).status).toBe(200);
  });

  it('count beside each other only with a Redis between them', async () => {
    const second = await startService({
      beside: service,
      env: { API_KEYS: `erp:${KEY}`, RATE_LIMIT_PER_PRINCIPAL: '20' },
    });
    try {
      const { status } = await second.request('GET', '/workflows', undefined, bearer(KEY));
      expect(status).toBe(queue === 'redis' ? 429 : 200);
    } finally {
      await second.kill();
    }
  });

  it('let the pages of listed sites ask, and no others', async () => {
    const preflight = (origin: string) =>
      service.request('OPTIONS', '/workflows', undefined, {
        origin,
        'access-control-request-method': 'POST',
      });
    const allowed = await preflight(SITE);
    expect(allowed.status).toBe(204);
    expect(Object.fromEntries(allowed.headers)).toMatchObject({
      'access-control-allow-origin': SITE,
      'access-control-allow-methods': expect.stringContaining('POST'),
      'access-control-allow-headers': expect.stringContaining('Authorization'),
      vary: 'Origin',
    });
    const refused = await preflight('https://evil.example');
    expect(refused.status).toBe(401);
    expect(refused.headers.get('access-control-allow-origin')).toBeNull();
  });
});
