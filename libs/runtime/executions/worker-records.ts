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

/**
 * $1: what was told, one a worker, sorted as above; what was not told this time stays as it was. What a worker of
 * somebody's own has in hand is read from its tasks, the one it has begun last first: other processes hear of it, too.
 */
const showWorkers = statement<object, [string]>(
  'show_workers',
  `
  with told as materialized (
    select * from jsonb_to_recordset($1::jsonb) as h(
      worker_id text, worker_type text, status text, execution_id text, current_task_id text,
      cpu_usage_percentage float8, memory_usage_mb float8, free_capacity int, freed int, task_types jsonb)
  ), in_hand as (
    select distinct on (t.worker_id) t.worker_id, 'busy' as status, t.execution_id, t.task_id as current_task_id
    from task_executions t
    where t.status = 'running' and t.worker_id in (select worker_id from told where worker_type = 'external')
    order by t.worker_id, t.start_time desc
  )
  insert into thread_management
    (worker_id, worker_type, status, execution_id, current_task_id, cpu_usage_percentage, memory_usage_mb, free_capacity,
     task_types, last_heartbeat)
  select worker_id, h.worker_type, coalesce(h.status, t.status, 'idle'), coalesce(h.execution_id, t.execution_id),
         coalesce(h.current_task_id, t.current_task_id),
         coalesce(h.cpu_usage_percentage, before.cpu_usage_percentage),
         coalesce(h.memory_usage_mb, before.memory_usage_mb),
         coalesce(h.free_capacity, before.free_capacity) + coalesce(h.freed, 0),
         coalesce(h.task_types, before.task_types, '[]'), clock_timestamp()
  from told h
  left join in_hand t using (worker_id)
  left join thread_management before using (worker_id)
  order by worker_id
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

/** What a worker says of itself, where it does. */
export interface WorkerUsage {
  /** Of one core: a worker that uses two of them fully says 200. */
  cpu_usage_percentage?: number | null | undefined;
  memory_usage_mb?: number | null | undefined;
}

/** Of a process of ours. */
export interface WorkerHeartbeat extends WorkerUsage {
  worker_id: string;
  worker_type: 'builtin';
  status: 'idle' | 'busy' | 'offline';
  execution_id?: string;
  current_task_id?: string;
  /** Tasks that it could take on as well. */
  free_capacity: number;
}

/** Of somebody's own worker: it was heard of. */
export interface WorkerSign extends WorkerUsage {
  worker_id: string;
  /** Where it has asked for tasks: those that it could take on as well. */
  free_capacity?: number;
  task_types?: readonly string[];
}

/**
 * One write for all results and heartbeats of so long: a worker's row is one, and would else be written by every
 * transaction and by every claim, each with a commit of its own.
 */
const FLUSH_MS = 200;

/** `freed`: tasks that it has ended since it told its free capacity. */
type Shown = WorkerHeartbeat | (WorkerSign & { worker_type: 'external'; freed: number });

/** What is to be written of the workers of a tenant. */
interface Told {
  readonly sums: Map<string, { worker_id: string; tasks: number; seconds: number }>;
  readonly shown: Map<string, Shown>;
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

  /** The last word of a process of ours counts; written within a fraction of a second. */
  show(heartbeat: WorkerHeartbeat): void {
    const told = this.told.get();
    told.shown.set(heartbeat.worker_id, heartbeat);
    this.plan(told);
  }

  /**
   * Somebody's own worker was heard of; written within a fraction of a second.
   * @param freed tasks that it has ended
   */
  hear(sign: WorkerSign, freed = 0): void {
    const told = this.told.get();
    const before = told.shown.get(sign.worker_id);
    const shown = before?.worker_type === 'external' ? before : null;
    told.shown.set(sign.worker_id, {
      ...shown,
      ...sign,
      cpu_usage_percentage: sign.cpu_usage_percentage ?? shown?.cpu_usage_percentage,
      memory_usage_mb: sign.memory_usage_mb ?? shown?.memory_usage_mb,
      worker_type: 'external',
      freed: sign.free_capacity === undefined ? (shown?.freed ?? 0) + freed : 0,
    });
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

  /** Somebody's own worker has said how a task ended. */
  freed(worker_id: string): void {
    this.hear({ worker_id }, 1);
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
