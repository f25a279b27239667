import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';

import { Receiver } from '../faults/receiver.js';
import { eventually } from '../support/eventually.js';
import { type Service, startService } from '../support/service.js';
import { ParallelClient, query, task } from './parallel-client.js';

describe('built-in handlers', () => {
  let service: Service;
  let client: ParallelClient;
  let receiver: Receiver;
  /** Answers by path; a test sets what it needs. */
  const paths = new Map<string, (response: ServerResponse, attempt: number) => void>();
  beforeAll(async () => {
    receiver = await Receiver.start((request, response) => {
      const answer = paths.get(request.url ?? '');
      response.setHeader('content-type', 'application/json');
      if (answer) answer(response, Number(request.headers['x-attempt']));
      else response.end('{"granted": true}');
    });
    service = await startService({ env: { OUTBOUND_ALLOWED_HOSTS: receiver.host } });
    client = await ParallelClient.of(service);
  });
  afterAll(async () => {
    await service.stop();
    await receiver.stop();
  });

  const http = (path: string, more: Record<string, unknown> = {}) => ({
    handler: { type: 'http', method: 'POST', url: `http://${receiver.host}${path}`, ...more },
  });
  const outputOf = async (id: string, task_id: string): Promise<unknown> => {
    const [row] = await query<{ output_data: unknown; last_error: unknown }>(
      service,
      'select output_data, last_error from task_executions where execution_id = $1 and task_id = $2',
      [id, task_id],
    );
    return row?.output_data ?? row?.last_error;
  };

  it('keep what was answered', async () => {
    const id = await client.start([task('call', http('/')), task('other', http('/'))]);
    await client.ended(id);
    expect(await outputOf(id, 'call')).toEqual({ status: 200, body: { granted: true } });
  });

  it('say how much went over the line', async () => {
    const id = await client.start([task('call', http('/', { body: { word: 'é' } }))]);
    await client.ended(id);
    const tasks = await service.request('GET', `/parallel/executions/${id}/tasks`);
    expect(tasks.body).toMatchObject({
      items: [{ resource_usage: { request_bytes: 13, response_bytes: 17 } }],
    });
  });

  it('try again what may pass, with one idempotency key and after the pause that was asked for', async () => {
    receiver.calls.clear();
    paths.set('/busy', (response, attempt) => {
      if (attempt < 3) response.writeHead(503, { 'retry-after': '0' }).end();
      else response.end('{}');
    });
    const id = await client.start([task('call', http('/busy'))]);
    expect((await client.ended(id)).overall_status).toBe('completed');
    expect([...receiver.calls.values()]).toEqual([['1', '2', '3']]);
  });

  it('do not try again what cannot pass', async () => {
    paths.set('/refused', (response) => response.writeHead(422).end('{"why": "no"}'));
    const id = await client.start([task('call', http('/refused'))]);
    expect((await client.ended(id)).overall_status).toBe('failed');
    expect(await outputOf(id, 'call')).toMatchObject({ code: 'http_status', status: 422 });
  });

  it.each([
    ['/nul', '{"a": "x\\u0000y"}', 'at /a. The text or key holds the character U+0000'],
    ['/half', '{"a": ["x\\ud83dy"]}', 'at /a/0. The text or key holds half of a surrogate pair'],
    ['/deep', '['.repeat(20_000) + ']'.repeat(20_000), 'deeper than 32 levels'],
    ['/huge', '{"n": 1e999}', 'at /n. The number is too large'],
  ])('say at once what of an answer (%s) cannot be kept', async (path, text, message) => {
    receiver.calls.clear();
    paths.set(path, (response) => response.end(text));
    const id = await client.start([task('call', http(path))]);
    expect((await client.ended(id)).overall_status).toBe('failed');
    expect(await outputOf(id, 'call')).toMatchObject({
      code: 'unstorable_answer',
      message: expect.stringContaining(message),
    });
    expect([...receiver.calls.values()]).toEqual([['1']]);
  });

  it('say that a result was refused by the database, instead of giving it again', async () => {
    receiver.calls.clear();
    await query(
      service,
      `create function refuse_poison() returns trigger language plpgsql as $$ begin
         if new.output_data -> 'body' ? 'poison' then raise 'poison' using errcode = '22P05'; end if;
         return new;
       end $$`,
    );
    await query(
      service,
      `create trigger refuse_poison before update on task_executions
       for each row execute function refuse_poison()`,
    );
    paths.set('/poison', (response) => response.end('{"poison": true}'));
    const id = await client.start([task('call', http('/poison'))]);
    expect((await client.ended(id)).overall_status).toBe('failed');
    expect(await outputOf(id, 'call')).toMatchObject({
      code: 'unstorable_answer',
      message: expect.stringContaining('22P05'),
    });
    expect([...receiver.calls.values()]).toEqual([['1']]);
  });

  it('call no private address that is not named', async () => {
    const handler = {
      type: 'http',
      method: 'GET',
      url: 'http://169.254.169.254/latest/meta-data/',
    };
    const id = await client.start([task('call', { handler })]);
    expect((await client.ended(id)).overall_status).toBe('failed');
    expect(await outputOf(id, 'call')).toMatchObject({ code: 'address_forbidden' });
  });

  it('fail a graphql task on errors, and keep its data without', async () => {
    paths.set('/good', (response) => response.end('{"data": {"n": 1}}'));
    paths.set('/bad', (response) => response.end('{"errors": [{"message": "no such field"}]}'));
    const graphql = (path: string) => ({
      handler: { type: 'graphql', url: `http://${receiver.host}${path}`, query: '{ n }' },
    });
    const id = await client.start([task('good', graphql('/good')), task('bad', graphql('/bad'))]);
    expect((await client.ended(id)).overall_status).toBe('partially_completed');
    expect(await outputOf(id, 'good')).toEqual({ data: { n: 1 } });
    expect(await outputOf(id, 'bad')).toMatchObject({ message: 'GraphQL: no such field' });
  });

  it('see the results of what their task depends on, the same in every attempt', async () => {
    const sent: unknown[] = [];
    paths.set('/north', (response, attempt) => {
      void json(response.req).then((body) => {
        sent.push(body);
        if (attempt === 1) response.writeHead(503, { 'retry-after': '0' }).end();
        else response.end('{"taken": true}');
      });
    });
    const type = `type-${crypto.randomUUID()}`;
    const step = { step_id: 'both', task_type: type };
    const report = http('/{{ region }}', {
      body: {
        first: '{{ results.fan.results[1].n }}',
        failed: '{{ count(results.fan.failed) }} of {{ count(list) }} for {{ input.whom }}',
        score: '{{ get value(results, "check-1").score }}',
        none: '{{ results.report }}',
      },
    });
    const tasks = [
      task('fan', { ...step, for_each: { items: 'list' } }),
      task('check-1', { ...step }),
      task('report', {
        ...step,
        ...report,
        dependencies: ['fan', 'check-1'],
        input_data: { whom: 'Ada' },
      }),
      task('last', { ...step, dependencies: ['report'] }),
    ];
    const flow = await ParallelClient.of(service, [
      {
        step_id: 'both',
        step_name: 'Both',
        step_type: 'parallel',
        order_sequence: 1,
        parallel: { tasks },
      },
    ]);
    await service.request('POST', `/workflows/${flow.workflow_id}/instances`, {
      workflow_instance_id: 'one',
      data: { region: 'north', list: [1, 2], results: 'hidden' },
    });
    const claimed = await flow.claim([type], { max_tasks: 10, wait_seconds: 10 });
    expect(claimed.map((one) => one.dependency_results)).toEqual([{}, {}, {}]);
    await query(service, `update workflow_instances set data = '{}' where workflow_id = $1`, [
      flow.workflow_id,
    ]);
    for (const one of claimed) {
      const output = { n: 10, score: 7 };
      await flow.answer('complete', one, { output_data: output });
    }
    const [last] = await flow.claim([type], { wait_seconds: 20 });
    const body = { first: 10, failed: '0 of 2 for Ada', score: 7, none: null };
    expect(sent).toEqual([body, body]);
    expect(last?.dependency_results).toEqual({ report: { status: 200, body: { taken: true } } });
  });

  it('fail at once where an expression over results is too much work', async () => {
    const much = '{{ count(for a in 1..1000, b in 1..1000 return results) }}';
    const id = await client.start([
      task('before', { handler: { type: 'delay', duration_ms: 0 } }),
      task('call', { ...http('/', { body: { much } }), dependencies: ['before'] }),
    ]);
    expect((await client.ended(id)).tasks_failed).toBe(1);
    expect(await outputOf(id, 'call')).toMatchObject({ code: 'expression_limit' });
  });

  it('hang up when their execution is cancelled', async () => {
    const called = new Promise<ServerResponse>((resolve) => paths.set('/slow', resolve));
    const id = await client.start([task('call', http('/slow'))]);
    const response = await called;
    const closed = once(response, 'close');
    await service.request('POST', `/parallel/executions/${id}/cancel`, {});
    await closed;
    expect(await client.statuses(id)).toEqual({ call: 'cancelled' });
  });

  it('do the work of automated and parallel steps, on the data of the instance', async () => {
    const seen: string[] = [];
    paths.set('/steps/Ada', (response) => {
      seen.push('called');
      response.end('{}');
    });
    const steps = [
      {
        step_id: 'grant',
        step_name: 'Grant',
        step_type: 'automated',
        order_sequence: 1,
        ...http('/steps/{{ name }}'),
      },
      {
        step_id: 'both',
        step_name: 'Both',
        step_type: 'parallel',
        order_sequence: 2,
        parallel: {
          tasks: [
            task('left', { step_id: 'both', ...http('/steps/{{ name }}') }),
            task('right', { step_id: 'both', handler: { type: 'delay', duration_ms: 0 } }),
          ],
        },
      },
    ];
    const flow = await ParallelClient.of(service, steps);
    const instances = `/workflows/${flow.workflow_id}/instances`;
    await service.request('POST', instances, {
      workflow_instance_id: 'ada',
      data: { name: 'Ada' },
    });
    await eventually(async () => {
      const { body } = await service.request('GET', `${instances}/ada`);
      expect(body).toMatchObject({ status: 'completed' });
    });
    expect(seen).toHaveLength(2);
  });
});
