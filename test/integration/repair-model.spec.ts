import fc from 'fast-check';

import { compile } from '#engine/expression';
import { type GraphRun, newRun, startable, transition } from '#engine/graph';

import { anyGraph } from '../factories/task-graph.factory.js';
import { ParallelClient, query } from '../e2e/parallel-client.js';
import { eventually } from '../support/eventually.js';
import { type Service, startService } from '../support/service.js';

const holds = (expression: string, context: object): boolean =>
  compile(expression).test(context).matched;

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
      'select sync_id, status, missed from synchronization_points where execution_id = $1 order by sync_id',
      [id],
    ),
  });

  it('follow the pure scheduler', async () => {
    const choices = fc.array(fc.nat({ max: 1_000 }), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(anyGraph(8), choices, async (graph, turns) => {
        const execution_id = crypto.randomUUID();
        const typeOf = (task_id: string): string => `${execution_id}:${task_id}`;
        // the items of a list are tasks of their own: parallel-model.spec.ts
        const tasks = graph.tasks.map((task) => ({
          ...task,
          task_type: typeOf(task.task_id),
          for_each: null,
        }));
        await client.start(tasks, { ...graph, tasks, execution_id });
        let run = transition(newRun({ ...graph, tasks }, 3), { type: 'admitted' }, holds);
        let repairs = 0;
        for (let turn = 0; ; turn += 1) {
          const choice = turns[turn % turns.length] ?? 0;
          const failed = (
            await query<{ incident_id: string; task_id: string }>(
              service,
              `select incident_id, task_id from incidents where execution_id = $1 and status = 'open' order by task_id`,
              [execution_id],
            )
          )[0];
          if (failed && repairs < 4 && (choice % 2 === 0 || run.status !== 'running')) {
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
            const { task_id } = task.definition;
            const [claimed] = await client.claim([typeOf(task_id)], { wait_seconds: 5 });
            run = transition(run, { type: 'task_started', task_id }, holds);
            if (choice % 3 === 0) {
              await client.answer('fail', claimed!, { error_message: 'x', retryable: false });
              run = transition(run, { type: 'task_failed', task_id, retryable: false }, holds);
            } else {
              await client.answer('complete', claimed!);
              run = transition(run, { type: 'task_completed', task_id, output: {} }, holds);
            }
          }
          // what has ended is admitted again after the commit that opened it
          await eventually(async () =>
            expect(await ofTables(execution_id)).toEqual(statusesOf(run)),
          );
        }
      }),
      { numRuns: 12 },
    );
  });
});
