import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

/** Width of each of the five layers of an execution; every task waits for two of the layer before. */
const WIDTH = 10;
const LAYERS = 5;
export const TASKS_EACH = WIDTH * LAYERS;
export const TASK_TYPE = 'storm';

/** Two of five tasks call out, one is somebody's worker's, two are no-ops. */
function handlerOf(n, url) {
  switch (n % 5) {
    case 0:
    case 1:
      return { type: 'http', method: 'POST', url, body: { n } };
    case 2:
      return { type: 'worker' };
    default:
      return { type: 'delay', duration_ms: 0 };
  }
}

/** Whether a task leaves a mark on the receiver. */
export const HAS_EFFECT = `handler ->> 'type' in ('http', 'worker')`;

function graph(url) {
  const tasks = Array.from({ length: TASKS_EACH }, (_, n) => ({
    task_id: `t${n}`,
    task_name: `t${n}`,
    task_type: TASK_TYPE,
    step_id: 'people',
    max_retry_attempts: 1_000,
    dependencies:
      n < WIDTH ? [] : [`t${n - WIDTH}`, `t${n - WIDTH - (n % WIDTH) + ((n + 1) % WIDTH)}`],
    handler: handlerOf(n, url),
  }));
  return {
    tasks,
    synchronization_points: [
      {
        sync_id: 'all',
        sync_name: 'all',
        sync_type: 'barrier',
        required_tasks: tasks.map(({ task_id }) => task_id),
      },
    ],
    load_balancing: { max_concurrent_tasks: 20 },
  };
}

/** Clients that execute graphs, and repeat each request under its Idempotency-Key until it is answered. */
export class Load {
  /** execution_ids that were answered with 202. */
  answered = [];
  repeats = 0;
  refusals = [];
  #turn = 0;

  constructor(apis, effect_url) {
    this.apis = apis;
    this.effect_url = effect_url;
  }

  async define(deadline) {
    const steps = [
      { step_id: 'people', step_name: 'People', step_type: 'user_task', order_sequence: 1 },
    ];
    const body = { workflow_name: 'Storm', category: 'faults', steps };
    this.workflow_id = (await this.#answered('/multi-step/create', body, deadline)).workflow_id;
  }

  /** Executes graphs, so many at a time, until the executions are used up or the time is. */
  async run({ executions, in_flight, until, deadline }) {
    let left = executions;
    const client = async () => {
      while (left > 0 && Date.now() < until) {
        left -= 1;
        const execution_id = `storm-${randomUUID()}`;
        const body = {
          execution_id,
          workflow_id: this.workflow_id,
          workflow_instance_id: `instance-${this.#turn % 100}`,
          ...graph(this.effect_url),
        };
        const answer = await this.#answered('/parallel/execute', body, deadline);
        if (answer) this.answered.push(answer.execution_id);
      }
    };
    await Promise.all(Array.from({ length: in_flight }, client));
  }

  async #answered(path, body, deadline) {
    const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    while (Date.now() < deadline) {
      this.#turn += 1;
      const api = this.apis[this.#turn % this.apis.length];
      try {
        const answer = await fetch(`${api}/api/v1/workflows${path}`, {
          method: 'POST',
          headers,
          body: JSON.stringify(body),
          signal: AbortSignal.timeout(10_000),
        });
        if (answer.ok) return await answer.json();
        const text = await answer.text();
        if (
          answer.status < 500 &&
          answer.status !== 429 &&
          !text.includes('idempotency_in_progress')
        ) {
          this.refusals.push(`${answer.status} ${text}`);
          return undefined;
        }
      } catch {
        // not answered: it is asked again
      }
      this.repeats += 1;
      await pause(100);
    }
    return undefined;
  }
}
