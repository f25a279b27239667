import { eventually } from '../support/eventually.js';
import { type Service, startService } from '../support/service.js';
import { modificationClient, upload } from './modification-client.js';

interface Estimate {
  mean: number;
  low: number;
  high: number;
}

interface Forecast {
  cycle_minutes: Estimate;
  deadline_miss_percentage: Estimate;
  failure_percentage: Estimate;
  wait_minutes: Record<string, Estimate>;
}

interface Answered {
  instances: number;
  recorded_cycle_minutes: number;
  before: Forecast;
  after: Forecast;
  difference: Forecast;
  waiting: { step_id: string; level: number | null; basis: string; people: number | null }[];
  assumptions: string[];
}

/** What engine and network need between steps is no step's time. */
const SECONDS = 0.05;

describe('what if', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  const { workflow, start, body } = modificationClient(() => service);

  const ask = (workflow_id: string, seed = 1) =>
    service.request<Answered>('POST', '/dynamic/what-if', {
      ...body(workflow_id, { type: 'add_step', steps: [upload] }),
      seed,
    });

  it('simulates both definitions on what was recorded, where there is enough of it', async () => {
    const workflow_id = await workflow();
    const steps = ['request', 'approve', 'file', 'close'];
    await Promise.all(Array.from({ length: 19 }, () => start(workflow_id, ...steps)));
    expect(await ask(workflow_id)).toMatchObject({
      status: 409,
      body: { code: 'history_too_short' },
    });
    await start(workflow_id, ...steps);
    const answer = await ask(workflow_id);
    expect(answer).toMatchObject({ status: 200, body: { instances: 20, from_version: 1 } });
    expect((await ask(workflow_id)).body).toEqual(answer.body);
    const { recorded_cycle_minutes, before, difference, waiting, assumptions } = answer.body;
    expect(Math.abs(before.cycle_minutes.mean - recorded_cycle_minutes)).toBeLessThan(SECONDS);
    // the new step's estimate
    expect(difference.cycle_minutes.mean).toBeCloseTo(30, 6);
    expect(before).toMatchObject({
      failure_percentage: { mean: 0 },
      wait_minutes: { request: {}, file: {} },
    });
    // nobody said who they are
    expect(waiting).toMatchObject([
      { step_id: 'request', level: null, basis: 'as_recorded', people: null },
      { step_id: 'approve', level: 1, basis: 'as_recorded', people: null },
      { step_id: 'file', basis: 'as_recorded' },
      { step_id: 'upload', basis: 'estimated', people: null },
      { step_id: 'close', basis: 'as_recorded' },
    ]);
    expect(assumptions).toContainEqual(expect.stringMatching(/^upload was never done/));
  });

  it('knows who did what, what was sent back, what a worker did, and what a tree decides', async () => {
    const action = (target_step_id: string) => ({
      node_id: target_step_id,
      node_type: 'action',
      action_type: 'route_to_step',
      action_parameters: { target_step_id },
    });
    const tree = await service.request('POST', '/conditional/decision-trees', {
      tree_id: 'what_if_by_amount',
      tree_name: 'By amount',
      root_node_id: 'large',
      nodes: [
        {
          node_id: 'large',
          node_type: 'condition',
          condition_expression: 'amount > 100',
          true_path: 'approve',
          false_path: 'close',
        },
        action('approve'),
        action('close'),
      ],
    });
    expect(tree.status).toBe(201);
    const step = (step_id: string, order_sequence: number, more = {}) => ({
      step_id,
      step_name: step_id,
      step_type: 'user_task',
      order_sequence,
      ...more,
    });
    const workflow_id = await workflow({
      routing_rules: [],
      steps: [
        step('request', 1, { required_roles: ['clerk'] }),
        step('choice', 2, { step_type: 'conditional', decision_tree_id: 'what_if_by_amount' }),
        step('approve', 3, { step_type: 'approval', required_roles: ['boss'] }),
        step('file', 4, { step_type: 'automated', handler: { type: 'worker' } }),
        step('close', 5, { required_roles: ['clerk'] }),
      ],
    });
    const sent = async (path: string, what: object) => {
      const answer = await service.request('POST', path, what);
      expect([200, 201]).toContain(answer.status);
      return answer.body;
    };
    const clerk = { completed_by: 'ada' };
    const boss = {
      decided_by: 'grace',
      user_context: { roles: ['boss'], management_level: 5 },
    };
    for (let index = 0; index < 20; index += 1) {
      const { workflow_instance_id } = await sent(`/workflows/${workflow_id}/instances`, {
        data: { amount: index % 2 === 0 ? 50 : 500 },
      });
      const at = `/workflows/${workflow_id}/instances/${String(workflow_instance_id)}/steps`;
      await sent(`${at}/request/complete`, clerk);
      if (index % 2 === 1) {
        const back = { ...boss, to_step_id: 'request', comment: 'Say what for.' };
        await sent(`${at}/approve/send-back`, back);
        await sent(`${at}/request/complete`, clerk);
        await sent(`${at}/approve/approve`, boss);
        await eventually(async () => {
          const { tasks } = (await sent('/parallel/tasks/claim', {
            worker_id: 'filer',
            task_types: ['automation'],
            max_tasks: 1,
          })) as { tasks: { task_execution_id: string; lock_token: string }[] };
          const [task] = tasks;
          if (!task) throw new Error('There is nothing to claim yet.');
          const { task_execution_id, lock_token } = task;
          await sent(`/parallel/tasks/${task_execution_id}/complete`, { lock_token });
        });
      }
      await eventually(() => sent(`${at}/close/complete`, clerk));
    }
    const { body: answer } = await ask(workflow_id);
    const { before, recorded_cycle_minutes, waiting } = answer;
    expect(waiting).toMatchObject([
      { step_id: 'request', basis: 'queue', people: 1 },
      { step_id: 'close', basis: 'queue', people: 1 },
      { step_id: 'approve', level: 1, basis: 'queue', people: 1 },
      { step_id: 'file', basis: 'queue', people: 1 },
      { step_id: 'upload', basis: 'estimated', people: null },
    ]);
    expect(before).toMatchObject({
      failure_percentage: { mean: 0 },
      deadline_miss_percentage: { mean: 0 },
    });
    expect(Math.abs(before.cycle_minutes.mean - recorded_cycle_minutes)).toBeLessThan(SECONDS);
    // the step is after `file`, to which the tree sends half of them
    expect(answer.difference.cycle_minutes.mean).toBeCloseTo(15, 6);
  });
});
