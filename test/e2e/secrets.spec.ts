import pg from 'pg';

import { eventually } from '../support/eventually.js';
import { Issuer } from '../support/issuer.js';
import { type Service, startService } from '../support/service.js';

/** Each stands for a secret or a person, and must not be found where it does not belong. */
const MARK = 'planted';
const planted = (what: string) => `${MARK}-${what}-5f1c9a`;
const KEY = planted('api-key-of-thirty-two-characters');

describe('secrets and personal data', () => {
  let issuer: Issuer;
  let service: Service;
  let database: pg.Client;
  let written = '';
  beforeAll(async () => {
    issuer = await Issuer.start();
    service = await startService({
      env: {
        ...issuer.env,
        API_KEYS: `erp:${KEY}`,
        LOG_LEVEL: 'trace',
        OUTBOUND_ALLOWED_HOSTS: '127.0.0.1',
      },
    });
    database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
  });
  afterAll(async () => {
    await database.end();
    await service.stop();
    await issuer.stop();
  });

  const call = async (method: string, path: string, body?: unknown, credential = KEY) => {
    const answer = await service.request<Record<string, never>>(method, path, body, {
      authorization: `Bearer ${credential}`,
    });
    written += service.logs;
    return answer;
  };

  it('are in no log, however it goes, nor in an answer about a failure', async () => {
    const person = planted('person');
    const create = await call('POST', '/multi-step/create', {
      workflow_name: 'Secrets',
      category: 'test',
      steps: [
        { step_id: 'ask', step_name: 'Ask', step_type: 'user_task', order_sequence: 1 },
        {
          step_id: 'call',
          step_name: 'Call',
          step_type: 'automated',
          order_sequence: 2,
          handler: {
            type: 'http',
            method: 'POST',
            // nobody listens there
            url: `http://127.0.0.1:9/${planted('url-path')}?token=${planted('url-token')}`,
            headers: { authorization: `Bearer ${planted('handler-header')}` },
            body: { person: '{{ person }}' },
          },
        },
      ],
    });
    expect(create.status).toBe(201);
    const at = `/workflows/${create.body.workflow_id}/instances`;
    const start = await call('POST', at, {
      workflow_instance_id: 'i-1',
      data: { person, salary: planted('salary') },
      started_by: planted('starter'),
    });
    expect(start.status).toBe(201);
    const complete = await call('POST', `${at}/i-1/steps/ask/complete`, {
      completed_by: planted('completer'),
      output_data: { note: planted('output') },
    });
    expect(complete.status).toBe(200);
    await eventually(async () => {
      const { body } = await call('GET', `${at}/i-1`);
      expect(body.status).toBe('failed');
    });

    // refused in every way
    expect((await call('POST', `${at}`, { [planted('field')]: 1 })).status).toBe(400);
    expect(
      (await call('GET', `/workflows?category=${planted('query')}&x=${planted('query')}`)).status,
    ).toBe(400);
    expect(
      (await call('POST', '/conditional/evaluate', { expressions: [`${planted('expression')} +`] }))
        .status,
    ).toBe(400);
    expect((await call('GET', '/workflows', undefined, planted('wrong-key'))).status).toBe(401);
    const token = await issuer.token({ sub: planted('subject'), roles: ['viewer'] });
    expect((await call('GET', '/workflows', undefined, token)).status).toBe(200);
    expect((await call('GET', '/workflows', undefined, `${token}x`)).status).toBe(401);
    const cut = await fetch(service.at('/multi-step/create'), {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      body: `{"workflow_name": "${planted('malformed')}`,
    });
    expect(cut.status).toBe(400);
    expect(await cut.text()).not.toContain(MARK);

    // fails on our side, with all of it as parameters of a statement
    await database.query('alter table business_rules rename to business_rules_away');
    const failed = await call('POST', '/conditional/rules', {
      rule_id: 'r-1',
      rule_name: planted('rule-name'),
      condition_type: 'data_threshold',
      condition_expression: `name = "${planted('rule-value')}"`,
      target_action: 'route_to_step',
      target_step_id: 'ask',
    });
    await database.query('alter table business_rules_away rename to business_rules');
    expect(failed.status).toBe(500);
    expect(JSON.stringify(failed.body)).not.toContain(MARK);
    expect(written).toContain('42P01');

    await eventually(() => expect(service.logs).toContain('/api/v1/workflows/conditional/rules'));
    written += service.logs;
    const known = written.split('\n').filter((line) => line.includes(MARK) && !isItsActor(line));
    expect(known).toEqual([]);
  });

  it('are in no job', async () => {
    const { rows: tables } = await database.query<{ name: string }>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
       where table_type = 'BASE TABLE' and table_schema not in ('public', 'pg_catalog', 'information_schema')`,
    );
    expect(tables.length).toBeGreaterThan(0);
    for (const { name } of tables) {
      const { rows } = await database.query(
        `select t::text as text from ${name} t where t::text like '%${MARK}%'`,
      );
      expect({ name, rows }).toEqual({ name, rows: [] });
    }
  });

  it('are in no readable part of the audit', async () => {
    const { rows } = await database.query(
      `select e::text as text from audit_entries e where e::text like '%${MARK}%' and e.fields::text not like '%${MARK}%'`,
    );
    expect(rows).toEqual([]);
  });
});

/** The access log names the principal by its id: a person by the subject of their token, as the history does. */
function isItsActor(line: string): boolean {
  return line.split(MARK).length === 2 && line.includes(`"principal":"user:${planted('subject')}"`);
}
