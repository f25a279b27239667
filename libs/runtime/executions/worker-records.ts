import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';

import { Sweeper } from '#jobs';
import { Database, statement } from '#persistence';
import { PerTenant } from '#platform/tenancy';

interface WorkedTask {
  worker_id: string | null;
  execution_time_seconds: number;
}

/** $1: [{worker_id, tasks, seconds}], sorted by worker so that two of these cannot wait for each other. */
const addResults = statement<object, [string]>(
  'add_worker_results',
  `
  insert into thread_management (worker_id, worker_type, status, tasks_completed, total_execution_time_seconds)
  select worker_id, 'external', 'idle', tasks, seconds
  from jsonb_to_recordset($1::jsonb) as r(worker_id text, tasks int, seconds float8)
  on conflict (worker_id, tenant_id) do update
  set tasks_completed = thread_management.tasks_completed + excluded.tasks_completed,
      total_execution_time_seconds =
        thread_management.total_execution_time_seconds + excluded.total_execution_time_seconds,
      last_heartbeat = clock_timestamp()`,
);

/** $1: heartbeats, one a worker, sorted as above. */
const showWorkers = statement<object, [string]>(
  'show_workers',
  `
  insert into thread_management
    (worker_id, worker_type, status, execution_id, current_task_id, cpu_usage_percentage, memory_usage_mb, free_capacity,
     task_types, last_heartbeat)
  select worker_id, worker_type, status, execution_id, current_task_id, cpu_usage_percentage, memory_usage_mb,
         free_capacity, coalesce(task_types, '[]'), clock_timestamp()
  from jsonb_to_recordset($1::jsonb) as h(
    worker_id text, worker_type text, status text, execution_id text, current_task_id text,
    cpu_usage_percentage float8, memory_usage_mb float8, free_capacity int, task_types jsonb)
  on conflict (worker_id, tenant_id) do update
  set worker_type = excluded.worker_type, status = excluded.status, execution_id = excluded.execution_id,
      current_task_id = excluded.current_task_id, cpu_usage_percentage = excluded.cpu_usage_percentage,
      memory_usage_mb = excluded.memory_usage_mb, free_capacity = excluded.free_capacity,
      task_types = excluded.task_types, last_heartbeat = excluded.last_heartbeat`,
);

const markSilent = statement<object>(
  'mark_silent_workers',
  `
  update thread_management set status = 'offline', execution_id = null, current_task_id = null
  where status <> 'offline' and last_heartbeat < now() - interval '5 minutes'`,
);

export interface WorkerHeartbeat {
  worker_id: string;
  worker_type: 'builtin' | 'external';
  status: 'idle' | 'busy' | 'offline';
  execution_id?: string;
  current_task_id?: string;
  /** Tasks that it could take on as well. */
  free_capacity: number;
  /** Of an external worker. */
  task_types?: readonly string[];
  /** Null where it is not known. */
  cpu_usage_percentage?: number;
  memory_usage_mb?: number;
}

/**
 * One write for all results and heartbeats of so long: a worker's row is one, and would else be written by every
 * transaction and by every claim, each with a commit of its own.
 */
const FLUSH_MS = 200;

/** What is to be written of the workers of a tenant. */
interface Told {
  readonly sums: Map<string, { worker_id: string; tasks: number; seconds: number }>;
  readonly shown: Map<string, WorkerHeartbeat>;
  timer: NodeJS.Timeout | undefined;
}

/** Workers as they last showed themselves. Told after the fact and never in the way of a task. */
@Injectable()
export class WorkerRecords implements BeforeApplicationShutdown {
  private readonly logger = new Logger(WorkerRecords.name);
  private readonly told = new PerTenant<Told>(() => ({
    sums: new Map(),
    shown: new Map(),
    timer: undefined,
  }));

  constructor(
    private readonly database: Database,
    sweeper: Sweeper,
  ) {
    sweeper.register('silent_workers', async () => {
      await markSilent(this.database.read, []);
    });
  }

  /** The last word of a worker counts; written within a fraction of a second. */
  show(heartbeat: WorkerHeartbeat): void {
    const told = this.told.get();
    told.shown.set(heartbeat.worker_id, heartbeat);
    this.plan(told);
  }

  /** Adds completed tasks to their workers' counts, within a fraction of a second. */
  recordResults(tasks: readonly WorkedTask[]): void {
    const told = this.told.get();
    for (const { worker_id, execution_time_seconds } of tasks) {
      if (worker_id === null) continue;
      const sum = told.sums.get(worker_id) ?? { worker_id, tasks: 0, seconds: 0 };
      sum.tasks += 1;
      sum.seconds += execution_time_seconds;
      told.sums.set(worker_id, sum);
    }
    this.plan(told);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.told.each((told) => this.flush(told));
  }

  private plan(told: Told): void {
    told.timer ??= setTimeout(() => void this.flush(told), FLUSH_MS);
  }

  private async flush(told: Told): Promise<void> {
    clearTimeout(told.timer);
    told.timer = undefined;
    const shown = sorted(told.shown.values());
    const sums = sorted(told.sums.values());
    told.shown.clear();
    told.sums.clear();
    try {
      if (shown.length > 0) await showWorkers(this.database.read, [JSON.stringify(shown)]);
      if (sums.length > 0) await addResults(this.database.read, [JSON.stringify(sums)]);
    } catch (error) {
      // the tasks themselves are recorded; only the workers' own figures miss these
      this.logger.warn(`Workers' figures could not be written: ${String(error)}`);
    }
  }
}

function sorted<Row extends { worker_id: string }>(rows: Iterable<Row>): Row[] {
  return [...rows].sort((a, b) => (a.worker_id < b.worker_id ? -1 : 1));
}
