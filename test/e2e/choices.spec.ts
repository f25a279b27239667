import { eventually } from '../support/eventually.js';
import { type Answer, type Service, startService } from '../support/service.js';

interface RouteBody {
  routing_decision: { decision_id: string; target_step_id: string; reasoning: string[] };
  routing_analytics: { awaits_person: boolean; instance: { current_step_id: string } | null };
}
interface Summary {
  decision_id: string;
  workflow_instance_id: string;
  target_step_id: string;
  decided_by: string;
  confidence_score: number | null;
  person_choice: string | null;
}
interface Chosen {
  code?: string;
  choice: { status: string; target_step_id: string; chosen_by: string; comment: string };
}
interface Instance {
  status: string;
  current_step_id: string | null;
  awaited_decision_id: string | null;
}

const STEPS = ['request', 'team', 'boss'];

describe('decisions that a person takes', () => {
  let service: Service;
  let workflow_id: string;

  beforeAll(async () => {
    service = await startService({ env: { ML_MIN_EVIDENCE: '2' } });
    workflow_id = await define('Certain enough', 0.8);
  });
  afterAll(() => service.stop());

  async function define(workflow_name: string, minimum_confidence: unknown): Promise<string> {
    const { status, body } = await service.request<{ workflow_id: string }>(
      'POST',
      '/multi-step/create',
      {
        workflow_name,
        category: 'test',
        steps: STEPS.map((step_id, index) => ({
          step_id,
          step_name: step_id,
          step_type: 'user_task',
          order_sequence: index + 1,
        })),
        routing_rules: [
          {
            rule_id: 'large',
            condition_expression: 'amount > 10',
            target_step_id: 'boss',
            source_step_id: 'request',
          },
        ],
        minimum_confidence,
      },
    );
    if (status !== 201) throw new Error(JSON.stringify(body));
    return body.workflow_id;
  }
  const at = (id: string): string => `/workflows/${workflow_id}/instances/${id}`;
  const instance = async (id: string): Promise<Instance> =>
    (await service.request<Instance>('GET', at(id))).body;
  const complete = (id: string, step: string): Promise<Answer<Instance>> =>
    service.request<Instance>('POST', `${at(id)}/steps/${step}/complete`, {});
  async function begin(id: string): Promise<Instance> {
    const workflow_instance_id = id;
    await service.request('POST', `/workflows/${workflow_id}/instances`, {
      workflow_instance_id,
      data: { amount: 100 },
    });
    return (await complete(id, 'request')).body;
  }
  async function list(query: string): Promise<Summary[]> {
    const path = `/conditional/decisions?workflow_id=${workflow_id}&${query}`;
    const { status, body } = await service.request<{ items: Summary[] }>('GET', path);
    if (status !== 200) throw new Error(JSON.stringify(body));
    return body.items;
  }
  const choose = (id: string, body: Record<string, unknown>): Promise<Answer<Chosen>> =>
    service.request<Chosen>('POST', `/conditional/decisions/${id}/choose`, body);

  it('carries decisions out while there is too little evidence, and keeps them as evidence', async () => {
    expect(await begin('first')).toMatchObject({ current_step_id: 'boss' });
    await complete('first', 'boss');
    expect(await begin('second')).toMatchObject({ current_step_id: 'boss' });
    await service.request('POST', `${at('second')}/cancel`, { reason: 'Sent to the wrong one.' });
    expect(await list('')).toMatchObject([
      { workflow_instance_id: 'second', decided_by: 'rule', confidence_score: null },
      { workflow_instance_id: 'first', target_step_id: 'boss', person_choice: null },
    ]);
  });

  it('leaves to a person what is less certain than the workflow asks, and takes the choice as its label', async () => {
    // one of two went well
    const held = await begin('third');
    expect(held).toMatchObject({ status: 'running', current_step_id: 'request' });
    const [awaited] = await list('awaiting=true');
    expect(awaited).toMatchObject({
      decision_id: held.awaited_decision_id,
      workflow_instance_id: 'third',
      confidence_score: 0.5,
      person_choice: 'awaited',
    });
    const id = String(awaited?.decision_id);
    expect((await complete('third', 'request')).body).toMatchObject({ code: 'decision_awaited' });
    expect((await choose(id, { target_step_id: 'moon' })).status).toBe(404);

    const { status, body } = await choose(id, { comment: 'As always.', chosen_by: 'grace' });
    expect(status).toBe(200);
    expect(body.choice).toMatchObject({
      status: 'confirmed',
      target_step_id: 'boss',
      chosen_by: 'grace',
      comment: 'As always.',
    });
    expect(await instance('third')).toMatchObject({
      current_step_id: 'boss',
      awaited_decision_id: null,
    });
    expect((await choose(id, {})).body.code).toBe('decision_not_awaited');
    expect(await list('awaiting=true')).toEqual([]);

    // the label counts at once: two of three
    await begin('fourth');
    const [next] = await list('awaiting=true');
    expect(next?.confidence_score).toBeCloseTo(2 / 3);
    await choose(String(next?.decision_id), { target_step_id: 'team' });
    expect(await instance('fourth')).toMatchObject({ current_step_id: 'team' });
    await begin('fifth');
    expect(await list('awaiting=true')).toMatchObject([{ confidence_score: 0.5 }]);
  });

  it('lets an emergency bypass take an instance past it', async () => {
    const [awaited] = await list('awaiting=true');
    expect(awaited?.workflow_instance_id).toBe('fifth');
    const { status } = await service.request('POST', '/dynamic/modify', {
      workflow_modification: {
        workflow_id,
        modification_type: 'emergency_bypass',
        emergency_change: true,
        step_modifications: [{ step_id: 'request', modification_type: 'emergency_bypass' }],
        global_changes: { workflow_instance_ids: ['fifth'] },
        reason: 'Nobody is there to choose today.',
        requested_by: 'ada',
      },
      auto_apply: true,
    });
    expect(status).toBe(200);
    await eventually(async () => {
      expect(await instance('fifth')).toMatchObject({ current_step_id: 'boss' });
    });
    const path = `/conditional/decisions/${awaited?.decision_id}`;
    expect((await service.request<Chosen>('GET', path)).body.choice.status).toBe('lapsed');
  });

  it('goes on being awaited when its instance goes through a change, and when that is taken back', async () => {
    const held = await begin('sixth');
    expect(held.awaited_decision_id).not.toBeNull();
    const { status, body } = await service.request<{
      modification_result: { modification_id: string };
    }>('POST', '/dynamic/modify', {
      workflow_modification: {
        workflow_id,
        modification_type: 'add_step',
        step_modifications: [
          {
            step_id: 'file',
            modification_type: 'add_step',
            insert_after_step: 'boss',
            new_configuration: { step_name: 'File it', step_type: 'user_task' },
          },
        ],
        reason: 'It is to be filed.',
        requested_by: 'ada',
      },
      auto_apply: true,
      apply_to: 'all',
    });
    expect(status).toBe(200);
    const { modification_id } = body.modification_result;
    const moves = (ended: object): Promise<void> =>
      eventually(async () => {
        const path = `/dynamic/status/${modification_id}`;
        const now = await service.request<{ change_tracking: object }>('GET', path);
        expect(now.body.change_tracking).toMatchObject(ended);
      });
    await moves({ moves: { status: 'completed', failed: 0 } });
    const id = String(held.awaited_decision_id);
    expect(await instance('sixth')).toMatchObject({ awaited_decision_id: id });
    const rolledBack = await service.request('POST', `/dynamic/rollback/${modification_id}`, {
      strategy: 'immediate',
      reason: 'Not to be filed after all.',
    });
    expect(rolledBack).toMatchObject({ status: 200 });
    await moves({ rollback: { status: 'completed' } });
    expect(await instance('sixth')).toMatchObject({
      current_step_id: 'request',
      awaited_decision_id: id,
    });
    expect(await list('awaiting=true')).toMatchObject([{ decision_id: id }]);
    await choose(id, {});
    expect(await instance('sixth')).toMatchObject({ current_step_id: 'boss' });
  });

  it('does the same with decisions that a client asks for', async () => {
    const ask = async (dry_run: boolean): Promise<RouteBody> => {
      const { status, body } = await service.request<RouteBody>('PUT', '/conditional/route', {
        workflow_id,
        context: {
          workflow_instance_id: 'asked',
          current_step_id: 'request',
          workflow_data: { amount: 100 },
        },
        dry_run,
      });
      if (status !== 200) throw new Error(JSON.stringify(body));
      return body;
    };
    const tried = await ask(true);
    expect(tried.routing_analytics.awaits_person).toBe(true);
    expect(tried.routing_decision.reasoning.at(-1)).toContain('a person chooses');
    const { routing_decision, routing_analytics } = await ask(false);
    expect(routing_decision.target_step_id).toBe('boss');
    expect(routing_analytics).toMatchObject({
      awaits_person: true,
      instance: { current_step_id: 'request' },
    });
    // asked again, it is the same decision
    expect((await ask(false)).routing_decision.decision_id).toBe(routing_decision.decision_id);
    // the work at the step may still end it: then nobody has to choose
    await complete('asked', 'request');
    const path = `/conditional/decisions/${routing_decision.decision_id}`;
    expect((await service.request<Chosen>('GET', path)).body.choice.status).toBe('lapsed');
  });

  it('asks for nobody where the workflow has no minimum, or one of 0', async () => {
    for (const minimum of [null, 0]) {
      workflow_id = await define(`Minimum ${minimum}`, minimum);
      for (const id of ['a', 'b', 'c']) {
        await begin(id);
        await service.request('POST', `${at(id)}/cancel`, {});
      }
      expect(await begin('d')).toMatchObject({ current_step_id: 'boss' });
      expect(await list('')).toHaveLength(4);
    }
  });

  it('refuses a minimum that is no share, and a list of nothing', async () => {
    await expect(define('Too certain', 1.5)).rejects.toThrow('/minimum_confidence');
    const { status, body } = await service.request('GET', '/conditional/decisions');
    expect([status, body['code']]).toEqual([400, 'validation_failed']);
  });
});
