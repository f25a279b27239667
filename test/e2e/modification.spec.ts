import { describeOnBothQueues } from '../support/queues.js';
import { type Service, startService } from '../support/service.js';
import { type Asked, type Fault, idOf, modificationClient, upload } from './modification-client.js';

describeOnBothQueues('modification', (queue) => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({ queue, env: { MONITORING_INTERVAL_SECONDS: '1' } });
  });
  afterAll(() => service.stop());

  const { workflow, start, read, definition, body, modify, moved } = modificationClient(
    () => service,
  );

  it.each<[string, Asked, object]>([
    [
      'adds a step',
      { type: 'add_step', steps: [upload] },
      {
        steps: [
          {},
          {},
          {},
          { step_id: 'upload', order_sequence: 4 },
          { step_id: 'close', order_sequence: 5 },
        ],
      },
    ],
    [
      'removes a step and the rules to it',
      { type: 'remove_step', steps: [{ step_id: 'close' }] },
      {
        steps: [{ step_id: 'request' }, { step_id: 'approve' }, { step_id: 'file' }],
        routing_rules: [],
      },
    ],
    [
      'modifies a step',
      {
        type: 'modify_step',
        steps: [{ step_id: 'file', new_configuration: { step_name: 'Keep' } }],
      },
      { steps: [{}, {}, { step_name: 'Keep', step_type: 'user_task' }, {}] },
    ],
    [
      'updates routing',
      {
        type: 'update_routing',
        steps: [
          {
            step_id: 'file',
            routing_conditions: {
              rule_id: 'fast',
              condition_expression: 'x > 1',
              source_step_id: 'approve',
              priority: 1,
            },
          },
        ],
      },
      {
        routing_rules: [
          { rule_id: 'fast', target_step_id: 'file', priority: 1 },
          { rule_id: 'skip' },
        ],
      },
    ],
    [
      'changes approval',
      {
        type: 'change_approval',
        globals: {
          approval_hierarchies: [
            { level: 1, role_required: 'boss' },
            { level: 2, role_required: 'director' },
          ],
        },
      },
      { approval_hierarchies: [{ level: 1 }, { level: 2, role_required: 'director' }] },
    ],
    [
      'updates timeouts',
      {
        type: 'update_timeout',
        steps: [{ step_id: 'file', new_configuration: { auto_escalation_hours: 2 } }],
        globals: { global_timeout_hours: 12 },
      },
      { global_timeout_hours: 12, steps: [{}, {}, { auto_escalation_hours: 2 }, {}] },
    ],
    [
      'modifies notifications',
      {
        type: 'modify_notification',
        steps: [
          {
            step_id: 'file',
            new_configuration: { notification_settings: { email: 'hr@example.org' } },
          },
        ],
      },
      { steps: [{}, {}, { notification_settings: { email: 'hr@example.org' } }, {}] },
    ],
  ])('%s, and running instances stay on their version', async (_, asked, expected) => {
    const workflow_id = await workflow();
    const before = await definition(workflow_id);
    const instance = await start(workflow_id, 'request');
    const answer = await modify(workflow_id, asked);
    expect(answer).toMatchObject({
      status: 200,
      body: {
        modification_result: { status: 'applied', approval_status: 'not_required' },
        change_tracking: { from_version: 1, to_version: 2, moves: { status: null } },
      },
    });
    expect(answer.body.change_tracking.sentences).not.toEqual([]);
    expect(await definition(workflow_id)).toMatchObject(expected);
    expect(await definition(workflow_id, '?version_number=1')).toEqual(before);
    expect(await read(instance)).toMatchObject({ version_number: 1, current_step_id: 'approve' });
    expect(await read(await start(workflow_id))).toMatchObject({ version_number: 2 });
  });

  it('tells of every fault where it stands in the request', async () => {
    const workflow_id = await workflow();
    const { status, body: problem } = await service.request<{ errors: Fault[] }>(
      'POST',
      '/dynamic/modify',
      body(workflow_id, {
        type: 'add_step',
        steps: [
          { step_id: 'x', new_configuration: { step_type: 'dance' } },
          { step_id: 'nope', modification_type: 'remove_step' },
          {
            step_id: 'file',
            modification_type: 'update_routing',
            routing_conditions: { rule_id: 'r', condition_expression: 'a >' },
          },
        ],
        globals: { global_timeout_hours: -1, colour: 'red' },
      }),
    );
    expect(status).toBe(400);
    const at = '/workflow_modification/step_modifications';
    expect(problem.errors.map(({ pointer }) => pointer).sort()).toEqual([
      '/workflow_modification/global_changes/colour',
      '/workflow_modification/global_changes/global_timeout_hours',
      `${at}/0/new_configuration/step_name`,
      `${at}/0/new_configuration/step_type`,
      `${at}/1/step_id`,
      `${at}/2/routing_conditions/condition_expression`,
    ]);
    const same = await modify(workflow_id, {
      type: 'modify_step',
      steps: [{ step_id: 'file', new_configuration: { step_name: 'file' } }],
    });
    expect(same).toMatchObject({ status: 400, body: { errors: [{ code: 'no_change' }] } });
  });

  it.each([
    [{}, '/workflow_modification'],
    [{ workflow_modification: null }, '/workflow_modification'],
    [{ migration: null }, '/migration'],
    [{ auto_rollback_conditions: { errors: 1 } }, '/auto_rollback_conditions/errors'],
    [{ rollback_strategy: 'hope' }, '/rollback_strategy'],
  ])('refuses %j', async (sent, pointer) => {
    const asked = body(await workflow(), { type: 'add_step', steps: [upload] });
    const whole = 'workflow_modification' in sent || pointer === '/workflow_modification';
    const answer = await service.request<{ errors: Fault[] }>(
      'POST',
      '/dynamic/modify',
      whole ? sent : { ...asked, ...sent },
    );
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map((fault) => fault.pointer)).toEqual([pointer]);
  });

  it('holds a change to the state that its sender has seen, and to one id', async () => {
    const workflow_id = await workflow();
    const { headers } = await service.request('GET', `/workflows/${workflow_id}`);
    const etag = headers.get('etag') ?? '';
    const asked = {
      type: 'add_step',
      steps: [upload],
      asked: { modification_id: `once-${workflow_id}` },
    };
    expect(await modify(workflow_id, asked, { 'if-match': '"other"' })).toMatchObject({
      status: 412,
    });
    expect(await modify(workflow_id, asked, { 'if-match': etag })).toMatchObject({ status: 200 });
    expect(await modify(workflow_id, asked)).toMatchObject({
      status: 409,
      body: { code: 'modification_exists' },
    });
  });

  it('shows what would happen, and writes nothing', async () => {
    const workflow_id = await workflow();
    const before = await definition(workflow_id);
    await start(workflow_id, 'request', 'approve');
    await start(workflow_id);
    const preview = await service.request(
      'POST',
      '/dynamic/preview',
      body(workflow_id, { type: 'remove_step', steps: [{ step_id: 'file' }], apply_to: 'all' }),
    );
    expect(preview).toMatchObject({
      status: 200,
      body: {
        from_version: 1,
        new_definition: {
          steps: [{ step_id: 'request' }, { step_id: 'approve' }, { step_id: 'close' }],
        },
        instances: [
          { step_id: 'file', instances: 1, moving: 1, to_step_id: 'close' },
          { step_id: 'request', instances: 1, moving: 1, to_step_id: 'request' },
        ],
        impact_analysis: { impact_level: 'high', affected_instances: 2, approval_required: true },
      },
    });
    expect(await definition(workflow_id)).toEqual(before);
    const list = await service.request('GET', `/dynamic/modifications?workflow_id=${workflow_id}`);
    expect(list.body).toEqual({ items: [], next_cursor: null });
  });

  it('warns of what becomes unsound, in the definition and for instances that move', async () => {
    const workflow_id = await workflow();
    await start(workflow_id, 'request', 'approve');
    const trap = {
      type: 'update_routing',
      steps: [
        {
          step_id: 'file',
          routing_conditions: {
            rule_id: 'again',
            condition_expression: 'true',
            source_step_id: 'file',
            priority: 1,
          },
        },
      ],
      apply_to: 'all',
    };
    const shown = await service.request<{
      unsound: { code: string; path: { step_id: string }[] }[];
      impact_analysis: { risk_factors: string[] };
    }>('POST', '/dynamic/preview', body(workflow_id, trap));
    expect(shown.status).toBe(200);
    const [found] = shown.body.unsound;
    expect(found).toMatchObject({
      code: 'never_ends',
      path: expect.arrayContaining([expect.objectContaining({ step_id: 'file' })]),
    });
    const { risk_factors } = shown.body.impact_analysis;
    expect(risk_factors).toContainEqual(expect.stringContaining('no way leads to the end'));
    expect(risk_factors).toContainEqual(
      expect.stringMatching(/The instance .* at file: From here/),
    );
    const refused = await modify(workflow_id, trap);
    expect(refused).toMatchObject({
      status: 400,
      body: {
        errors: [
          {
            pointer: '/workflow_modification',
            code: 'never_ends',
            detail: expect.stringMatching(/request .* → approve .* → file/),
          },
          { pointer: '/migration', code: 'never_ends' },
        ],
      },
    });
  });

  it('names other open changes that it does not go together with', async () => {
    const workflow_id = await workflow();
    const hours = (global_timeout_hours: number, more = {}) => ({
      type: 'update_timeout',
      globals: { global_timeout_hours },
      auto_apply: false,
      ...more,
    });
    const first = idOf(await modify(workflow_id, hours(12)));
    const other = await modify(workflow_id, hours(24));
    expect(other.body.modification_result.impact_analysis).toMatchObject({
      impact_level: 'medium',
      risk_factors: expect.arrayContaining([expect.stringContaining(first)]),
    });
    const apart = await modify(workflow_id, {
      type: 'modify_step',
      steps: [{ step_id: 'file', new_configuration: { step_name: 'Keep' } }],
      auto_apply: false,
    });
    expect(apart.body.modification_result.impact_analysis).toMatchObject({ impact_level: 'low' });
  });

  it('takes its times from moves that were measured, and has none before', async () => {
    const workflow_id = await workflow();
    await start(workflow_id);
    const preview = async () => {
      const { body: shown } = await service.request<{
        impact_analysis: { estimated_disruption_minutes: number; mitigation_strategies: string[] };
      }>(
        'POST',
        '/dynamic/preview',
        body(workflow_id, { type: 'add_step', steps: [upload], apply_to: 'all' }),
      );
      return shown.impact_analysis;
    };
    const id = idOf(
      await modify(workflow_id, {
        type: 'update_timeout',
        globals: { global_timeout_hours: 12 },
        apply_to: 'all',
      }),
    );
    await moved(id);
    const known = await preview();
    expect(known.estimated_disruption_minutes).toBeGreaterThan(0);
    expect(known.mitigation_strategies.join(' ')).toContain('measured moves of this workflow');
  });
});
