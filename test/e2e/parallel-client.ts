import pg from 'pg';

import { eventually } from '../support/eventually.js';
import type { Answer, Service } from '../support/service.js';

export interface Execution {
  execution_id: string;
  overall_status: string;
  total_tasks: number;
  tasks_completed: number;
  tasks_failed: number;
  tasks_running: number;
  [field: string]: unknown;
}

export interface Claimed {
  task_execution_id: string;
  lock_token: string;
  task_id: string;
  attempt: number;
  input_data: Record<string, unknown>;
  dependency_results: Record<string, unknown>;
  lock_expires_at: string;
}

export interface Problem {
  code: string;
  errors?: { pointer: string; code: string; detail: string }[];
}

interface TaskSketch {
  task_id: string;
  [field: string]: unknown;
}

/** A task of a request, as short as the contract allows. */
export const task = (task_id: string, more: Record<string, unknown> = {}): TaskSketch => ({
  task_id,
  task_name: task_id,
  task_type: 'computation',
  step_id: 'work',
  ...more,
});

/** A client of the parallel calls, with a workflow whose one step is a parallel one. */
export class ParallelClient {
  private constructor(
    readonly service: Service,
    readonly workflow_id: string,
  ) {}

  static async of(service: Service, steps?: object[]): Promise<ParallelClient> {
    const { status, body } = await service.request<{ workflow_id: string }>(
      'POST',
      '/multi-step/create',
      {
        workflow_name: `Parallel work ${crypto.randomUUID()}`,
        category: 'test',
        steps: steps ?? [
          { step_id: 'work', step_name: 'Work', step_type: 'parallel', order_sequence: 1 },
        ],
      },
    );
    if (status !== 201) throw new Error(`no workflow: ${status} ${JSON.stringify(body)}`);
    return new ParallelClient(service, body.workflow_id);
  }

  execute<Body = Execution>(
    tasks: TaskSketch[],
    more: Record<string, unknown> = {},
  ): Promise<Answer<Body>> {
    return this.service.request<Body>('POST', '/parallel/execute', {
      workflow_id: this.workflow_id,
      workflow_instance_id: crypto.randomUUID(),
      tasks,
      ...more,
    });
  }

  /** The id of an accepted execution. */
  async start(tasks: TaskSketch[], more: Record<string, unknown> = {}): Promise<string> {
    const { status, body } = await this.execute(tasks, more);
    if (status !== 202) throw new Error(`not accepted: ${status} ${JSON.stringify(body)}`);
    return body.execution_id;
  }

  async read(execution_id: string): Promise<Execution> {
    return (await this.service.request<Execution>('GET', `/parallel/executions/${execution_id}`))
      .body;
  }

  async statuses(execution_id: string): Promise<Record<string, string>> {
    const { body } = await this.service.request<{ items: { task_id: string; status: string }[] }>(
      'GET',
      `/parallel/executions/${execution_id}/tasks?limit=200`,
    );
    return Object.fromEntries(body.items.map((item) => [item.task_id, item.status]));
  }

  ended(execution_id: string, timeout_ms = 20_000): Promise<Execution> {
    return eventually(
      async () => {
        const execution = await this.read(execution_id);
        if (['initializing', 'running'].includes(execution.overall_status)) {
          throw new Error(`still ${JSON.stringify(execution)}`);
        }
        return execution;
      },
      { timeout_ms },
    );
  }

  async claim(task_types: string[], more: Record<string, unknown> = {}): Promise<Claimed[]> {
    const { status, body } = await this.service.request<{ tasks: Claimed[] }>(
      'POST',
      '/parallel/tasks/claim',
      { worker_id: 'tester', task_types, ...more },
    );
    if (status !== 200) throw new Error(`no claim: ${status} ${JSON.stringify(body)}`);
    return body.tasks;
  }

  answer(
    what: 'complete' | 'fail' | 'extend',
    { task_execution_id, lock_token }: Claimed,
    body: Record<string, unknown> = {},
  ): Promise<Answer<Record<string, unknown>>> {
    return this.service.request('POST', `/parallel/tasks/${task_execution_id}/${what}`, {
      lock_token,
      ...body,
    });
  }
}

/** Runs one statement on the service's database. */
export async function query<Row extends object>(
  service: Service,
  sql: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: service.databaseUrl });
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}
