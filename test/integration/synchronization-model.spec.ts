import pg from 'pg';

import { compile } from '#engine/expression';
import {
  newRun,
  type RunEvent,
  SYNCHRONIZATION_FAILURE_STRATEGIES,
  SYNCHRONIZATION_TYPES,
  type SynchronizationFailureStrategy,
  type SynchronizationType,
  transition,
} from '#engine/graph';

import { ParallelClient } from '../e2e/parallel-client.js';
import { newGraph, newPoint, newTask } from '../factories/task-graph.factory.js';
import { eventually } from '../support/eventually.js';
import { type Service, startService } from '../support/service.js';

/** What befalls `a` and `b`, which the point requires; `c`, which it does not, completes last. */
const SCENARIOS = {
  all_complete: ['a completes', 'b completes', 'c completes'],
  one_fails: ['a completes', 'b fails', 'c completes'],
  both_fail: ['a fails', 'b fails', 'c completes'],
  too_late: ['a completes', 'timeout', 'b completes', 'c completes'],
  all_too_late: ['timeout', 'a completes', 'b completes', 'c completes'],
} as const;
type Scenario = keyof typeof SCENARIOS;
type Happening = (typeof SCENARIOS)[Scenario][number];

const GOOD = 'reached, completed';
const KEPT = 'reached, partially_completed';
/** Under fail_fast, best_effort, continue_partial: the point, the execution. */
const MISSED = ['failed, failed', 'failed, partially_completed', KEPT];
const LATE = ['timed_out, failed', 'timed_out, partially_completed', KEPT];

/** With what holds for every type. */
function ofAll(
  own: Pick<Record<Scenario, readonly string[]>, 'one_fails' | 'too_late'> &
    Partial<Record<Scenario, readonly string[]>>,
) {
  return {
    all_complete: [GOOD, GOOD, GOOD],
    both_fail: MISSED,
    all_too_late: LATE,
    ...own,
  };
}

/** In time, but `b` has been cancelled: the point was reached without it. */
const WITHOUT_B = [KEPT, KEPT, KEPT];

/** docs/parallel.md, Synchronization points. `join` and `partial_completion` need half of the tasks. */
const MEANING: Record<SynchronizationType, Record<Scenario, readonly string[]>> = {
  barrier: ofAll({ one_fails: MISSED, too_late: LATE }),
  join: ofAll({ all_complete: WITHOUT_B, one_fails: WITHOUT_B, too_late: WITHOUT_B }),
  conditional_join: ofAll({ one_fails: MISSED, too_late: LATE }),
  partial_completion: ofAll({ one_fails: [KEPT, KEPT, KEPT], too_late: WITHOUT_B }),
};

const CASES = SYNCHRONIZATION_TYPES.flatMap((type) =>
  SYNCHRONIZATION_FAILURE_STRATEGIES.flatMap((strategy, index) =>
    (Object.keys(SCENARIOS) as Scenario[]).map((scenario) => ({
      type,
      strategy,
      scenario,
      meaning: MEANING[type][scenario][index] ?? '',
    })),
  ),
);

const graphOf = (
  sync_type: SynchronizationType,
  failure_strategy: SynchronizationFailureStrategy,
  type = 'work',
) =>
  newGraph({
    tasks: ['a', 'b', 'c'].map((task_id) => newTask({ task_id, task_type: `${type}:${task_id}` })),
    synchronization_points: [
      newPoint({
        sync_type,
        failure_strategy,
        required_tasks: ['a', 'b'],
        minimum_completion_percentage: 50,
        condition_expression: sync_type === 'conditional_join' ? 'count(failed) = 0' : null,
      }),
    ],
  });

function eventsOf(happening: Happening): RunEvent[] {
  if (happening === 'timeout') return [{ type: 'point_timed_out', sync_id: 'point' }];
  const task_id = happening.charAt(0);
  const end: RunEvent = happening.endsWith('fails')
    ? { type: 'task_failed', task_id, retryable: false }
    : { type: 'task_completed', task_id, output: {} };
  return [{ type: 'task_started', task_id }, end];
}

describe('synchronization points', () => {
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

  it.each(CASES)(
    '$type, $strategy, $scenario: $meaning',
    ({ type, strategy, scenario, meaning }) => {
      const events: RunEvent[] = [{ type: 'admitted' }, ...SCENARIOS[scenario].flatMap(eventsOf)];
      const run = events.reduce(
        (state, event) =>
          transition(state, event, (text, context) => compile(text).test(context).matched),
        newRun(graphOf(type, strategy), 3),
      );
      expect(`${run.points.get('point')?.status}, ${run.status}`).toBe(meaning);
    },
  );

  const standing = async (id: string): Promise<string> => {
    const { rows } = await database.query<{ standing: string }>(
      `select p.status || ', ' || e.overall_status as standing
       from parallel_executions e join synchronization_points p using (execution_id) where execution_id = $1`,
      [id],
    );
    return rows[0]?.standing ?? '';
  };

  async function play({ type, strategy, scenario }: (typeof CASES)[number]): Promise<string> {
    const id = crypto.randomUUID();
    const graph = graphOf(type, strategy, id);
    await client.start(
      graph.tasks.map((task) => ({ ...task })),
      { ...graph, execution_id: id },
    );
    for (const happening of SCENARIOS[scenario]) {
      if (happening === 'timeout') {
        const { rows } = await database.query(
          `update synchronization_points set timeout_time = now()
           where execution_id = $1 and status = 'waiting' returning sync_id`,
          [id],
        );
        if (rows.length > 0) {
          await eventually(async () => expect(await standing(id)).not.toMatch(/^waiting/), {
            timeout_ms: 30_000,
          });
        }
        continue;
      }
      const [claimed] = await client.claim([`${id}:${happening.charAt(0)}`]);
      // its execution has failed meanwhile, or a reached point can do without it
      if (!claimed) continue;
      if (happening.endsWith('fails')) {
        await client.answer('fail', claimed, { error_message: 'x', retryable: false });
      } else await client.answer('complete', claimed);
    }
    return standing(id);
  }

  it('mean the same in SQL', async () => {
    const ends = await Promise.all(
      CASES.map(async (one) => `${one.type}, ${one.strategy}, ${one.scenario}: ${await play(one)}`),
    );
    expect(ends).toEqual(
      CASES.map((one) => `${one.type}, ${one.strategy}, ${one.scenario}: ${one.meaning}`),
    );
  });
});
