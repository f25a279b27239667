import { eventually } from '../support/eventually.js';
import { type Service, startService } from '../support/service.js';
import { ParallelClient, type Problem } from './parallel-client.js';

const TYPE = `type-${crypto.randomUUID()}`;
const step = (step_id: string, order_sequence: number, more = {}): object => ({
  step_id,
  step_name: step_id,
  step_type: 'user_task',
  order_sequence,
  ...more,
});
const action = (node_id: string, action_parameters: object): object => ({
  node_id,
  node_type: 'action',
  action_type: 'parallel_process',
  action_parameters,
  true_path: 'join',
});
/** A score and a notice beside each other, where the amount is large. */
const tree = (tree_id: string, more = {}): object => ({
  tree_id,
  tree_name: 'Two checks',
  root_node_id: 'large',
  nodes: [
    {
      node_id: 'large',
      node_type: 'condition',
      condition_expression: 'amount > 1000',
      true_path: 'fork',
    },
    { node_id: 'fork', node_type: 'fork', true_path: 'scored', false_path: 'told' },
    action('scored', { target_step_id: 'score' }),
    action('told', { task_type: 'notification' }),
    { node_id: 'join', node_type: 'join', action_parameters: { target_step_id: 'together' } },
  ],
  ...more,
});

describe('a fork of a decision tree', () => {
  let service: Service;
  let client: ParallelClient;

  beforeAll(async () => {
    service = await startService();
    const stored = await service.request('POST', '/conditional/decision-trees', tree('checks'));
    expect(stored.status).toBe(201);
    client = await ParallelClient.of(service, [
      step('request', 1),
      step('choice', 2, { step_type: 'conditional', decision_tree_id: 'checks' }),
      step('small', 3),
      step('score', 4, { step_type: 'automated', conditions: { task_type: TYPE } }),
      step('together', 5, { step_type: 'parallel' }),
      step('after', 6),
    ]);
  });
  afterAll(() => service.stop());

  const all = (): string => `/workflows/${client.workflow_id}/instances`;
  const at = (id: string): string => `${all()}/${id}`;
  const instance = async (id: string) =>
    (await service.request<Record<string, unknown>>('GET', at(id))).body;
  async function start(id: string, amount: number): Promise<void> {
    const body = { workflow_instance_id: id, data: { amount } };
    const started = await service.request('POST', all(), body);
    expect(started.status).toBe(201);
  }
  async function answerNext(task_type: string, what: 'complete' | 'fail'): Promise<string> {
    const [claimed] = await client.claim([task_type], { wait_seconds: 5 });
    if (!claimed) throw new Error(`no task of ${task_type}`);
    const body =
      what === 'complete'
        ? { output_data: { seen: claimed.input_data['amount'] } }
        : { error_message: 'refused', retryable: false };
    await client.answer(what, claimed, body);
    return claimed.task_id;
  }

  it('runs its branches beside each other when a step decides by it, and goes on when they have joined', async () => {
    await start('auto', 5_000);
    await service.request('POST', `${at('auto')}/steps/request/complete`, {});
    expect(await instance('auto')).toMatchObject({ current_step_id: 'together' });
    expect(await answerNext(TYPE, 'complete')).toBe('scored');
    expect(await answerNext('notification', 'complete')).toBe('told');
    await eventually(async () =>
      expect(await instance('auto')).toMatchObject({
        current_step_id: 'after',
        data: { tasks: { scored: { seen: 5_000 }, told: { seen: 5_000 } } },
      }),
    );
  });

  it('runs them when a call asks for the decision, and again when their failure is resolved', async () => {
    await start('asked', 5_000);
    const { body } = await service.request<{ routing_decision: object }>(
      'PUT',
      '/conditional/route',
      {
        workflow_id: client.workflow_id,
        context: {
          workflow_instance_id: 'asked',
          current_step_id: 'request',
          workflow_data: { amount: 5_000 },
        },
        decision_tree_id: 'checks',
      },
    );
    expect(body.routing_decision).toMatchObject({
      routing_action: 'parallel_process',
      target_step_id: 'together',
    });
    await answerNext(TYPE, 'fail');
    const incidents = await eventually(async () => {
      expect(await instance('asked')).toMatchObject({ status: 'failed' });
      const { body } = await service.request<{ items: { incident_id: string; kind: string }[] }>(
        'GET',
        `/parallel/incidents?workflow_id=${client.workflow_id}&status=open`,
      );
      return body.items;
    });
    const failed = incidents.find(({ kind }) => kind === 'step_failed');
    await service.request('POST', `/parallel/incidents/${failed?.incident_id}/retry`, {});
    expect(await instance('asked')).toMatchObject({ status: 'running' });
    expect(await answerNext(TYPE, 'complete')).toBe('scored');
    expect(await answerNext('notification', 'complete')).toBe('told');
    await eventually(async () =>
      expect(await instance('asked')).toMatchObject({ current_step_id: 'after' }),
    );
  });

  it('is refused when its branches have nowhere to run, and decides nothing in a workflow that lacks the step', async () => {
    const people = await ParallelClient.of(service, [step('request', 1), step('together', 2)]);
    const stored = await service.request<Problem>(
      'POST',
      '/conditional/decision-trees',
      tree('lost', {
        workflow_id: people.workflow_id,
        nodes: [
          { node_id: 'fork', node_type: 'fork', true_path: 'told', false_path: 'filed' },
          action('told', { task_type: 'notification' }),
          action('filed', { task_type: 'integration' }),
          { node_id: 'join', node_type: 'join', action_parameters: { target_step_id: 'together' } },
        ],
        root_node_id: 'fork',
      }),
    );
    expect([stored.status, stored.body.errors?.map(({ code }) => code)]).toEqual([
      400,
      ['invalid_fork'],
    ]);
    const { body } = await service.request<{ routing_decision: { reasoning: string[] } }>(
      'PUT',
      '/conditional/route',
      {
        workflow_id: people.workflow_id,
        context: {
          workflow_instance_id: 'i',
          current_step_id: 'request',
          workflow_data: { amount: 5_000 },
        },
        decision_tree_id: 'checks',
      },
    );
    expect(body.routing_decision).toMatchObject({ routing_action: 'route_to_step' });
    expect(body.routing_decision.reasoning.join(' ')).toContain('node fork is a fork, and');
  });
});
