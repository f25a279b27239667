import pg from 'pg';

import type { OpenAPIObject } from '@nestjs/swagger';
import { Issuer } from '../support/issuer.js';
import { eventually } from '../support/eventually.js';
import { describeOnBothQueues } from '../support/queues.js';
import { type Answer, type Service, startService } from '../support/service.js';
import {
  bodyOf,
  CALENDAR,
  CHANGE,
  fill,
  PERSON,
  RULE,
  TABLE,
  TREE,
  WORKFLOW,
  type Ids,
} from './tenants-scenario.js';

const ALL_ROLES = ['admin', 'worker', 'operator', 'designer', 'viewer', 'participant'];
/** Whoever names something here makes it: a circuit of their own, not the other's. */
const MAKES_ITS_OWN = /circuit-breakers\/\{kind\}\/\{name\}\/(open|close)$/;

describeOnBothQueues('tenants', (queue) => {
  let service: Service;
  let issuer: Issuer;
  let database: pg.Client;
  let tokens: Record<'a' | 'b', string>;
  let ids: Ids;
  let document: OpenAPIObject;

  const as = <Body = Record<string, unknown>>(
    tenant: 'a' | 'b',
    method: string,
    path: string,
    body?: unknown,
  ): Promise<Answer<Body>> =>
    service.request<Body>(method, path, body, { authorization: `Bearer ${tokens[tenant]}` });
  const make = async (tenant: 'a' | 'b', method: string, path: string, body?: unknown) => {
    const answer = await as(tenant, method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };

  beforeAll(async () => {
    issuer = await Issuer.start();
    // without workers and sweeps, so that whatever changes was changed by a request
    const env = { ...issuer.env, JWT_TENANT_CLAIM: 'tenant', ROLE: 'api' };
    service = await startService({ queue, env });
    const token = (tenant: string) => issuer.token({ tenant, roles: ALL_ROLES });
    tokens = { a: await token('a'), b: await token('b') };
    database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
    document = (await as<OpenAPIObject>('a', 'GET', '/openapi.json')).body;
    await everyKind('a');
    ids = await idsOf('a');
  });
  afterAll(async () => {
    await database.end();
    await service.stop();
    await issuer.stop();
  });

  /** Something of every kind, by the routes that make it. */
  async function everyKind(tenant: 'a' | 'b'): Promise<void> {
    const { workflow_id } = (await make(tenant, 'POST', '/multi-step/create', WORKFLOW)) as {
      workflow_id: string;
    };
    const named = { workflow_id, workflow_instance_id: 'same' };
    await make(tenant, 'POST', `/workflows/${workflow_id}/instances`, {
      workflow_instance_id: 'same',
    });
    await make(tenant, 'POST', '/conditional/rules', { ...RULE, workflow_id });
    await make(tenant, 'POST', '/conditional/decision-trees', TREE);
    await make(tenant, 'POST', '/conditional/decision-tables', TABLE);
    await make(tenant, 'PUT', '/conditional/route', {
      workflow_id,
      context: { workflow_instance_id: 'same', current_step_id: 'ask', workflow_data: { n: 1 } },
    });
    await make(tenant, 'POST', '/conditional/backtest', {
      workflow_id,
      candidate: { decision_table_id: 'same' },
    });
    await make(tenant, 'POST', '/parallel/execute', {
      ...named,
      execution_id: 'same',
      tasks: ['fails', 'runs'].map((task_id) => ({
        task_id,
        task_name: task_id,
        task_type: task_id,
        step_id: 'work',
        max_retry_attempts: 0,
      })),
    });
    const claim = { worker_id: 'same', task_types: ['fails', 'runs'], max_tasks: 2 };
    const { tasks } = (await make(tenant, 'POST', '/parallel/tasks/claim', claim)) as {
      tasks: { task_execution_id: string; lock_token: string; task_id: string }[];
    };
    const failing = tasks.find(({ task_id }) => task_id === 'fails');
    await make(tenant, 'POST', `/parallel/tasks/${failing?.task_execution_id}/fail`, {
      lock_token: failing?.lock_token,
      error_message: 'no',
      retryable: false,
    });
    await make(tenant, 'POST', '/parallel/incidents/retry', { filter: { task_type: 'nothing' } });
    await make(tenant, 'POST', '/parallel/circuit-breakers/task_type/same/open');
    await make(tenant, 'POST', '/dynamic/modify', {
      workflow_modification: { ...CHANGE, workflow_id },
    });
    await make(tenant, 'POST', '/dynamic/routing-overrides', {
      workflow_id,
      condition_expression: 'false',
      target_step_id: 'ask',
    });
    await make(tenant, 'POST', '/access/keys', { name: 'same', roles: ['viewer'] });
    await make(tenant, 'POST', '/access/calendars', CALENDAR);
    for (const external_id of ['E-1', 'E-2'])
      await make(tenant, 'POST', '/access/people', { ...PERSON, external_id });
    await make(tenant, 'POST', '/access/absences', {
      person: 'E-1',
      substitute: 'E-2',
      from: '2026-12-21T00:00:00Z',
      to: '2027-01-04T00:00:00Z',
    });
    // what a circuit counts is written a moment later
    await eventually(async () => {
      const { rows } = await database.query(
        `select from circuit_breakers where tenant_id = $1 and name = 'fails'`,
        [tenant],
      );
      expect(rows).toHaveLength(1);
    });
    // trained by a job, of which none runs here
    await database.query(
      `insert into decision_models (model_id, workflow_id, decided_by, decided_by_id, version_number, is_better,
         cases_trained, cases_held_out, first_decision_at, last_decision_at, model, calibration, tenant_id)
       values (gen_random_uuid(), $1, 'rule', 'r', 1, true, 1, 1, now(), now(), '{}', '{}', $2)`,
      [workflow_id, tenant],
    );
  }

  /** A value of every parameter of every path, as the tables have it for this tenant. */
  async function idsOf(tenant: string): Promise<Ids> {
    const names = new Set(
      Object.keys(document.paths).flatMap((path) =>
        [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? ''),
      ),
    );
    const found: Ids = {};
    for (const name of [...names, 'lock_token']) {
      const { rows: tables } = await database.query<{ table: string }>(
        `select c.table_name as table from information_schema.columns c
         join information_schema.columns t on t.table_name = c.table_name and t.column_name = 'tenant_id'
         where c.table_schema = 'public' and c.column_name = $1
         order by (c.table_name in ('workflow_definitions', 'circuit_breakers')) desc, c.table_name`,
        [name],
      );
      for (const { table } of tables) {
        const { rows } = await database.query<{ id: string }>(
          `select ${name} as id from ${table}
           where tenant_id = $1 and ${name} is not null limit 1`,
          [tenant],
        );
        found[name] ??= rows[0]?.id;
      }
    }
    return found;
  }

  /** Each table with this tenant's rows, and which transaction wrote to them last. */
  async function fingerprint(tenant: string): Promise<unknown> {
    const { rows } = await database.query<{ name: string }>(
      `select relname as name from pg_class
       where relkind = 'r' and relnamespace = 'public'::regnamespace and relname not in ('schema_migrations', 'tenants')`,
    );
    const sql = rows.map(
      ({ name }) =>
        `select '${name}' as name, count(*), max(xmin::text::bigint) from ${name} where tenant_id = $1`,
    );
    return (await database.query(`${sql.join(' union all ')} order by 1`, [tenant])).rows;
  }

  it('are answered 404 for every id of another, on every route that takes one; nothing changes', async () => {
    const before = await fingerprint('a');
    const wrong: unknown[] = [];
    let probes = 0;
    for (const [path, item] of Object.entries(document.paths)) {
      const missing = [...path.matchAll(/\{(\w+)\}/g)].filter(([, name]) => !ids[name ?? '']);
      if (missing.length > 0) wrong.push(`nothing was made for ${path}`);
      if (!path.includes('{') || MAKES_ITS_OWN.test(path)) continue;
      for (const [verb, operation] of Object.entries(item as Record<string, object>)) {
        const route = `${verb.toUpperCase()} ${path.replace('/api/v1/workflows', '')}`;
        const sent = bodyOf(route, operation, ids, document);
        const [method = '', filled = ''] = fill(route, ids).split(' ');
        const { status, body } = await as('b', method, filled, sent);
        probes += 1;
        const isEmptyList = status === 200 && (body.items as unknown[] | undefined)?.length === 0;
        if (status !== 404 && !isEmptyList) wrong.push([route, status, body]);
      }
    }
    expect(wrong).toEqual([]);
    expect(probes).toBeGreaterThan(45);
    expect(await fingerprint('a')).toEqual(before);
  });

  it('see none of the others in any list, whatever they filter by', async () => {
    const seen: unknown[] = [];
    for (const [path, item] of Object.entries(document.paths)) {
      const get = (item as { get?: { parameters?: { name: string; in: string }[] } }).get;
      if (!get || path.includes('{') || /docs|openapi|metrics|health/.test(path)) continue;
      const filters = (get.parameters ?? []).filter((one) => one.in === 'query' && ids[one.name]);
      const asked = path.replace('/api/v1/workflows', '');
      for (const query of ['', ...filters.map(({ name }) => `${name}=${ids[name]}`)]) {
        const { status, body } = await as('b', 'GET', `${asked}?${query}`);
        const items = (body as { items?: unknown[] }).items ?? [];
        const text = JSON.stringify(body).replaceAll(query.split('=')[1] || 'nothing', '');
        const leaked = Object.values(ids).filter(
          (id) => UUID.test(id ?? '') && text.includes(id ?? ''),
        );
        if (items.length > 0 || leaked.length > 0 || status >= 500)
          seen.push([asked, query, status, body]);
      }
    }
    expect(seen).toEqual([]);
  });

  it('cannot make anything of what is another’s', async () => {
    const before = await fingerprint('a');
    const { workflow_id, task_execution_id, lock_token } = ids;
    const context = { workflow_instance_id: 'same', current_step_id: 'ask', workflow_data: {} };
    const refused = [
      as('b', 'PUT', '/conditional/route', { workflow_id, context }),
      as('b', 'POST', '/conditional/rules', { ...RULE, workflow_id }),
      as('b', 'POST', '/conditional/backtest', {
        workflow_id,
        candidate: { decision_table_id: 'same' },
      }),
      as('b', 'POST', '/dynamic/modify', { workflow_modification: { ...CHANGE, workflow_id } }),
      as('b', 'POST', '/dynamic/routing-overrides', {
        workflow_id,
        condition_expression: 'true',
        target_step_id: 'ask',
      }),
    ];
    const statuses = (await Promise.all(refused)).map(({ status }) => status);
    expect(statuses.every((status) => status === 404 || status === 400)).toBe(true);
    const claim = { worker_id: 'same', task_types: ['fails', 'runs'], max_tasks: 9 };
    expect((await make('b', 'POST', '/parallel/tasks/claim', claim)).tasks).toEqual([]);
    const stolen = { tasks: [{ task_execution_id, lock_token, output_data: {} }] };
    const answer = await as('b', 'POST', '/parallel/tasks/complete', stolen);
    expect(JSON.stringify(answer.body)).not.toContain('"recorded"');
    expect(await fingerprint('a')).toEqual(before);
  });

  it('may use the same names', async () => {
    await everyKind('b');
    const own = await idsOf('b');
    const readable = ['/parallel/executions/same', '/conditional/decision-trees/same'];
    for (const path of readable) {
      const [first, second] = [await as('a', 'GET', path), await as('b', 'GET', path)];
      expect([path, first.status, second.status]).toEqual([path, 200, 200]);
      expect(JSON.stringify(first.body)).not.toContain(own.workflow_id);
      expect(JSON.stringify(second.body)).not.toContain(ids.workflow_id);
    }
  });

  it('need a token that says which one, where tokens have to', async () => {
    for (const tenant of [undefined, '', '*', "a'; --", ['a'], 7]) {
      const token = await issuer.token({ tenant, roles: ALL_ROLES });
      const answer = await service.request('GET', '/workflows', undefined, {
        authorization: `Bearer ${token}`,
      });
      expect([tenant, answer.status]).toEqual([tenant, 401]);
    }
  });
});

const UUID = /^[0-9a-f]{8}-/;
