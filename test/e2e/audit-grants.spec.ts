import { readFile } from 'node:fs/promises';
import path from 'node:path';

import pg from 'pg';

import { migrate, newId } from '#persistence';

import { administer } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { servers } from '../support/servers.js';
import { type Service, startService } from '../support/service.js';

const PAGE = path.resolve(import.meta.dirname, '../../docs/access.md');
const APPEND_ONLY = ['audit_entries', 'audit_chain', 'instance_events'];
const WORKFLOW = {
  workflow_name: 'Audited',
  category: 'test',
  steps: [{ step_id: 'a', step_name: 'A', step_type: 'user_task', order_sequence: 1 }],
};

/** The users that docs/access.md proposes, on a database of their own. */
describe('a service that owns nothing', () => {
  const suffix = newId().replaceAll('-', '').slice(-12);
  const [owner, app, database] = ['owner', 'app', 'database'].map(
    (name) => `${name}_${suffix}`,
  ) as [string, string, string];
  const urlFor = (user: string): string => {
    const url = new URL(servers.postgresUrl);
    Object.assign(url, { username: user, password: 'secret', pathname: database });
    return url.href;
  };
  let service: Service;
  const query = async (user: string, sql: string) => {
    const client = new pg.Client({ connectionString: urlFor(user) });
    await client.connect();
    try {
      return await client.query(sql);
    } finally {
      await client.end();
    }
  };

  beforeAll(async () => {
    for (const role of [owner, app]) {
      await administer(`create role ${role} login password 'secret'`);
    }
    await administer(`create database ${database} owner ${owner}`);
    await migrate(urlFor(owner));
    const [, recipe] = /```sql\n([^]*?)```/.exec(await readFile(PAGE, 'utf8')) ?? [];
    const named = recipe!
      .replaceAll('workflows_app', app)
      .replaceAll('database workflows', `database ${database}`);
    await query(owner, named);
    service = await startService({ env: { DATABASE_URL: urlFor(app) } });
  });
  afterAll(async () => {
    await service.stop();
    await administer(`drop database ${database} with (force)`);
    for (const role of [owner, app]) await administer(`drop role ${role}`);
  });

  it('works, and adds to the audit', async () => {
    const { status, body } = await service.request<{ workflow_id: string }>(
      'POST',
      '/multi-step/create',
      WORKFLOW,
    );
    expect(status).toBe(201);
    const path = `/workflows/${body.workflow_id}/instances`;
    const named = { workflow_instance_id: 'one' };
    expect((await service.request('POST', path, named)).status).toBe(201);
    const done = await service.request('POST', `${path}/one/steps/a/complete`, {});
    expect(done.body).toMatchObject({ status: 'completed' });
    await eventually(async () => {
      const audit = await service.request<{ items: { position: number }[] }>('GET', '/audit');
      expect(audit.body.items.map(({ position }) => position)).toEqual([3, 2, 1]);
    });
  });

  it.each(APPEND_ONLY)('cannot change %s, nor give itself the right to', async (table) => {
    for (const sql of [`update ${table} set correlation_id = 'x'`, `delete from ${table}`]) {
      const ofTable = sql.replace(
        'correlation_id',
        table === 'audit_chain' ? 'tenant_id' : 'correlation_id',
      );
      await expect(query(app, ofTable)).rejects.toMatchObject({ code: '42501' });
    }
    await expect(query(app, `truncate ${table}`)).rejects.toMatchObject({ code: '42501' });
    await expect(query(app, `alter table ${table} disable trigger all`)).rejects.toThrow('owner');
    await query(app, `grant update on ${table} to ${app}`);
    await expect(query(app, `delete from ${table}`)).rejects.toMatchObject({ code: '42501' });
  });
});
