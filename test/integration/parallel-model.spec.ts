import fc from 'fast-check';
import pg from 'pg';

import {
  compensationOf,
  expandFanOuts,
  type GraphRun,
  newRun,
  type RunEvent,
  startable,
  type TaskGraphDefinition,
  transition,
} from '#engine/graph';

import { anyGraph } from '../factories/task-graph.factory.js';
import { eventually } from '../support/eventually.js';
import { gathered, holds } from '../support/gathered.js';
import { type Service, startService } from '../support/service.js';
import { type Claimed, ParallelClient } from '../e2e/parallel-client.js';

const failure = { error_message: 'the test says so', retry_after_seconds: 0 };

/** The pure scheduler is the meaning; the tables must follow it step by step, through the public API. */
describe('executions in SQL', () => {
  let service: Service;
  let client: ParallelClient;
  let database: pg.Pool;
  beforeAll(async () => {
    service = await startService({ env: { MAX_CONCURRENT_EXECUTIONS: '1000' } });
    client = await ParallelClient.of(service);
    database = new pg.Pool({ connectionString: service.databaseUrl });
  });
  afterAll(async () => {
    await database.end();
    await service.stop();
  });

  const ofModel = (run: GraphRun) => ({
    status: run.status,
    retry_round: run.retry_round,
    tasks: [...run.tasks.values()].map((task) => ({
      task_id: task.definition.task_id,
      status: task.status,
      attempt: task.attempt,
      released: task.released,
    })),
    points: [...run.points].map(([sync_id, { status, missed }]) => ({ sync_id, status, missed })),
    undone: compensationOf(run)?.tasks.map(({ task_id }) => task_id) ?? [],
  });

  const ofTables = async (id: string): Promise<unknown> => {
    const { rows } = await database.query<{ state: unknown }>(
      `select jsonb_build_object(
         'status', e.overall_status, 'retry_round', e.retry_round,
         'tasks', (
           select jsonb_agg(jsonb_build_object(
             'task_id', t.task_id, 'status', t.status, 'attempt', t.attempt, 'released', t.released_at is not null)
             order by t.ordinal)
           from task_executions t where t.execution_id = e.execution_id),
         'points', coalesce((
           select jsonb_agg(jsonb_build_object('sync_id', p.sync_id, 'status', p.status, 'missed', p.reason is not null)
             order by p.sync_id)
           from synchronization_points p where p.execution_id = e.execution_id), '[]'),
         'undone', coalesce((
           select jsonb_agg(t.task_id order by t.ordinal)
           from task_executions t where t.execution_id = e.compensated_by), '[]')) as state
       from parallel_executions e where e.execution_id = $1`,
      [id],
    );
    return rows[0]?.state;
  };

  async function playBoth(graph: TaskGraphDefinition, choices: readonly number[]): Promise<void> {
    const execution_id = crypto.randomUUID();
    const typeOf = (task_id: string): string => `${execution_id}:${task_id}`;
    // a type for each task, so that the test chooses which one is claimed
    const tasks = graph.tasks.map((task) => ({ ...task, task_type: typeOf(task.task_id) }));
    await client.start(tasks, { ...graph, tasks, execution_id });
    const claims = new Map<string, Claimed>();
    const gathering = async (reached: GraphRun): Promise<GraphRun> => {
      const next = gathered(reached);
      const compare = async () => expect(await ofTables(execution_id)).toEqual(ofModel(next));
      await (next === reached ? compare() : eventually(compare));
      return next;
    };
    let run = await gathering(
      transition(newRun(expandFanOuts(graph, {}), 3), { type: 'admitted' }, holds),
    );
    for (let turn = 0; run.status === 'running'; turn += 1) {
      const choice = choices[turn % choices.length] ?? 0;
      const candidates = [...run.tasks.values()].filter(
        (task) => task.status === 'running' || startable(run).includes(task),
      );
      const task = candidates[choice % candidates.length];
      if (!task) throw new Error('a running execution has nothing to do');
      const { task_id } = task.definition;
      let event: RunEvent;
      if (task.status !== 'running') {
        event = { type: 'task_started', task_id };
        // the items of a fan-out share its type: they come in the order of their turns
        const type = typeOf(task.definition.item?.of ?? task_id);
        const [claimed] = await client.claim([type], { lock_seconds: 600 });
        event = { type: 'task_started', task_id: claimed!.task_id };
        claims.set(claimed!.task_id, claimed!);
      } else if (choice % 4 === 3) {
        const retryable = turn % 2 === 0;
        event = { type: 'task_failed', task_id, retryable };
        await client.answer('fail', claims.get(task_id)!, { ...failure, retryable });
      } else {
        event = { type: 'task_completed', task_id, output: {} };
        await client.answer('complete', claims.get(task_id)!);
      }
      run = await gathering(transition(run, event, holds));
    }
  }

  it('follow the pure scheduler, whatever the graph and the outcomes', async () => {
    const choices = fc.array(fc.nat({ max: 1_000 }), { minLength: 1, maxLength: 60 });
    const compensation = { task_type: 'undo', max_retry_attempts: 0, timeout_minutes: 1 };
    const graphs = fc.tuple(anyGraph(12), fc.boolean()).map(([graph, compensate]) => ({
      ...graph,
      compensate,
      tasks: graph.tasks.map((task) => ({ ...task, compensation })),
    }));
    await fc.assert(fc.asyncProperty(graphs, choices, playBoth), { numRuns: 40 });
  });

  it('end with the transaction that makes them, as the pure scheduler does, where nothing is to be done', async () => {
    await fc.assert(
      fc.asyncProperty(anyGraph(12), async (graph) => {
        const handler = { type: 'delay', duration_ms: 0 } as const;
        const tasks = graph.tasks.map((task) => ({ ...task, handler, for_each: null }));
        const execution_id = await client.start(tasks, { ...graph, tasks });
        expect(await ofTables(execution_id)).toEqual(ofModel(withoutWork({ ...graph, tasks })));
      }),
      { numRuns: 40 },
    );
  });
});

/** Every task succeeds at once; points are judged on all of them, as the tables' are. */
function withoutWork(graph: TaskGraphDefinition): GraphRun {
  const apart = { ...graph, synchronization_points: [] };
  let run = transition(newRun(apart, 3), { type: 'admitted' }, holds);
  for (let next = startable(run); next.length > 0; next = startable(run)) {
    for (const { definition } of next) {
      const { task_id } = definition;
      run = transition(run, { type: 'task_started', task_id }, holds);
      run = transition(run, { type: 'task_completed', task_id, output: {} }, holds);
    }
  }
  const settled = newRun(graph, 3);
  return transition({ ...settled, tasks: run.tasks }, { type: 'admitted' }, holds);
}
