import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import pg from 'pg';

import { DatabaseClock } from '../support/clock.js';
import { eventually } from '../support/eventually.js';
import { type Service, startService } from '../support/service.js';

interface Told {
  notification_id: string;
  kind: string;
  message: string;
  details: Record<string, unknown>;
  roles: string[];
  step_id: string;
  recipients: { external_id: string; name: string; email: string; on_behalf_of: string | null }[];
}
interface View {
  kind: string;
  status: string;
  to: string;
  attempts: number;
  error_code: string | null;
  event_sequence: number;
  recipients: { external_id: string | null }[] | null;
}

/** A company's mail gateway: remembers what arrived, in order, and answers as it is told. */
class Gateway {
  readonly calls: { key: string; attempt: string; told: Told }[] = [];
  private readonly server: Server;

  private constructor(public answer: (response: ServerResponse) => void) {
    this.server = createServer((request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (part: string) => (text += part));
      request.on('end', () => {
        const key = String(request.headers['idempotency-key']);
        const attempt = String(request.headers['x-attempt']);
        this.calls.push({ key, attempt, told: JSON.parse(text) as Told });
        this.answer(response);
      });
    });
  }

  static async start(
    answer: (response: ServerResponse) => void = (response) => response.end(),
  ): Promise<Gateway> {
    const gateway = new Gateway(answer);
    gateway.server.listen(0, '127.0.0.1');
    await once(gateway.server, 'listening');
    return gateway;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/told`;
  }

  async heard(count: number): Promise<Told[]> {
    await eventually(() => {
      const words = this.calls.map(({ told }) => told.kind).join(', ');
      if (this.calls.length < count) throw new Error(`only ${words}`);
    });
    return this.calls.map(({ told }) => told);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

const PEOPLE = [
  { external_id: 'E-1', name: 'Ada', email: 'ada@example.com', roles: [], subject: 'ada' },
  { external_id: 'E-2', name: 'Bo', email: 'bo@example.com', roles: ['lead'], department: 'HR' },
  { external_id: 'E-3', name: 'Cy', email: 'cy@example.com', roles: ['lead'], department: 'IT' },
  { external_id: 'E-4', name: 'Di', email: 'di@example.com', roles: ['boss'] },
  { external_id: 'E-5', name: 'Ed', email: 'ed@example.com', roles: ['boss'], active: false },
  { external_id: 'E-6', name: 'Flo', email: 'flo@example.com', roles: [] },
];

/** A request, then two levels of approval. */
const workflowOf = (
  name: string,
  settings: Record<string, unknown>,
  more: Record<string, unknown> = {},
) => ({
  workflow_name: name,
  category: 'test',
  steps: [
    {
      step_id: 'request',
      step_name: 'Request',
      step_type: 'user_task',
      order_sequence: 1,
      notification_settings: settings,
    },
    {
      step_id: 'approval',
      step_name: 'Approval',
      step_type: 'approval',
      order_sequence: 2,
      auto_escalation_hours: 10,
      notification_settings: settings,
    },
  ],
  approval_hierarchies: [
    { level: 1, role_required: 'lead', department_required: 'HR' },
    { level: 2, role_required: 'boss' },
  ],
  ...more,
});

describe('people', () => {
  let gateway: Gateway;
  let service: Service;
  let clock: DatabaseClock;
  beforeAll(async () => {
    gateway = await Gateway.start();
    service = await startService({ env: { OUTBOUND_ALLOWED_HOSTS: '127.0.0.1' } });
    clock = await DatabaseClock.of(service);
    const loaded = await service.request('POST', '/access/people/bulk', { people: PEOPLE });
    expect(loaded.status).toBe(200);
  });
  beforeEach(() => {
    gateway.calls.length = 0;
    gateway.answer = (response) => response.end();
  });
  afterAll(async () => {
    await clock.stop();
    await service.stop();
    await gateway.stop();
  });

  const create = async (definition: object): Promise<string> => {
    const { status, body } = await service.request('POST', '/multi-step/create', definition);
    expect({ status, body }).toMatchObject({ status: 201 });
    return `/workflows/${String(body['workflow_id'])}/instances`;
  };
  const start = async (instances: string, data = {}): Promise<string> => {
    const { body } = await service.request('POST', instances, { started_by: 'ada', data });
    return `${instances}/${String(body['workflow_instance_id'])}`;
  };
  const act = async (instance: string, step: string, verb: string, body: object) => {
    const answer = await service.request('POST', `${instance}/steps/${step}/${verb}`, body);
    expect(answer).toMatchObject({ status: 200 });
  };
  const listed = async (instance: string): Promise<View[]> =>
    (await service.request<{ items: View[] }>('GET', `${instance}/notifications`)).body.items;
  const names = ({ recipients }: Told) => recipients.map(({ external_id }) => external_id);
  const AS_LEAD = {
    decided_by: 'E-2',
    user_context: { roles: ['lead'], department: 'HR' },
  };

  it('are told when they are asked, reminded, sent it back, asked a question or escalated to', async () => {
    await clock.set('2027-03-01T08:00:00Z');
    const settings = { channel: 'webhook', to: [gateway.url] };
    const instance = await start(await create(workflowOf('Told of all', settings)));
    const [asked] = await gateway.heard(1);
    expect(asked).toMatchObject({
      kind: 'asked',
      step_id: 'request',
      message: 'Request of Told of all waits for you.',
      // nobody in particular may act: whoever wants it is told
      recipients: [{ external_id: 'E-1', name: 'Ada', email: 'ada@example.com' }],
    });

    await act(instance, 'request', 'complete', {});
    const [, leads] = await gateway.heard(2);
    expect([leads!.kind, leads!.roles, names(leads!)]).toEqual(['asked', ['lead'], ['E-2']]);

    await act(instance, 'approval', 'ask', { ...AS_LEAD, question: 'Which one?' });
    const [, , question] = await gateway.heard(3);
    expect([question!.kind, names(question!)]).toEqual(['question', ['E-1']]);
    expect(question!.details).toEqual({ question: 'Which one?', asked_by: 'E-2' });
    await act(instance, 'approval', 'answer', { answer: 'That.', answered_by: 'ada' });

    const back = { ...AS_LEAD, to_step_id: 'request', comment: 'Say more.' };
    await act(instance, 'approval', 'send-back', back);
    const [, , , sentBack] = await gateway.heard(4);
    expect([sentBack!.kind, sentBack!.step_id, names(sentBack!)]).toEqual([
      'sent_back',
      'request',
      ['E-1'],
    ]);
    expect(sentBack!.details).toMatchObject({ comment: 'Say more.', from_step_id: 'approval' });

    await act(instance, 'request', 'complete', {});
    await gateway.heard(5);
    await clock.set('2027-03-01T13:01:00Z');
    await gateway.heard(6);
    await clock.set('2027-03-01T16:01:00Z');
    await gateway.heard(7);
    await clock.set('2027-03-01T18:01:00Z');
    const all = await gateway.heard(8);
    expect(all.slice(4).map((told) => [told.kind, names(told)])).toEqual([
      ['asked', ['E-2']],
      ['reminded', ['E-2']],
      ['reminded', ['E-2']],
      // of the next level; Ed has left the company
      ['escalated', ['E-4']],
    ]);
    expect(all[5]!.details).toEqual({ percentage: 50 });

    await eventually(async () => {
      const items = await listed(instance);
      expect(items.map(({ kind, status }) => [kind, status])).toEqual(
        all.map(({ kind }) => [kind, 'delivered']),
      );
    });
    const items = await listed(instance);
    const origin = new URL(gateway.url).origin;
    expect(items.every(({ to, attempts }) => to === origin && attempts === 1)).toBe(true);
    expect(items[1]!.recipients).toMatchObject([{ external_id: 'E-2' }]);
    const history = await service.request<{ items: { event_type: string }[] }>(
      'GET',
      `${instance}/history?limit=200`,
    );
    const told = items.map(
      ({ event_sequence }) => history.body.items[event_sequence - 1]!.event_type,
    );
    expect(told).toEqual([
      'step_entered',
      'approval_asked',
      'information_asked',
      'step_entered',
      'approval_asked',
      'step_reminded',
      'step_reminded',
      'approval_asked',
    ]);
    expect(new Set(gateway.calls.map(({ key }) => key)).size).toBe(8);
  });

  it('are told what they were told to be told of, in the words and to the people of the settings', async () => {
    const settings = {
      channel: 'webhook',
      to: gateway.url,
      on: ['asked'],
      message: '{{ amount }} euros for {{ what }}',
      recipients: ['E-6', 'nobody'],
      colour: 'of my own',
    };
    const instances = await create(workflowOf('Own words', settings));
    const instance = await start(instances, { amount: 30, what: 'ink' });
    const [told] = await gateway.heard(1);
    expect([told!.message, names(told!)]).toEqual(['30 euros for ink', ['E-6']]);
    await eventually(async () => {
      expect((await listed(instance)).map(({ status }) => status)).toEqual(['delivered']);
    });
  });

  it('and those who watch over the workflow are told the same in a place of their own, once each', async () => {
    const place = { channel: 'webhook', to: [gateway.url] };
    const other = { channel: 'webhook', to: [gateway.url, `${gateway.url}/watch`], on: ['asked'] };
    const instances = await create(
      workflowOf('Watched', place, { notification_escalation: other }),
    );
    const instance = await start(instances);
    await gateway.heard(2);
    await eventually(async () => {
      const items = await listed(instance);
      expect(items.map(({ kind, status }) => [kind, status])).toEqual([
        ['asked', 'delivered'],
        ['asked', 'delivered'],
      ]);
    });
  });

  it('in the place of those who are absent, their substitutes are told as well', async () => {
    const absence = {
      person: 'E-2',
      substitute: 'E-6',
      from: '2020-01-01T00:00:00Z',
      to: '2040-01-01T00:00:00Z',
      reason: 'Leave',
    };
    const made = await service.request('POST', '/access/absences', absence);
    expect(made.status).toBe(201);
    const settings = { channel: 'webhook', to: gateway.url };
    const instance = await start(await create(workflowOf('Substituted', settings)));
    await act(instance, 'request', 'complete', {});
    const [, told] = await gateway.heard(2);
    expect(told!.recipients).toEqual([
      { external_id: 'E-2', name: 'Bo', email: 'bo@example.com', on_behalf_of: null },
      { external_id: 'E-6', name: 'Flo', email: 'flo@example.com', on_behalf_of: 'E-2' },
    ]);
  });

  it('are told nothing where nobody says where', async () => {
    const instance = await start(await create(workflowOf('Silent', { email: true })));
    await act(instance, 'request', 'complete', {});
    expect(await listed(instance)).toEqual([]);
  });

  it('are told when their gateway is back, under the same key', async () => {
    let failures = 2;
    gateway.answer = (response) => {
      failures -= 1;
      if (failures < 0) response.end();
      else response.writeHead(503, { 'retry-after': '0' }).end();
    };
    const settings = { channel: 'webhook', to: gateway.url };
    const instance = await start(await create(workflowOf('Away', settings)));
    await gateway.heard(3);
    await eventually(async () => {
      expect(await listed(instance)).toMatchObject([
        { status: 'delivered', attempts: 3, error_code: null },
      ]);
    });
    expect(gateway.calls.map(({ attempt }) => attempt)).toEqual(['1', '2', '3']);
    expect(
      new Set(gateway.calls.map(({ key, told }) => `${key} ${told.notification_id}`)).size,
    ).toBe(1);
  });

  it('are not told again and again by what will not change', async () => {
    gateway.answer = (response) => response.writeHead(422).end();
    const settings = { channel: 'webhook', to: gateway.url };
    const refused = await start(await create(workflowOf('Refused', settings)));
    const forbidden = { channel: 'webhook', to: 'http://169.254.169.254/latest/meta-data/' };
    const guarded = await start(await create(workflowOf('Guarded', forbidden)));
    await eventually(async () => {
      expect(await listed(refused)).toMatchObject([
        { status: 'failed', attempts: 1, error_code: 'http_status' },
      ]);
      expect(await listed(guarded)).toMatchObject([
        { status: 'failed', attempts: 1, error_code: 'address_forbidden' },
      ]);
    });
  });

  it('are named in no log and no job', async () => {
    const settings = { channel: 'log', to: 'desk', message: 'Ring planted-person' };
    const instance = await start(await create(workflowOf('Logged', settings)));
    await eventually(async () => {
      expect(await listed(instance)).toMatchObject([{ status: 'delivered', to: 'desk' }]);
    });
    expect(service.logs).toContain('"to":"desk"');
    expect(service.logs).not.toMatch(/planted-person|example\.com|E-1"/);
  });

  it('are told by settings that somebody can follow', async () => {
    const { status, body } = await service.request<{
      errors: { pointer: string; code: string }[];
    }>('POST', '/multi-step/create', {
      ...workflowOf('Faulty', { channel: 'pigeon', to: [], on: ['asked', 'eaten'] }),
      notification_escalation: { channel: 'webhook', to: ['ftp://x'], message: '{{ 1 + }}' },
    });
    expect(status).toBe(400);
    expect(body.errors.map(({ pointer }) => pointer)).toEqual([
      '/steps/0/notification_settings/channel',
      '/steps/0/notification_settings/on/1',
      '/steps/0/notification_settings/to',
      '/steps/1/notification_settings/channel',
      '/steps/1/notification_settings/on/1',
      '/steps/1/notification_settings/to',
      '/notification_escalation/to/0',
      '/notification_escalation/message',
    ]);
  });
});

describe('a process that dies', () => {
  let gateway: Gateway;
  const services: Service[] = [];
  afterEach(async () => {
    for (const service of services.splice(0).reverse()) await service.stop();
    await gateway.stop();
  });
  const serve = async (env: Record<string, string>, beside?: Service): Promise<Service> => {
    const service = await startService({
      env: { OUTBOUND_ALLOWED_HOSTS: '127.0.0.1', ...env },
      ...(beside && { beside }),
    });
    services.push(service);
    return service;
  };
  const started = async (service: Service): Promise<void> => {
    const settings = { channel: 'webhook', to: gateway.url };
    const { body } = await service.request(
      'POST',
      '/multi-step/create',
      workflowOf('Dying', settings),
    );
    const path = `/workflows/${String(body['workflow_id'])}/instances`;
    expect((await service.request('POST', path, {})).status).toBe(201);
  };

  it('after the commit and before anybody was told leaves that to another', async () => {
    gateway = await Gateway.start();
    const api = await serve({ ROLE: 'api' });
    await started(api);
    await api.kill();
    expect(gateway.calls).toEqual([]);
    await serve({}, api);
    expect((await gateway.heard(1))[0]!.kind).toBe('asked');
  });

  it('while it tells is followed by another that tells it again, under the same key', async () => {
    const silent = new Set<ServerResponse>();
    gateway = await Gateway.start((response) => silent.add(response));
    const first = await serve({});
    await started(first);
    await gateway.heard(1);
    await first.kill();
    gateway.answer = (response) => response.end();
    const second = await serve({}, first);
    // what was begun counts as lost after 20 seconds: they pass at once
    const database = new pg.Client({ connectionString: second.databaseUrl });
    await database.connect();
    await database.query(
      `update notifications set next_attempt_at = next_attempt_at - interval '20 seconds'`,
    );
    await gateway.heard(2);
    const [one, two] = gateway.calls;
    expect([two!.key, two!.attempt]).toEqual([one!.key, '2']);
    await eventually(async () => {
      const { rows } = await database.query('select status, attempts from notifications');
      expect(rows).toEqual([{ status: 'delivered', attempts: 2 }]);
    });
    await database.end();
  });
});
