import { newGraph, newTask } from '../../../test/factories/task-graph.factory.js';
import { completedTaskRows, type EndedExecution, endedRows, ofOneGraph } from './at-once-rows.js';
import { endAtOnce } from './execution-at-once.js';

const DELAY_0 = { type: 'delay', duration_ms: 0 } as const;

interface Parsed {
  tasks: { task_id: string; ordinal: number; place: number }[];
  events: { event_type: string; following: object[] | null }[];
  executions: { execution_id: string; input_data?: object; task_execution_ids: string[] }[];
}

function ended(execution_id: string, tasks: number, more: Partial<EndedExecution> = {}) {
  const graph = newGraph({
    tasks: Array.from({ length: tasks }, (_, n) => newTask({ task_id: `t${n}`, handler: DELAY_0 })),
  });
  const beginning = endAtOnce(graph);
  if (!beginning) throw new Error('A graph of delays does not end at once.');
  const instance = { workflow_instance_id: 'one', instance_id: null, step_execution_id: null };
  const version = { workflow_id: 'w', version_number: 1, step_id: null };
  const spec = { execution_id, ...version, ...instance, graph, data: {}, correlation_id: null };
  return { spec, beginning, told: false, ...more };
}

const parse = (rows: string): Parsed[] => JSON.parse(rows) as Parsed[];

describe('rows of executions that end as they begin', () => {
  it('say once what executions of one graph have in common', () => {
    const alike = (x: number) => ({ alike: { to: DELAY_0, input_data: { x } } });
    const groups = ofOneGraph([ended('a', 2, alike(1)), ended('b', 1), ended('c', 2, alike(2))]);
    const ids = parse(endedRows(groups)).map(({ executions }) =>
      executions.map(({ execution_id }) => execution_id),
    );
    expect(ids).toEqual([['a', 'c'], ['b']]);
    const [rows = '', ...further] = completedTaskRows(groups);
    expect(further).toEqual([]);
    const [shared] = parse(rows);
    expect(shared?.tasks.map(({ task_id }) => task_id)).toEqual(['t0', 't1']);
    expect(shared?.executions.map(({ input_data }) => input_data)).toEqual([{ x: 1 }, { x: 2 }]);
    expect(new Set(shared?.executions.flatMap((one) => one.task_execution_ids)).size).toBe(4);
  });

  it('come in portions where there are many tasks, each task once and with an id', () => {
    const groups = ofOneGraph([ended('a', 4_500), ended('b', 3), ended('c', 1_999)]);
    const written = Array.from(completedTaskRows(groups), parse).map((graphs) =>
      graphs.flatMap(({ tasks, executions }) =>
        executions.flatMap(({ execution_id, task_execution_ids }) =>
          tasks.map(({ ordinal, place }) => [execution_id, ordinal, task_execution_ids[place]]),
        ),
      ),
    );
    expect(Math.max(...written.map(({ length }) => length))).toBeLessThan(4_000);
    const all = written.flat();
    expect(new Set(all.map(([id, ordinal]) => `${id}/${ordinal}`)).size).toBe(6_502);
    expect(new Set(all.map(([, , id]) => id)).size).toBe(6_502);
  });

  it('hold all events in order, as many in a row as there are ids for', () => {
    const [graph] = parse(endedRows(ofOneGraph([ended('a', 2_500)])));
    const rows = graph?.events ?? [];
    expect(rows.map(({ following }) => following?.length)).toEqual([999, 999, 502]);
    const events = rows.flatMap(({ following, ...first }) => [first, ...(following ?? [])]);
    expect(events.at(0)).toMatchObject({ event_type: 'execution_created' });
    expect(events.at(1_000)).toMatchObject({ event_type: 'task_completed', task_id: 't998' });
    expect(events.at(-1)).toMatchObject({ event_type: 'execution_ended' });
  });
});
