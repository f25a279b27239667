import { eventually } from '../support/eventually.js';
import { type Service, startService } from '../support/service.js';
import { idOf, modificationClient, upload } from './modification-client.js';
import { type Claimed, ParallelClient } from './parallel-client.js';

interface Progress {
  id: string;
  data: {
    status: string;
    moves: Record<'moved' | 'moved_back' | 'waiting' | 'round', number> & {
      status: string | null;
      direction: string;
    };
    rollback_status: string | null;
  };
}

describe('a modification that is followed', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  const { workflow, start, modify, follow, moved } = modificationClient(() => service);

  const open = (id: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(service.at(`/dynamic/status/${id}/events`), { headers });

  const eventsOf = (text: string): Progress[] =>
    text
      .split('\n\n')
      .filter((block) => block.includes('event: progress'))
      .map((block) => ({
        id: /^id: (.*)$/m.exec(block)?.[1] ?? '',
        data: JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? '') as Progress['data'],
      }));

  /** What has been sent when this much of it holds; the stream stays open. */
  async function until(response: Response, holds: (events: Progress[]) => boolean) {
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!holds(eventsOf(text))) {
      const { value, done } = await reader.read();
      if (done) break;
      text += value;
    }
    return { events: eventsOf(text), rest: () => reader.read() };
  }

  it('tells how far it is, from before it is applied until every instance has moved, and again from any state', async () => {
    const workflow_id = await workflow();
    await Promise.all(Array.from({ length: 120 }, () => start(workflow_id)));
    const asked = { type: 'add_step', steps: [upload], apply_to: 'all', auto_apply: false };
    const emergency = { asked: { emergency_change: true } };
    const id = idOf(await modify(workflow_id, { ...asked, ...emergency }));
    const response = await open(id);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const whole = response.text();
    const first = await until(await open(id), (events) => events.length > 0);
    expect(first.events[0]?.data).toMatchObject({ status: 'approved', moves: { waiting: 0 } });
    await follow('apply', id);
    const events = eventsOf(await whole);
    expect(events[0]?.data.status).toBe('approved');
    expect(events.at(-1)?.data).toMatchObject({
      status: 'applied',
      moves: { status: 'completed', direction: 'forward', round: 1, moved: 120, waiting: 0 },
    });
    const counts = events.map(({ data }) => data.moves.moved);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    for (const { data } of events) {
      const { status, moved: so_far, waiting } = data.moves;
      if (status === 'in_progress') expect(so_far + waiting).toBeLessThanOrEqual(120);
    }
    // whoever has seen the end hears nothing again
    const last = events.at(-1)?.id ?? '';
    expect(eventsOf(await (await open(id, { 'last-event-id': last })).text())).toEqual([]);
    const earlier = { 'last-event-id': events[0]?.id ?? '' };
    expect(eventsOf(await (await open(id, earlier)).text()).map(({ id: seen }) => seen)).toEqual([
      last,
    ]);

    await follow('rollback', id, { strategy: 'immediate' });
    await moved(id);
    const [back] = eventsOf(await (await open(id)).text());
    expect(back?.data).toMatchObject({
      status: 'rolled_back',
      rollback_status: 'completed',
      moves: { direction: 'back', round: 2, moved_back: 120 },
    });
    expect(await service.request('GET', '/dynamic/status/nobody/events')).toMatchObject({
      status: 404,
      body: { code: 'modification_not_found' },
    });
  });

  it('is let go of when the process ends', async () => {
    const workflow_id = await workflow();
    const id = idOf(
      await modify(workflow_id, { type: 'add_step', steps: [upload], auto_apply: false }),
    );
    const { rest } = await until(await open(id), (events) => events.length > 0);
    const [end] = await Promise.all([rest(), service.restart()]);
    expect(end.done).toBe(true);
  });
});

describe('what was done outside in a time that is taken back', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  const { step, workflow, start, read, modify, follow, moved } = modificationClient(() => service);

  const task = (task_id: string, more: object) => ({
    task_id,
    task_name: task_id,
    task_type: `effects_${task_id}`,
    step_id: 'arrange',
    ...more,
  });

  interface Effects {
    items: Record<string, unknown>[];
    next_cursor: string | null;
    counts: object;
  }
  const effects = async (id: string, query = ''): Promise<Effects> =>
    (await service.request<Effects>('GET', `/dynamic/effects/${id}${query}`)).body;

  it('is listed as reversible, compensated or neither', async () => {
    const client = await ParallelClient.of(service);
    const one = async (type: string): Promise<Claimed> =>
      eventually(async () => {
        const [claimed] = await client.claim([type]);
        expect(claimed).toBeDefined();
        return claimed!;
      });
    const workflow_id = await workflow({
      steps: [
        step('request', 1),
        step('arrange', 2, {
          step_type: 'parallel',
          parallel: {
            compensate: true,
            tasks: [
              task('book', { compensation: { task_type: 'effects_cancel' } }),
              task('tell', {
                handler: { type: 'notification', channel: 'log', to: 'ops', message: 'Hello' },
                dependencies: ['book'],
              }),
              task('rest', { handler: { type: 'delay', duration_ms: 0 } }),
              task('pay', { dependencies: ['tell'] }),
            ],
          },
        }),
        step('close', 3),
      ],
      routing_rules: [
        {
          rule_id: 'undone',
          source_step_id: 'arrange',
          condition_expression: 'outcome = "failed"',
          target_step_id: 'close',
        },
      ],
    });
    const before = await start(workflow_id);
    const arrange = async (instance: string, pays: boolean): Promise<void> => {
      await service.request('POST', `${instance}/steps/request/complete`, {});
      await client.answer('complete', await one('effects_book'));
      const pay = await one('effects_pay');
      if (pays) await client.answer('complete', pay);
      else {
        await client.answer('fail', pay, { error_message: 'No money.', retryable: false });
        await client.answer('complete', await one('effects_cancel'));
      }
      await eventually(async () => {
        expect(await read(instance)).toMatchObject({ current_step_id: 'close' });
      });
    };
    await arrange(before, true);
    const [good, bad] = [await start(workflow_id), await start(workflow_id)];
    const hours = { type: 'update_timeout', globals: { global_timeout_hours: 5 } };
    const id = idOf(await modify(workflow_id, { ...hours, apply_to: 'all' }));
    await moved(id);
    await arrange(good, true);
    await arrange(bad, false);

    const nameOf = (instance: string): string => instance.split('/').at(-1) ?? '';
    const expected = [
      [good, 'book', 'completed', 'reversible'],
      [good, 'tell', 'completed', 'irreversible'],
      [good, 'pay', 'completed', 'irreversible'],
      [bad, 'book', 'completed', 'compensated'],
      [bad, 'tell', 'completed', 'irreversible'],
      [bad, 'pay', 'failed', 'irreversible'],
    ].map(([instance = '', task_id, status, reversal]) =>
      expect.objectContaining({
        workflow_instance_id: nameOf(instance),
        ...{ task_id, status, reversal },
        taken_back_at: null,
      }),
    );
    const counts = { reversible: 1, compensated: 1, irreversible: 4 };
    const first = await effects(id, '?limit=4');
    expect(first.counts).toEqual(counts);
    const rest = await effects(id, `?limit=4&cursor=${String(first.next_cursor)}`);
    expect(rest.next_cursor).toBeNull();
    expect([...first.items, ...rest.items]).toHaveLength(6);
    expect([...first.items, ...rest.items]).toEqual(expect.arrayContaining(expected));

    const back = await follow('rollback', id, { strategy: 'immediate' });
    expect(back.body.change_tracking.rollback).toMatchObject({ effects: counts });
    const done = await moved(id);
    expect(done.change_tracking.rollback).toMatchObject({ effects: counts });
    expect(done.next_steps.join(' ')).toContain('1 times it has an undoing');
    const taken = await effects(id);
    expect(taken.items).toHaveLength(6);
    expect(taken.items.every(({ taken_back_at }) => taken_back_at !== null)).toBe(true);
    // what instances do once they are back is theirs
    await arrange(await start(workflow_id), true);
    expect((await effects(id)).counts).toEqual(counts);
  });
});
