import fc from 'fast-check';

import { expandFanOuts, type GraphRun, newRun, startable, transition } from '#engine/graph';

import { anyGraph } from '../factories/task-graph.factory.js';
import { ParallelClient, query } from '../e2e/parallel-client.js';
import { eventually } from '../support/eventually.js';
import { gathered, holds } from '../support/gathered.js';
import { type Service, startService } from '../support/service.js';

/** Failed tasks taken up again, through the API, beside the pure scheduler. */
describe('incidents in SQL', () => {
  let service: Service;
  let client: ParallelClient;
  beforeAll(async () => {
    service = await startService({ env: { MAX_CONCURRENT_EXECUTIONS: '1000' } });
    const steps = [{ step_id: 'p', step_name: 'P', step_type: 'user_task', order_sequence: 1 }];
    client = await ParallelClient.of(service, steps);
  });
  afterAll(() => service.stop());

  const statusesOf = (run: GraphRun) => ({
    status: run.status,
    tasks: Object.fromEntries([...run.tasks].map(([id, { status }]) => [id, status])),
    points: [...run.points].map(([sync_id, { status, missed }]) => ({ sync_id, status, missed })),
  });
  const ofTables = async (id: string) => ({
    status: (await client.read(id)).overall_status,
    tasks: await client.statuses(id),
    points: await query(
      service,
      'select sync_id, status, reason is not null as missed from synchronization_points where execution_id = $1 order by sync_id',
      [id],
    ),
  });

  it('follow the pure scheduler', async () => {
    const choices = fc.array(fc.nat({ max: 1_000 }), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(anyGraph(8), choices, async (graph, turns) => {
        const execution_id = crypto.randomUUID();
        const typeOf = (task_id: string): string => `${execution_id}:${task_id}`;
        const tasks = graph.tasks.map((task) => ({ ...task, task_type: typeOf(task.task_id) }));
        await client.start(tasks, { ...graph, tasks, execution_id });
        const made = newRun(expandFanOuts({ ...graph, tasks }, {}), 3);
        let run = transition(made, { type: 'admitted' }, holds);
        let repairs = 0;
        for (let turn = 0; ; turn += 1) {
          run = gathered(run);
          // what has ended is admitted again after the commit that opened it
          await eventually(async () =>
            expect(await ofTables(execution_id)).toEqual(statusesOf(run)),
          );
          const choice = turns[turn % turns.length] ?? 0;
          const failed = (
            await query<{ incident_id: string; task_id: string }>(
              service,
              `select incident_id, task_id from incidents where execution_id = $1 and status = 'open' order by task_id`,
              [execution_id],
            )
          )[0];
          if (repairs < 4 && run.status !== 'running' && choice % 5 === 0) {
            repairs += 1;
            // refused where nothing is left undone
            await service.request('POST', `/parallel/executions/${execution_id}/retry`);
            run = transition(run, { type: 'retried' }, holds);
            run = transition(run, { type: 'admitted' }, holds);
          } else if (failed && repairs < 4 && (choice % 2 === 0 || run.status !== 'running')) {
            repairs += 1;
            const { task_id, incident_id } = failed;
            const retry = choice % 4 === 0;
            await service.request(
              'POST',
              `/parallel/incidents/${incident_id}/${retry ? 'retry' : 'skip'}`,
              {},
            );
            run = transition(
              run,
              retry
                ? { type: 'task_retried', task_id }
                : { type: 'task_resolved', task_id, output: {} },
              holds,
            );
            run = transition(run, { type: 'admitted' }, holds);
          } else if (run.status !== 'running') {
            return;
          } else {
            const ready = startable(run);
            const task = ready[choice % ready.length];
            if (!task) throw new Error('a running execution has nothing to do');
            // the items of a fan-out share its type: they come in the order of their turns
            const [claimed] = await client.claim([task.definition.task_type], { wait_seconds: 5 });
            const { task_id } = claimed!;
            run = transition(run, { type: 'task_started', task_id }, holds);
            if (choice % 3 === 0) {
              await client.answer('fail', claimed!, { error_message: 'x', retryable: false });
              run = transition(run, { type: 'task_failed', task_id, retryable: false }, holds);
            } else {
              await client.answer('complete', claimed!);
              run = transition(run, { type: 'task_completed', task_id, output: {} }, holds);
            }
          }
        }
      }),
      { numRuns: 12 },
    );
  });
});
