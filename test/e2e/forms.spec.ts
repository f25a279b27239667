import { eventually } from '../support/eventually.js';
import { type Service, startService } from '../support/service.js';

interface Problem {
  status: string;
  code: string;
  current_step_id: string | null;
  outcome: string | null;
  data: Record<string, unknown>;
  errors: { pointer: string; code: string; detail: string }[];
}

const FIELDS = {
  fields: [
    { name: 'amount', type: 'number', required: true, min: 1 },
    { name: 'reason', type: 'text', required: true },
  ],
};
const SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  required: ['cost_centre'],
  properties: { cost_centre: { type: 'string', pattern: '^[0-9]{4}$' } },
};

describe('a form', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  const definition = (workflow_name: string, forms: readonly object[] = [FIELDS, SCHEMA]) => ({
    workflow_name,
    category: 'test',
    steps: [
      {
        step_id: 'ask',
        step_name: 'Ask',
        step_type: 'user_task',
        order_sequence: 1,
        form_schema: forms[0],
      },
      {
        step_id: 'approve',
        step_name: 'Approve',
        step_type: 'approval',
        order_sequence: 2,
        required_roles: ['lead'],
        form_schema: forms[1],
      },
      { step_id: 'last', step_name: 'Last', step_type: 'user_task', order_sequence: 3 },
    ],
  });
  const create = async (name: string, forms?: readonly object[]): Promise<string> => {
    const { body } = await service.request('POST', '/multi-step/create', definition(name, forms));
    return String(body['workflow_id']);
  };
  const start = async (workflow: string): Promise<string> => {
    const path = `/workflows/${workflow}/instances`;
    const { body } = await service.request('POST', path, { started_by: 'ada' });
    return `${path}/${String(body['workflow_instance_id'])}`;
  };
  const act = (instance: string, step: string, verb: string, body: object) =>
    service.request<Problem>('POST', `${instance}/steps/${step}/${verb}`, body);
  const events = async (instance: string): Promise<number> =>
    (await service.request<{ items: unknown[] }>('GET', `${instance}/history?limit=200`)).body.items
      .length;
  const AS_LEAD = { decided_by: 'bo', user_context: { roles: ['lead'] } };

  it('is asked of whoever completes a step: every fault at its place, and nothing changed', async () => {
    const instance = await start(await create('Filled in'));
    const before = await events(instance);
    const { status, body } = await act(instance, 'ask', 'complete', {
      output_data: { amount: 0, colour: 'red' },
    });
    expect([status, body.code]).toEqual([400, 'validation_failed']);
    expect(body.errors.map(({ pointer, code }) => [pointer, code])).toEqual([
      ['/output_data/reason', 'required'],
      ['/output_data/amount', 'minimum'],
    ]);
    expect(await events(instance)).toBe(before);
    const { body: after } = await service.request<Problem>('GET', instance);
    expect([after.current_step_id, after.data]).toEqual(['ask', {}]);

    const filled = { amount: 2, reason: 'Ink', colour: 'red' };
    const done = await act(instance, 'ask', 'complete', { output_data: filled });
    expect([done.status, done.body.current_step_id, done.body.data]).toEqual([
      200,
      'approve',
      filled,
    ]);
  });

  it('is asked of whoever approves, and of what a rejection brings', async () => {
    const workflow = await create('Approved');
    const answers = [
      ['approve', {}, [['/output_data/cost_centre', 'required']]],
      ['approve', { cost_centre: '12' }, [['/output_data/cost_centre', 'pattern']]],
      ['reject', { cost_centre: 5 }, [['/output_data/cost_centre', 'type']]],
    ] as const;
    const instance = await start(workflow);
    await act(instance, 'ask', 'complete', { output_data: { amount: 2, reason: 'Ink' } });
    for (const [verb, output_data, wrong] of answers) {
      const { status, body } = await act(instance, 'approve', verb, { ...AS_LEAD, output_data });
      expect([status, body.errors.map(({ pointer, code }) => [pointer, code])]).toEqual([
        400,
        wrong,
      ]);
    }
    const output_data = { cost_centre: '4711' };
    const approved = await act(instance, 'approve', 'approve', { ...AS_LEAD, output_data });
    expect([approved.status, approved.body.current_step_id]).toEqual([200, 'last']);

    const other = await start(workflow);
    await act(other, 'ask', 'complete', { output_data: { amount: 2, reason: 'Ink' } });
    const saved = { form_data: { cost_centre: 5 }, user_context: AS_LEAD.user_context };
    expect((await service.request('PUT', `${other}/steps/approve/form-data`, saved)).status).toBe(
      200,
    );
    const rejected = await act(other, 'approve', 'reject', AS_LEAD);
    expect([rejected.status, rejected.body.outcome]).toEqual([200, 'rejected']);
    expect(rejected.body.data).not.toHaveProperty('cost_centre');
  });

  it('keeps nobody from acting: what is missing is not who may', async () => {
    const instance = await start(await create('Who may'));
    const { body } = await service.request('GET', `${instance}/steps/ask/can-act`);
    expect(body).toMatchObject({ may_act: true });
  });

  it('is that of the version on which the instance is, also after a move', async () => {
    const workflow = await create('Moved');
    const moves = await start(workflow);
    const wrong = async (instance: string) =>
      (await act(instance, 'ask', 'complete', {})).body.errors.map(({ pointer }) => pointer);
    expect(await wrong(moves)).toEqual(['/output_data/amount', '/output_data/reason']);
    const modified = await service.request('POST', '/dynamic/modify', {
      workflow_modification: {
        workflow_id: workflow,
        modification_type: 'modify_step',
        step_modifications: [
          {
            step_id: 'ask',
            modification_type: 'modify_step',
            new_configuration: { form_schema: { fields: { text: { required: true } } } },
          },
        ],
        reason: 'Another form from now on.',
        requested_by: 'it',
      },
      apply_to: 'all',
      auto_apply: true,
    });
    expect(modified).toMatchObject({ status: 200 });
    await eventually(async () => {
      expect((await service.request('GET', moves)).body).toMatchObject({ version_number: 2 });
    });
    expect(await wrong(moves)).toEqual(['/output_data/text']);
    const output_data = { text: 'x' };
    expect((await act(moves, 'ask', 'complete', { output_data })).status).toBe(200);
  });

  it('that is none is refused when it is defined, and when a modification brings it', async () => {
    const broken = { fields: [{ name: 'a', type: 'colour' }] };
    const remote = { properties: { a: { $ref: 'http://127.0.0.1/a' }, b: { pattern: '(?=x)' } } };
    const made = await service.request<Problem>(
      'POST',
      '/multi-step/create',
      definition('Broken', [broken, remote]),
    );
    expect([made.status, made.body.errors.map(({ pointer }) => pointer)]).toEqual([
      400,
      [
        '/steps/0/form_schema/fields/0/type',
        '/steps/1/form_schema/properties/b/pattern',
        '/steps/1/form_schema/properties/a/$ref',
      ],
    ]);
    const { body, status } = await service.request<Problem>('POST', '/dynamic/preview', {
      workflow_modification: {
        workflow_id: await create('Modified'),
        modification_type: 'modify_step',
        step_modifications: [
          {
            step_id: 'ask',
            modification_type: 'modify_step',
            new_configuration: { form_schema: broken },
          },
        ],
        reason: 'A form that is none.',
        requested_by: 'it',
      },
    });
    expect([status, body.errors.map(({ pointer }) => pointer)]).toEqual([
      400,
      ['/workflow_modification/step_modifications/0/new_configuration/form_schema/fields/0/type'],
    ]);
  });
});
