import pg from 'pg';

import { eventually } from '../support/eventually.js';
import { Issuer } from '../support/issuer.js';
import { type Service, startService } from '../support/service.js';

const KEY = 'k'.repeat(32);

interface Entry {
  audit_id: string;
  actor_kind: string;
  actor: string | null;
  on_behalf_of: string | null;
  address: string | null;
  operation: string;
  resource: Record<string, unknown>;
  fields: string[];
  changes: {
    table: string;
    change: string;
    fields: Record<string, { before: unknown; after: unknown }>;
  }[];
  correlation_id: string;
  position: number | null;
  erased: boolean;
}

const workflow = (workflow_name: string, step_type = 'user_task') => ({
  workflow_name,
  category: 'test',
  steps: [{ step_id: 's1', step_name: 'S', step_type, order_sequence: 1 }],
});

describe('the audit', () => {
  let issuer: Issuer;
  let service: Service;
  let database: pg.Client;
  beforeAll(async () => {
    issuer = await Issuer.start();
    service = await startService({
      env: { ...issuer.env, API_KEYS: `erp:${KEY}`, TRUSTED_PROXIES: '127.0.0.0/8' },
    });
    database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
  });
  afterAll(async () => {
    await database.end();
    await service.stop();
    await issuer.stop();
  });

  const as = <Body = Record<string, unknown>>(
    credential: string,
    method: string,
    path: string,
    body?: unknown,
  ) =>
    service.request<Body>(method, path, body, {
      authorization: `Bearer ${credential}`,
      'x-correlation-id': 'audited',
    });
  const entries = async (query: string) =>
    (await as<{ items: Entry[] }>(KEY, 'GET', `/audit?${query}`)).body.items;
  const count = async () => {
    const { rows } = await database.query<{ count: string }>('select count(*) from audit_entries');
    return Number(rows[0]?.count);
  };
  const create = async (name: string, credential = KEY, step_type?: string) =>
    (
      await as<{ workflow_id: string }>(
        credential,
        'POST',
        '/multi-step/create',
        workflow(name, step_type),
      )
    ).body.workflow_id;

  it('believes a trusted proxy of where a request comes from, and nobody before it', async () => {
    await service.request('POST', '/multi-step/create', workflow('Forwarded'), {
      authorization: `Bearer ${KEY}`,
      'x-forwarded-for': '192.0.2.1, 203.0.113.9',
    });
    const [latest] = await entries('limit=1');
    expect(latest?.address).toBe('203.0.113.9');
  });

  it('tells who did what, from where, and what it was before and after', async () => {
    const anna = await issuer.token({ sub: 'anna', roles: ['designer'] });
    const workflow_id = await create('Audited', anna);
    await as(anna, 'DELETE', `/workflows/${workflow_id}`);
    const [deactivated, created] = await entries('subject=anna');
    expect(created).toMatchObject({
      actor_kind: 'user',
      actor: 'user:anna',
      on_behalf_of: null,
      address: '127.0.0.1',
      operation: 'POST /multi-step/create',
      fields: ['workflow_name', 'category', 'steps'],
      correlation_id: 'audited',
      erased: false,
    });
    expect(created?.changes).toMatchObject([
      {
        table: 'workflow_definitions',
        change: 'insert',
        fields: { workflow_name: { before: null, after: 'Audited' } },
      },
    ]);
    expect(deactivated).toMatchObject({
      operation: 'DELETE /workflows/{workflow_id}',
      resource: { workflow_id },
      changes: [
        {
          table: 'workflow_definitions',
          change: 'update',
          fields: { is_active: { before: true, after: false } },
        },
      ],
    });
  });

  it('tells on whose behalf a program acted', async () => {
    const workflow_id = await create('For Bob');
    await as(KEY, 'POST', `/workflows/${workflow_id}/instances`, {
      workflow_instance_id: 'bobs',
      data: {},
      started_by: 'bob',
    });
    const [started] = await entries('subject=bob');
    expect(started).toMatchObject({
      actor: 'api_key:erp',
      on_behalf_of: 'bob',
      operation: 'POST /workflows/{workflow_id}/instances',
      resource: { workflow_id },
    });
    expect(await entries(`resource_id=${workflow_id}`)).toHaveLength(1);
    expect(await entries('subject=nobody')).toEqual([]);
  });

  it('says nothing of what changed nothing', async () => {
    await create('Once');
    const before = await count();
    await as(KEY, 'POST', '/multi-step/create', workflow('Once'));
    await as(KEY, 'POST', '/multi-step/create', {});
    await as(KEY, 'POST', '/workflows/validate', workflow('Never'));
    await as(KEY, 'POST', '/conditional/evaluate', { expressions: ['1 + 1'] });
    await as(KEY, 'GET', '/workflows');
    await as('nobody', 'POST', '/multi-step/create', workflow('Never'));
    expect(await count()).toBe(before);
  });

  it('has one entry of each task that a worker completed, also of those that were recorded together', async () => {
    const workflow_id = await create('Work', KEY, 'parallel');
    const tasks = Array.from({ length: 5 }, (_, at) => ({
      task_id: `t${at}`,
      task_name: 'T',
      step_id: 's1',
      task_type: 'audited',
    }));
    await as(KEY, 'POST', '/parallel/execute', {
      workflow_id,
      workflow_instance_id: 'work',
      tasks,
    });
    const claimed: { task_execution_id: string; lock_token: string }[] = [];
    await eventually(async () => {
      const { body } = await as<{ tasks: typeof claimed }>(KEY, 'POST', '/parallel/tasks/claim', {
        worker_id: 'w',
        task_types: ['audited'],
        max_tasks: 5,
      });
      claimed.push(...body.tasks);
      expect(claimed).toHaveLength(5);
    });
    await Promise.all(
      claimed.map(({ task_execution_id, lock_token }) =>
        as(KEY, 'POST', `/parallel/tasks/${task_execution_id}/complete`, {
          lock_token,
          output_data: {},
        }),
      ),
    );
    const completed = await entries(
      `operation=${encodeURIComponent('POST /parallel/tasks/{task_execution_id}/complete')}`,
    );
    expect(completed.map(({ resource }) => resource.task_execution_id).sort()).toEqual(
      claimed.map(({ task_execution_id }) => task_execution_id).sort(),
    );
  });

  it('shows no secret of a key, and nothing of a body but the names of its fields', async () => {
    const { body } = await as<{ key: string; key_id: string }>(KEY, 'POST', '/access/keys', {
      name: 'made',
      roles: ['viewer'],
    });
    const { rows } = await database.query<{ text: string }>(
      `select e::text as text from audit_entries e where operation = 'POST /access/keys'`,
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]?.text).toContain(body.key_id);
    expect(rows[0]?.text).not.toContain(body.key.slice(-40));
    expect(rows[0]?.text).not.toContain('key_hash');
  });

  it('is chained within moments', async () => {
    await eventually(async () => {
      const [latest] = await entries('limit=1');
      expect(latest?.position).toBe(await count());
    });
  });

  it('is read page by page', async () => {
    const all = await entries('limit=200');
    const read: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const more: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const { body } = await as<{ items: Entry[]; next_cursor: string | null }>(
        KEY,
        'GET',
        `/audit?limit=3${more}`,
      );
      read.push(...body.items.map(({ audit_id }) => audit_id));
      cursor = body.next_cursor;
    }
    expect(read).toEqual(all.map(({ audit_id }) => audit_id));
  });

  it('is read from one time to another, by who, what and whom together', async () => {
    const all = await entries('limit=200');
    const [latest, ...before] = all as (Entry & { occurred_at: string })[];
    const between = (from: string, to: string) =>
      entries(`limit=200&from=${from}&to=${to}`).then((found) => found.length);
    expect(await between('2020-01-01T00:00:00Z', latest!.occurred_at)).toBe(before.length);
    expect(await between(latest!.occurred_at, '2100-01-01T00:00:00Z')).toBe(1);
    const of = (entry: Entry) => `operation=${encodeURIComponent(entry.operation)}`;
    const mine = all.filter(
      ({ actor, operation }) => actor === 'api_key:erp' && operation === latest!.operation,
    );
    expect(await entries(`limit=200&actor=api_key:erp&${of(latest!)}`)).toEqual(mine);
    expect(await entries(`actor=api_key:crm&${of(latest!)}`)).toEqual([]);
  });

  it('forgets a person whose key is thrown away, and stays whole', async () => {
    const carla = await issuer.token({ sub: 'carla', roles: ['designer'] });
    await create('By Carla', carla);
    const [before] = await entries('subject=carla');
    const { rows } = await database.query(
      `select e::text as text from audit_entries e where audit_id = $1`,
      [before?.audit_id],
    );
    expect(JSON.stringify(rows)).not.toContain('carla');

    const erased = await as(KEY, 'POST', '/audit/erasures', { subject: 'carla' });
    expect(erased).toMatchObject({ status: 200, body: { entries: 1 } });
    expect(await entries('subject=carla')).toEqual([]);
    const after = (await entries('limit=200')).find(
      ({ audit_id }) => audit_id === before?.audit_id,
    );
    expect(after).toMatchObject({
      ...before,
      actor: null,
      address: null,
      erased: true,
      position: after?.position,
    });
    expect((await as(KEY, 'POST', '/audit/erasures', { subject: 'carla' })).body.code).toBe(
      'subject_not_found',
    );
    const { rows: left } = await database.query(
      `select 1 from audit_subjects s where s::text like '%carla%' union all select 1 from audit_entries e where e::text like '%carla%'`,
    );
    expect(left).toEqual([]);
  });

  it.each(['from=yesterday', 'cursor=x', 'limit=0', 'who=me'])('refuses ?%s', async (query) => {
    expect((await as(KEY, 'GET', `/audit?${query}`)).status).toBe(400);
  });
});
