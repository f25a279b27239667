import pg from 'pg';
import { eventually } from '../support/eventually.js';
import { describeOnBothQueues } from '../support/queues.js';
import { type Answer, type Service, startService } from '../support/service.js';

interface Modified {
  workflow_id: string;
  modification_result: {
    modification_id: string;
    status: string;
    approval_status: string;
    rollback_available: boolean;
    monitoring_active: boolean;
    impact_analysis: { impact_level: string; affected_instances: number } | null;
  };
  change_tracking: {
    from_version: number;
    to_version: number | null;
    snapshot_id: string | null;
    sentences: string[];
    moves: {
      status: string | null;
      moved: number;
      moved_back: number;
      left_out: number;
      failed: number;
    };
    rollback: { status: string | null; reason: string | null };
  };
  next_steps: string[];
}

interface InstanceBody {
  status: string;
  version_number: number;
  current_step_id: string | null;
  steps: { step_id: string; status: string; outcome: string | null }[];
}

interface Fault {
  pointer: string;
  code: string;
}

type Step = Record<string, unknown> & { step_id: string };

let names = 0;

describeOnBothQueues('modification', (queue) => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({ queue, env: { MONITORING_INTERVAL_SECONDS: '1' } });
  });
  afterAll(() => service.stop());

  const step = (step_id: string, order_sequence: number, more = {}): Step => ({
    step_id,
    step_name: step_id,
    step_type: 'user_task',
    order_sequence,
    ...more,
  });

  async function workflow(more: Record<string, unknown> = {}): Promise<string> {
    names += 1;
    const { status, body } = await service.request<{ workflow_id: string }>(
      'POST',
      '/multi-step/create',
      {
        workflow_name: `Changing ${names}`,
        category: 'test',
        steps: [
          step('request', 1),
          step('approve', 2, { step_type: 'approval', required_roles: ['boss'] }),
          step('file', 3),
          step('close', 4),
        ],
        approval_hierarchies: [{ level: 1, role_required: 'boss' }],
        routing_rules: [
          { rule_id: 'skip', condition_expression: 'short = true', target_step_id: 'close' },
        ],
        ...more,
      },
    );
    expect(status).toBe(201);
    return body.workflow_id;
  }

  async function start(workflow_id: string, ...reach: string[]): Promise<string> {
    const { body } = await service.request<{ workflow_instance_id: string }>(
      'POST',
      `/workflows/${workflow_id}/instances`,
      {},
    );
    const instance = `/workflows/${workflow_id}/instances/${body.workflow_instance_id}`;
    for (const step_id of reach) {
      const approves = step_id === 'approve';
      const done = await service.request(
        'POST',
        `${instance}/steps/${step_id}/${approves ? 'approve' : 'complete'}`,
        approves ? { user_context: { roles: ['boss'], management_level: 5 } } : {},
      );
      expect(done.status).toBe(200);
    }
    return instance;
  }

  /** What reports read: the tables. */
  async function query<Row extends object>(sql: string, ...values: unknown[]): Promise<Row[]> {
    const client = new pg.Client({ connectionString: service.databaseUrl });
    await client.connect();
    try {
      return (await client.query<Row>(sql, values)).rows;
    } finally {
      await client.end();
    }
  }

  const read = async (path: string): Promise<InstanceBody> =>
    (await service.request<InstanceBody>('GET', path)).body;

  /** The parts of a definition that a modification may change, as clients see them. */
  async function definition(workflow_id: string, version = ''): Promise<Record<string, unknown>> {
    const { body } = await service.request('GET', `/workflows/${workflow_id}${version}`);
    const { steps, routing_rules, approval_hierarchies, global_timeout_hours } = body;
    return { steps, routing_rules, approval_hierarchies, global_timeout_hours };
  }

  interface Asked extends Record<string, unknown> {
    type: string;
    steps?: Record<string, unknown>[];
    globals?: Record<string, unknown>;
    asked?: Record<string, unknown>;
  }

  function body(workflow_id: string, { type, steps = [], globals = {}, asked, ...more }: Asked) {
    return {
      workflow_modification: {
        workflow_id,
        modification_type: type,
        step_modifications: steps.map((change) => ({ modification_type: type, ...change })),
        global_changes: globals,
        reason: 'Because the process has to change.',
        requested_by: 'ada',
        ...asked,
      },
      ...more,
    };
  }

  const modify = (
    workflow_id: string,
    asked: Asked,
    headers: Record<string, string> = {},
  ): Promise<Answer<Modified>> =>
    service.request(
      'POST',
      '/dynamic/modify',
      body(workflow_id, { auto_apply: true, ...asked }),
      headers,
    );

  const follow = (verb: string, id: string, sent: object = {}): Promise<Answer<Modified>> =>
    service.request('POST', `/dynamic/${verb}/${id}`, sent);

  const idOf = (answer: Answer<Modified>): string =>
    answer.body.modification_result.modification_id;

  const moved = (id: string): Promise<Modified> =>
    eventually(
      async () => {
        const { body: now } = await service.request<Modified>('GET', `/dynamic/status/${id}`);
        expect(now.change_tracking.moves.status).toBe('completed');
        return now;
      },
      { timeout_ms: 40_000 },
    );

  const upload = {
    step_id: 'upload',
    insert_after_step: 'file',
    new_configuration: { step_name: 'Upload', step_type: 'user_task' },
  };

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
            routing_conditions: { rule_id: 'fast', condition_expression: 'x > 1', priority: 1 },
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

  it('waits for somebody else to approve what is of high impact', async () => {
    const workflow_id = await workflow();
    const weaker = { type: 'change_approval', globals: { approval_hierarchies: [] } };
    const asked = await modify(workflow_id, weaker);
    expect(asked).toMatchObject({
      status: 202,
      body: {
        modification_result: {
          status: 'pending_approval',
          approval_status: 'pending',
          impact_analysis: { impact_level: 'high' },
          rollback_available: false,
        },
      },
    });
    const id = idOf(asked);
    expect(await follow('apply', id)).toMatchObject({
      status: 409,
      body: { code: 'modification_not_pending' },
    });
    expect(await follow('approve', id, { approved_by: ' Ada ' })).toMatchObject({
      status: 403,
      body: { code: 'own_approval' },
    });
    expect(await follow('approve', id, { approved_by: 'grace', comments: 'Fine.' })).toMatchObject({
      status: 200,
      body: {
        modification_result: { status: 'applied', approval_status: 'approved' },
        change_tracking: { approved_by: 'grace', approval_comments: 'Fine.', to_version: 2 },
      },
    });
    const back = await modify(workflow_id, {
      type: 'change_approval',
      steps: [{ step_id: 'approve', new_configuration: { required_roles: [] } }],
    });
    expect(await follow('reject', idOf(back), { approved_by: 'grace' })).toMatchObject({
      status: 200,
      body: { modification_result: { status: 'rejected' }, change_tracking: { to_version: null } },
    });
    expect(await follow('approve', idOf(back), { approved_by: 'grace' })).toMatchObject({
      status: 409,
    });
  });

  it('asks for an approval after all when the impact has grown before it is applied', async () => {
    const workflow_id = await workflow();
    await start(workflow_id);
    const gone = { type: 'remove_step', steps: [{ step_id: 'file' }], apply_to: 'all' };
    const asked = await modify(workflow_id, { ...gone, auto_apply: false });
    expect(asked.body.modification_result).toMatchObject({
      status: 'approved',
      impact_analysis: { impact_level: 'medium' },
    });
    await start(workflow_id, 'request', 'approve');
    expect(await follow('apply', idOf(asked))).toMatchObject({
      status: 200,
      body: {
        modification_result: {
          status: 'pending_approval',
          approval_status: 'pending',
          impact_analysis: { impact_level: 'high', affected_instances: 2 },
        },
      },
    });
    await follow('approve', idOf(asked), { approved_by: 'grace' });
    expect((await follow('apply', idOf(asked))).body.modification_result.status).toBe('applied');
  });

  it('lets an emergency pass at once', async () => {
    const workflow_id = await workflow();
    const asked = { type: 'change_approval', globals: { approval_hierarchies: [] } };
    const override = await modify(workflow_id, { ...asked, asked: { approval_override: true } });
    expect(override).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/workflow_modification/approval_override' }] },
    });
    const passed = await modify(workflow_id, { ...asked, asked: { emergency_change: true } });
    expect(passed).toMatchObject({
      status: 200,
      body: { modification_result: { status: 'applied' } },
    });
    expect(passed.body.next_steps.join(' ')).toContain('reviewed');
  });

  it('keeps what was changed between request and application, and refuses what no longer fits', async () => {
    const workflow_id = await workflow();
    const added = await modify(workflow_id, {
      type: 'add_step',
      steps: [upload],
      auto_apply: false,
    });
    expect(added).toMatchObject({
      status: 202,
      body: { modification_result: { status: 'approved' } },
    });
    await modify(workflow_id, { type: 'update_timeout', globals: { global_timeout_hours: 7 } });
    expect(await follow('apply', idOf(added))).toMatchObject({
      status: 200,
      body: { change_tracking: { from_version: 2, to_version: 3 } },
    });
    expect(await definition(workflow_id)).toMatchObject({ global_timeout_hours: 7 });
    const edit = {
      type: 'modify_step',
      steps: [{ step_id: 'upload', new_configuration: { step_name: 'U' } }],
    };
    const late = await modify(workflow_id, { ...edit, auto_apply: false });
    await modify(workflow_id, { type: 'remove_step', steps: [{ step_id: 'upload' }] });
    expect(await follow('apply', idOf(late))).toMatchObject({
      status: 409,
      body: { code: 'modification_not_applicable' },
    });
  });

  it('moves running instances, also from a removed step, and rolls both back', async () => {
    const workflow_id = await workflow();
    const before = await definition(workflow_id);
    const atFile = await start(workflow_id, 'request', 'approve');
    const atRequest = await start(workflow_id);
    const gone = { type: 'remove_step', steps: [{ step_id: 'file' }], apply_to: 'all' };
    const asked = await modify(workflow_id, gone);
    expect(asked).toMatchObject({ status: 202 });
    await follow('approve', idOf(asked), { approved_by: 'grace' });
    expect((await moved(idOf(asked))).change_tracking.moves).toMatchObject({ moved: 2, failed: 0 });
    expect(await read(atFile)).toMatchObject({ version_number: 2, current_step_id: 'close' });
    expect(await read(atRequest)).toMatchObject({ version_number: 2, current_step_id: 'request' });

    const fresh = await start(workflow_id);
    const rolledBack = await follow('rollback', idOf(asked), {
      strategy: 'immediate',
      reason: 'It was wrong.',
    });
    expect(rolledBack).toMatchObject({
      status: 200,
      body: { modification_result: { status: 'rolled_back', rollback_available: false } },
    });
    expect((await moved(idOf(asked))).change_tracking).toMatchObject({
      moves: { moved_back: 3 },
      rollback: { status: 'completed', reason: 'It was wrong.' },
    });
    const restored = await definition(workflow_id);
    expect(restored).toEqual(before);
    const [snapshot] = await query<Record<string, unknown>>(
      `select step_configurations as steps, routing_rules, approval_hierarchies,
         workflow_definition -> 'global_timeout_hours' as global_timeout_hours
       from rollback_snapshots where modification_id = $1`,
      idOf(asked),
    );
    expect(restored).toEqual(snapshot);
    expect(await read(atFile)).toMatchObject({ version_number: 1, current_step_id: 'file' });
    expect(await read(atRequest)).toMatchObject({ version_number: 1, current_step_id: 'request' });
    expect(await read(fresh)).toMatchObject({ version_number: 1, current_step_id: 'request' });
    expect(await follow('rollback', idOf(asked))).toMatchObject({
      status: 409,
      body: { code: 'modification_not_reversible' },
    });
  });

  it('sends instances where the mapping says', async () => {
    const workflow_id = await workflow();
    const instance = await start(workflow_id, 'request', 'approve');
    const asked = {
      type: 'add_step',
      steps: [upload],
      apply_to: 'all',
      migration: { step_mapping: { file: 'upload' } },
    };
    const wrong = { ...asked, migration: { step_mapping: { nope: 'upload', file: 'nope' } } };
    expect(await modify(workflow_id, wrong)).toMatchObject({
      status: 400,
      body: {
        errors: [
          { pointer: '/migration/step_mapping/nope' },
          { pointer: '/migration/step_mapping/file' },
        ],
      },
    });
    await moved(idOf(await modify(workflow_id, asked)));
    expect(await read(instance)).toMatchObject({ version_number: 2, current_step_id: 'upload' });
  });

  it('moves those that a filter lets through, with values and deadlines, and restores them', async () => {
    const workflow_id = await workflow({ global_timeout_hours: 100 });
    const [small, large, busy] = await Promise.all([
      start(workflow_id),
      start(workflow_id, 'request', 'approve'),
      start(workflow_id, 'request', 'approve'),
    ]);
    const nameOf = (instance: string): string => instance.split('/').at(-1) ?? '';
    const asked = {
      type: 'modify_step',
      steps: [{ step_id: 'file', new_configuration: { auto_escalation_hours: 2 } }],
      globals: { global_timeout_hours: 50 },
      apply_to: 'filter',
      migration: {
        filter: "instance.step_id = 'file'",
        in_progress: 'cancel',
        values: { country: '"DE"' },
        timers: 'recalculate',
      },
      rollback_strategy: 'immediate',
    };
    const preview = await service.request<{
      instance_fates: { items: object[]; next_cursor: string | null };
    }>('POST', '/dynamic/preview?limit=2', body(workflow_id, asked));
    expect(preview).toMatchObject({ status: 200 });
    expect(preview.body.instance_fates.items).toHaveLength(2);
    const { body: rest } = await service.request<typeof preview.body>(
      'POST',
      `/dynamic/preview?limit=2&cursor=${String(preview.body.instance_fates.next_cursor)}`,
      body(workflow_id, asked),
    );
    const fates = [...preview.body.instance_fates.items, ...rest.instance_fates.items];
    const fate = (instance: string): unknown =>
      expect.objectContaining({ workflow_instance_id: nameOf(instance) });
    expect(fates).toEqual(expect.arrayContaining([small, large, busy].map(fate)));
    expect(fates).toContainEqual(
      expect.objectContaining({ workflow_instance_id: nameOf(small), fate: 'stays' }),
    );

    const rowsOf = () =>
      query<{ data: object; due: string; step: string; version_number: number }>(
        `select w.data, w.due_at as due, w.version_number, w.current_step_id as step, s.due_at as step_due
         from workflow_instances w
         join step_executions s on s.step_execution_id = (w.current_step ->> 'step_execution_id')::uuid
         where w.workflow_id = $1 order by w.instance_id`,
        workflow_id,
      );
    const before = await rowsOf();
    const id = idOf(await modify(workflow_id, { ...asked, asked: { emergency_change: true } }));
    expect((await moved(id)).change_tracking.moves).toMatchObject({ moved: 2, left_out: 1 });
    expect(await read(small)).toMatchObject({ version_number: 1 });
    const after = await read(large);
    expect(after).toMatchObject({
      version_number: 2,
      current_step_id: 'file',
      data: { country: 'DE' },
    });
    expect(after.steps.filter(({ step_id }) => step_id === 'file')).toHaveLength(2);
    expect(
      (await rowsOf()).filter(({ due }, at) => `${due}` === `${before[at]?.due}`),
    ).toHaveLength(1);

    await service.request('POST', `${busy}/steps/file/complete`, { output_data: { done: true } });
    await follow('rollback', id);
    await moved(id);
    const restored = await rowsOf();
    expect(restored.filter(({ step }) => step === 'file')).toEqual(
      before.filter((_, at) => restored[at]?.step === 'file'),
    );
    expect(await read(busy)).toMatchObject({
      version_number: 1,
      current_step_id: 'close',
      data: { country: 'DE', done: true },
    });
    expect((await read(large)).steps.at(-1)).toMatchObject({ step_id: 'file', status: 'waiting' });
  });

  it('pauses and goes on; rolls a roll-back back, every instance to what it was', async () => {
    const workflow_id = await workflow();
    const held = await start(workflow_id, 'request', 'approve');
    const other = await start(workflow_id);
    const asked = {
      type: 'remove_step',
      steps: [{ step_id: 'file' }],
      apply_to: 'all',
      rollback_strategy: 'immediate',
      migration: { in_progress: 'finish' },
      asked: { emergency_change: true },
    };
    const id = idOf(await modify(workflow_id, asked));
    const paused = await follow('pause', id);
    expect(paused.body.change_tracking.moves.status).toBe('paused');
    expect(await follow('pause', id)).toMatchObject({ status: 409 });
    expect(await follow('resume', id)).toMatchObject({
      body: { change_tracking: { moves: { status: 'in_progress' } } },
    });
    await service.request('POST', `${held}/steps/file/complete`, {});
    await moved(id);
    const both = async () => [await read(held), await read(other)];
    const changed = await both();
    expect(await follow('reapply', id)).toMatchObject({
      status: 409,
      body: { code: 'modification_not_reversible' },
    });
    await follow('rollback', id);
    await moved(id);
    expect(await both()).toMatchObject([{ version_number: 1 }, { version_number: 1 }]);
    expect(await follow('reapply', id)).toMatchObject({
      status: 200,
      body: { modification_result: { status: 'applied', rollback_available: true } },
    });
    await moved(id);
    const facts = ({ version_number, current_step_id, status }: InstanceBody): object => ({
      version_number,
      current_step_id,
      status,
    });
    expect((await both()).map(facts)).toEqual(changed.map(facts));
    expect((await read(await start(workflow_id))).version_number).toBe(2);
    await follow('rollback', id);
    await moved(id);
    expect(await both()).toMatchObject([{ version_number: 1 }, { version_number: 1 }]);
  });

  it('lets work finish before its instance is moved', async () => {
    const workflow_id = await workflow();
    const instance = await start(workflow_id, 'request', 'approve');
    const gone = {
      type: 'remove_step',
      steps: [{ step_id: 'file' }],
      apply_to: 'all',
      migration: { in_progress: 'finish' },
      asked: { emergency_change: true },
    };
    const id = idOf(await modify(workflow_id, gone));
    const state = await service.request<Modified>('GET', `/dynamic/status/${id}`);
    expect(state.body.change_tracking.moves.status).toBe('in_progress');
    expect(await read(instance)).toMatchObject({ version_number: 1, current_step_id: 'file' });
    await service.request('POST', `${instance}/steps/file/complete`, {});
    expect((await moved(id)).change_tracking.moves).toMatchObject({ moved: 1 });
    expect(await read(instance)).toMatchObject({ version_number: 2, current_step_id: 'close' });
  });

  it('tells what is wrong with a migration', async () => {
    const workflow_id = await workflow();
    const upTo = { type: 'add_step', steps: [upload], apply_to: 'filter' };
    const wrong = { ...upTo, migration: { filter: 'amount >', values: { a: 1, b: '1 +' } } };
    expect(await modify(workflow_id, wrong)).toMatchObject({
      status: 400,
      body: {
        errors: [
          { pointer: '/migration/filter' },
          { pointer: '/migration/values/a' },
          { pointer: '/migration/values/b' },
        ],
      },
    });
    const still = { type: 'add_step', steps: [upload], migration: { timers: 'restart' } };
    expect(await modify(workflow_id, still)).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/migration/timers', code: 'misplaced_field' }] },
    });
  });

  it('rolls back gracefully: instances finish where they are; never past a later change', async () => {
    const workflow_id = await workflow();
    const first = await modify(workflow_id, { type: 'add_step', steps: [upload] });
    const instance = await start(workflow_id);
    const second = await modify(workflow_id, {
      type: 'update_timeout',
      globals: { global_timeout_hours: 9 },
    });
    expect(await follow('rollback', idOf(first))).toMatchObject({
      status: 409,
      body: { code: 'modification_not_reversible', current_modification_id: idOf(second) },
    });
    await follow('rollback', idOf(second));
    expect(await follow('rollback', idOf(first))).toMatchObject({
      status: 200,
      body: { change_tracking: { rollback: { status: 'completed' } } },
    });
    expect(await read(instance)).toMatchObject({ version_number: 2 });
    expect(await read(await start(workflow_id))).toMatchObject({ version_number: 1 });
  });

  it('rolls back at a time', async () => {
    const workflow_id = await workflow();
    const id = idOf(await modify(workflow_id, { type: 'add_step', steps: [upload] }));
    const at = (ms: number): string => new Date(Date.now() + ms).toISOString();
    const late = await follow('rollback', id, { strategy: 'scheduled', scheduled_at: at(-1_000) });
    expect(late).toMatchObject({ status: 400 });
    const planned = await follow('rollback', id, {
      strategy: 'scheduled',
      scheduled_at: at(1_500),
    });
    expect(planned.body.change_tracking.rollback).toMatchObject({ status: 'scheduled' });
    expect(planned.body.modification_result.status).toBe('applied');
    await eventually(async () => {
      const { body: now } = await service.request('GET', `/dynamic/status/${id}`);
      expect(now).toMatchObject({ modification_result: { status: 'rolled_back' } });
    });
  });

  it('takes named instances past a step in an emergency, and changes no definition', async () => {
    const workflow_id = await workflow();
    const [one, other] = [await start(workflow_id, 'request'), await start(workflow_id, 'request')];
    const bypass = (workflow_instance_ids: unknown): Promise<Answer<Modified>> =>
      modify(workflow_id, {
        type: 'emergency_bypass',
        steps: [{ step_id: 'approve' }],
        globals: { workflow_instance_ids },
        asked: { emergency_change: true },
      });
    expect(await bypass(['nobody'])).toMatchObject({
      status: 400,
      body: {
        errors: [{ pointer: '/workflow_modification/global_changes/workflow_instance_ids/0' }],
      },
    });
    const answer = await bypass([one.split('/').at(-1)]);
    expect(answer).toMatchObject({ status: 200, body: { change_tracking: { to_version: null } } });
    await moved(idOf(answer));
    const passed = await read(one);
    expect(passed).toMatchObject({ version_number: 1, current_step_id: 'file' });
    expect(passed.steps[1]).toMatchObject({ step_id: 'approve', outcome: 'bypassed' });
    expect(await read(other)).toMatchObject({ current_step_id: 'approve' });
    expect(await follow('rollback', idOf(answer))).toMatchObject({ status: 409 });
  });

  it('watches an applied change and takes it back by itself when it does harm', async () => {
    const workflow_id = await workflow({ steps: [step('work', 1)], routing_rules: [] });
    const asked = {
      type: 'add_step',
      steps: [
        {
          step_id: 'call',
          new_configuration: {
            step_name: 'Call',
            step_type: 'automated',
            handler: { type: 'http', method: 'GET', url: 'http://127.0.0.1:9/' },
          },
        },
      ],
      globals: { retry_configuration: { max_attempts: 1 } },
      auto_rollback_conditions: { error_rate_percentage: 50, minimum_ended: 2 },
    };
    const id = idOf(await modify(workflow_id, asked));
    await Promise.all([start(workflow_id, 'work'), start(workflow_id, 'work')]);
    const seen = await eventually(
      async () => {
        const answer = await service.request<{ observations: unknown[] }>(
          'GET',
          `/dynamic/monitoring/${id}`,
        );
        expect(answer.body).toMatchObject({ status: 'rolled_back', monitoring_active: false });
        return answer.body;
      },
      { timeout_ms: 30_000 },
    );
    expect(seen).toMatchObject({
      rollback_reason: expect.stringContaining('error_rate_percentage is 100, above 50') as unknown,
      observations: expect.arrayContaining([
        expect.objectContaining({
          breached: [expect.objectContaining({ condition: 'error_rate_percentage' })],
        }),
      ]) as unknown,
    });
    expect(await definition(workflow_id)).toMatchObject({ steps: [{ step_id: 'work' }] });
  });

  it('routes differently for a while', async () => {
    const workflow_id = await workflow();
    const instance = await start(workflow_id);
    const override = (more: object): Promise<Answer<{ routing_id: string; errors?: Fault[] }>> =>
      service.request('POST', '/dynamic/routing-overrides', {
        workflow_id,
        condition_expression: 'true',
        target_step_id: 'close',
        source_step_id: 'request',
        ...more,
      });
    const wrong = await override({ condition_expression: 'a >', target_step_id: 'nope' });
    expect(wrong.body.errors?.map(({ pointer }) => pointer)).toEqual([
      '/condition_expression',
      '/target_step_id',
    ]);
    const made = await override({ expiry_time: new Date(Date.now() + 60_000).toISOString() });
    expect(made).toMatchObject({ status: 201, body: { is_active: true, is_temporary: true } });
    expect(await override({})).toMatchObject({ status: 409, body: { code: 'rule_exists' } });
    await service.request('POST', `${instance}/steps/request/complete`, {});
    expect(await read(instance)).toMatchObject({ version_number: 1, current_step_id: 'close' });
    const path = `/dynamic/routing-overrides/${made.body.routing_id}`;
    expect(await service.request('DELETE', path)).toMatchObject({
      status: 200,
      body: { is_active: false },
    });
    expect(await service.request('DELETE', path)).toMatchObject({ status: 404 });
    expect(await read(await start(workflow_id, 'request'))).toMatchObject({
      current_step_id: 'approve',
    });
    const listed = await service.request(
      'GET',
      `/dynamic/routing-overrides?workflow_id=${workflow_id}&is_active=false`,
    );
    expect(listed.body).toMatchObject({ items: [{ routing_id: made.body.routing_id }] });
  });

  it('goes on moving after a kill, each instance once', async () => {
    const workflow_id = await workflow();
    const instances: string[] = [];
    for (let batch = 0; batch < 15; batch += 1) {
      instances.push(...(await Promise.all(Array.from({ length: 20 }, () => start(workflow_id)))));
    }
    const id = idOf(
      await modify(workflow_id, {
        type: 'add_step',
        steps: [upload],
        apply_to: 'all',
        asked: { emergency_change: true },
      }),
    );
    await eventually(async () => {
      const { body: now } = await service.request<Modified>('GET', `/dynamic/status/${id}`);
      expect(now.change_tracking.moves.moved).toBeGreaterThan(0);
    });
    await service.kill();
    const [killed] = await query<{ moved: number }>(
      'select count(*)::int as moved from modification_moves where modification_id = $1',
      id,
    );
    expect(killed?.moved).toBeLessThan(instances.length);
    await service.restart();
    const { moves } = (await moved(id)).change_tracking;
    expect(moves).toMatchObject({ moved: instances.length, failed: 0 });
    for (const instance of instances) {
      expect(await read(instance)).toMatchObject({ version_number: 2, current_step_id: 'request' });
      const { body: history } = await service.request<{ items: { event_type: string }[] }>(
        'GET',
        `${instance}/history`,
      );
      expect(history.items.filter((e) => e.event_type === 'instance_migrated')).toHaveLength(1);
    }
  });
});
