import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { TASK_TYPE } from './kinds.mjs';

const PEOPLE = 8;
const SEEN = 100;

/** People and outside workers who complete steps of instances, whichever they come across, while processes come and go. */
export class Crowd {
  /** Answers that nobody who only came too late could get. */
  refusals = [];
  /** Steps that were done. */
  done = 0;
  #turn = 0;
  #busy = null;
  #open = [];

  constructor(apis, query, deadline) {
    this.apis = apis;
    this.query = query;
    this.deadline = deadline;
  }

  /** Asked again under one key until it is answered. @returns the body; undefined: refused, or the time is over */
  async ask(path, body, method = 'POST') {
    const key = randomUUID();
    while (Date.now() < this.deadline) {
      const answer = await this.#send(path, body, method, key);
      if (answer?.ok) return answer.json();
      if (answer && answer.status < 500) {
        const text = await answer.text();
        if (!text.includes('idempotency_in_progress')) {
          this.refusals.push(`${method} ${path} ${answer.status} ${text}`);
          return undefined;
        }
      }
      await pause(100);
    }
    return undefined;
  }

  /** @param steps_a_second of all people together; the workers do as much again */
  begin(workflow_id, steps_a_second) {
    const crowd = { until: false };
    const between_ms = (1_000 * PEOPLE) / steps_a_second;
    this.#open = [];
    const people = Array.from({ length: PEOPLE }, () =>
      this.#person(workflow_id, crowd, between_ms),
    );
    const worker = this.#worker(crowd, 5_000 / steps_a_second);
    this.#busy = { crowd, all: Promise.all([...people, worker]) };
  }

  /** They finish what they are at. */
  async end() {
    this.#busy.crowd.until = true;
    await this.#busy.all;
  }

  async #person(workflow_id, crowd, between_ms) {
    while (!crowd.until && Date.now() < this.deadline) {
      const next = await this.#next(workflow_id);
      if (next) await this.#act(workflow_id, next);
      await pause(next ? between_ms : 50);
    }
  }

  async #next(workflow_id) {
    if (this.#open.length === 0) {
      this.#open = await this.query(
        `select workflow_instance_id, current_step_id as step_id, current_step ->> 'step_type' as step_type
         from workflow_instances
         where workflow_id = $1 and status = 'running' and current_step ->> 'step_type' in ('user_task', 'approval')
         order by random() limit ${SEEN}`,
        [workflow_id],
      );
    }
    return this.#open.pop();
  }

  async #act(workflow_id, { workflow_instance_id, step_id, step_type }) {
    const approves = step_type === 'approval';
    const answer = await this.#send(
      `/workflows/${workflow_id}/instances/${workflow_instance_id}/steps/${step_id}/${approves ? 'approve' : 'complete'}`,
      approves
        ? { user_context: { roles: ['boss'], management_level: 5 } }
        : { output_data: { [`did_${step_id}`]: true } },
    );
    if (!answer) return;
    if (answer.ok) {
      this.done += 1;
      await answer.arrayBuffer();
      return;
    }
    const text = await answer.text();
    // somebody was there before, or the instance stands elsewhere by now
    if (answer.status !== 409 && answer.status < 500 && !text.includes('step_not_found')) {
      this.refusals.push(`${step_id} ${answer.status} ${text}`);
    }
  }

  async #worker(crowd, between_ms) {
    while (!crowd.until && Date.now() < this.deadline) {
      const claimed = await this.#send('/parallel/tasks/claim', {
        worker_id: 'changes',
        task_types: [TASK_TYPE],
        max_tasks: 5,
        lock_seconds: 5,
        wait_seconds: 0,
      });
      const { tasks = [] } = claimed?.ok ? await claimed.json() : {};
      if (tasks.length > 0) {
        await this.#complete(tasks);
        this.done += tasks.length;
      }
      await pause(between_ms);
    }
  }

  /** Until it is answered, as a worker does: what is recorded already is only repeated. */
  async #complete(tasks) {
    const body = {
      tasks: tasks.map(({ task_execution_id, lock_token }) => ({
        task_execution_id,
        lock_token,
        output_data: { done: true },
      })),
    };
    while (Date.now() < this.deadline) {
      const answer = await this.#send('/parallel/tasks/complete', body);
      await answer?.arrayBuffer();
      if (answer?.ok) return;
      await pause(50);
    }
  }

  /** @returns undefined: not answered */
  async #send(path, body, method = 'POST', key = undefined) {
    this.#turn += 1;
    const api = this.apis[this.#turn % this.apis.length];
    try {
      return await fetch(`${api}/api/v1/workflows${path}`, {
        method,
        headers: {
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(key && method === 'POST' && { 'idempotency-key': key }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(10_000),
      });
    } catch {
      // its process is away
      return undefined;
    }
  }
}
