import pg from 'pg';
import { eventually } from '../support/eventually.js';
import { startService, type Answer, type Service } from '../support/service.js';

/** The session of the test holds it, and so holds up who comes to the gate. */
const GATE = 7_654_321;

type Body = Record<string, unknown>;

// Requests that arrive together share transactions; each must come out as if it were alone.
describe('requests that arrive together', () => {
  let service: Service;
  let database: pg.Client;
  let workflow_id: string;
  beforeAll(async () => {
    service = await startService();
    database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
    const step = (step_id: string, order_sequence: number, step_type = 'user_task') => ({
      step_id,
      step_name: step_id,
      step_type,
      order_sequence,
    });
    const { body } = await service.request<{ workflow_id: string }>('POST', '/multi-step/create', {
      workflow_name: 'Together',
      category: 'test',
      steps: [step('a', 1), step('work', 2, 'parallel'), step('b', 3)],
      routing_rules: [
        { rule_id: 'skip', condition_expression: 'skip = true', target_step_id: 'b' },
      ],
    });
    ({ workflow_id } = body);
  });
  afterAll(async () => {
    await database.end();
    await service.stop();
  });

  const start = (workflow_instance_id: string, headers: Record<string, string> = {}) =>
    service.request<Body>(
      'POST',
      `/workflows/${workflow_id}/instances`,
      { workflow_instance_id },
      headers,
    );
  const complete = (id: string, headers: Record<string, string> = {}): Promise<Answer<Body>> =>
    service.request(
      'POST',
      `/workflows/${workflow_id}/instances/${id}/steps/a/complete`,
      { output_data: { skip: true, by: id } },
      headers,
    );
  const route = (id: string): Promise<Answer<Body>> =>
    service.request('PUT', '/conditional/route', {
      workflow_id,
      context: { workflow_instance_id: id, current_step_id: 'a', workflow_data: { skip: true } },
    });
  const history = async (id: string) => {
    const { rows } = await database.query<{ event_type: string; correlation_id: string }>(
      `select event_type, correlation_id from instance_events join workflow_instances using (instance_id)
       where workflow_instance_id = $1 order by sequence`,
      [id],
    );
    return rows;
  };
  const ids = (prefix: string, many: number): string[] =>
    Array.from({ length: many }, (_, index) => `${prefix}-${index}`);

  it('are answered each for its own instance, under its own correlation', async () => {
    const mine = ids('own', 24);
    const started = await Promise.all(
      mine.map((id) => start(id, { 'x-correlation-id': `start-${id}` })),
    );
    expect(started.map(({ body }) => body['workflow_instance_id'])).toEqual(mine);
    const completed = await Promise.all(
      mine.map((id) => complete(id, { 'x-correlation-id': `complete-${id}` })),
    );
    for (const [index, id] of mine.entries()) {
      const { status, body } = completed[index]!;
      expect(status).toBe(200);
      expect(body).toMatchObject({
        workflow_instance_id: id,
        current_step_id: 'b',
        data: { by: id },
        steps: [
          { step_id: 'a', status: 'completed' },
          { step_id: 'b', status: 'waiting' },
        ],
      });
      const events = await history(id);
      expect(new Set(events.map((event) => event.correlation_id))).toEqual(
        new Set([`start-${id}`, `complete-${id}`]),
      );
    }
  });

  it('are refused alone, and only the others have an effect', async () => {
    const there = ids('mixed', 6);
    await Promise.all(there.map((id) => start(id)));
    const answers = await Promise.all([
      ...there.map((id) => complete(id)),
      complete('nobody'),
      start('mixed-0'),
      start('mixed-new'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([...there.map(() => 200), 404, 409, 201]);
  });

  it('for one instance come one after the other', async () => {
    await start('one');
    const answers = await Promise.all(Array.from({ length: 8 }, () => complete('one')));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([200, ...Array.from({ length: 7 }, () => 409)]);
    const events = await history('one');
    expect(events.filter(({ event_type }) => event_type === 'step_completed')).toHaveLength(1);
  });

  it('that mention one instance first make it once, and get one decision', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => route('mentioned')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => body['request_id'])).size).toBe(1);
    const { rowCount } = await database.query(
      `select 1 from routing_analytics where workflow_instance_id = 'mentioned'`,
    );
    expect(rowCount).toBe(1);
  });

  it('have one effect for each of their Idempotency-Keys', async () => {
    const mine = ids('keyed', 8);
    const twice = [...mine, ...mine];
    const answers = await Promise.all(
      twice.map((id) => start(id, { 'idempotency-key': `together-${id}` })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    for (const [index] of mine.entries()) {
      expect(answers[index + mine.length]!.body).toEqual(answers[index]!.body);
    }
  });

  it('leave no work behind that was begun while they waited for the instance', async () => {
    await database.query(`
      create function wait_for_the_gate() returns trigger language plpgsql as
        $$ begin perform pg_advisory_xact_lock_shared(${GATE}); return null; end $$;
      create constraint trigger gate after insert on parallel_executions deferrable initially deferred
        for each row execute function wait_for_the_gate();
      select pg_advisory_lock(${GATE})`);
    await start('raced');
    const at = `/workflows/${workflow_id}/instances/raced`;
    const { body } = await service.request('POST', `${at}/steps/a/complete`, {});
    expect(body).toMatchObject({ current_step_id: 'work' });
    const waiting = (condition: string) =>
      eventually(async () => {
        const { rowCount } = await database.query(
          `select 1 from pg_stat_activity join pg_locks using (pid) where not granted and ${condition}`,
        );
        expect(rowCount).toBe(1);
      });
    const executing = service.request<{ execution_id: string }>('POST', '/parallel/execute', {
      workflow_id,
      workflow_instance_id: 'raced',
      tasks: [{ task_id: 't', task_name: 'T', task_type: 'automation', step_id: 'work' }],
    });
    await waiting(`objid = ${GATE}`);
    const cancelling = service.request('POST', `${at}/cancel`, { reason: 'Enough.' });
    await waiting(`locktype = 'transactionid'`);
    await database.query(`select pg_advisory_unlock(${GATE})`);
    const [execution, cancelled] = await Promise.all([executing, cancelling]);
    expect([execution.status, cancelled.status]).toEqual([202, 200]);
    const path = `/parallel/executions/${execution.body.execution_id}`;
    expect((await service.request('GET', path)).body).toMatchObject({
      overall_status: 'cancelled',
    });
  });
});
