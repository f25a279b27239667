import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import { Inject, Injectable, type OnModuleDestroy, Optional } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { Database, sqlState } from '#persistence';
import { AppConfig } from '#platform/config';
import { QUEUE_HEALTH, type QueueHealth } from '#platform/health';
import { MetricsRegistry } from '#platform/metrics';
import type { SystemMetricsAnswer } from './operations.dto.js';
import {
  boundTime,
  countExecutions,
  countInstances,
  countTasks,
} from './system-metrics.queries.js';

/** The histogram measures from one look to the next, which are this far apart when nothing delays them. */
const RESOLUTION_MS = 20;
const QUERY_CANCELED = '57014';
const QUEUE_TIMEOUT_MS = 2_000;

interface Pool {
  totalCount: number;
  idleCount: number;
  waitingCount: number;
}

type Count = { status: string; count: number };

/** What happens in this process and in the tables just now. */
@Injectable()
export class SystemMetricsService implements OnModuleDestroy {
  private readonly delay: IntervalHistogram = monitorEventLoopDelay({
    resolution: RESOLUTION_MS,
  });

  constructor(
    private readonly config: AppConfig,
    private readonly database: Database,
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly registry: MetricsRegistry,
    @Optional() @Inject(QUEUE_HEALTH) private readonly queueHealth?: QueueHealth,
  ) {
    this.delay.enable();
  }

  onModuleDestroy(): void {
    this.delay.disable();
  }

  async read(): Promise<SystemMetricsAnswer> {
    const unavailable: Record<string, string> = {};
    const [queues, instances, executions, tasks] = await Promise.all([
      this.queues(unavailable),
      this.counts('instances', countInstances, unavailable),
      this.counts('executions', countExecutions, unavailable),
      this.counts('tasks', countTasks, unavailable),
    ]);
    return {
      timestamp: new Date().toISOString(),
      process: processFigures(),
      event_loop_delay: this.delayFigures(),
      http: this.http(),
      database_pool: this.pool(),
      queues,
      instances,
      executions,
      tasks,
      unavailable,
    };
  }

  private delayFigures(): SystemMetricsAnswer['event_loop_delay'] {
    const { mean, max } = this.delay;
    const figures = {
      mean_ms: milliseconds(mean),
      p99_ms: milliseconds(this.delay.percentile(99)),
      max_ms: milliseconds(max),
    };
    this.delay.reset();
    return figures;
  }

  private http(): SystemMetricsAnswer['http'] {
    const { requests, failures, seconds } = this.registry.requests.totals();
    const mean_duration_ms = requests === 0 ? null : rounded((seconds / requests) * 1000);
    return { requests, failures, mean_duration_ms };
  }

  private pool(): SystemMetricsAnswer['database_pool'] {
    const { master } = this.dataSource.driver as unknown as { master: Pool };
    return {
      open: master.totalCount,
      idle: master.idleCount,
      waiting: master.waitingCount,
      limit: this.config.database.pool_size,
    };
  }

  private async queues(
    unavailable: Record<string, string>,
  ): Promise<SystemMetricsAnswer['queues']> {
    if (this.queueHealth === undefined) {
      unavailable.queues = 'This process has no queue.';
      return null;
    }
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), QUEUE_TIMEOUT_MS);
    });
    const counts = await Promise.race([this.queueHealth.counts().catch(() => null), late]);
    clearTimeout(timer);
    if (counts === null) unavailable.queues = 'The queue does not answer; see /health.';
    return counts;
  }

  private async counts(
    figure: string,
    count: (tx: EntityManager) => Promise<Count[]>,
    unavailable: Record<string, string>,
  ): Promise<Record<string, number> | null> {
    try {
      const rows = await this.database.transaction(async (tx) => {
        await boundTime(tx);
        return count(tx);
      });
      return Object.fromEntries(rows.map((row) => [row.status, row.count]));
    } catch (error) {
      unavailable[figure] =
        sqlState(error) === QUERY_CANCELED
          ? 'Counting takes longer than two seconds; ask the database or /metrics.'
          : 'The database does not answer; see /health.';
      return null;
    }
  }
}

function processFigures(): SystemMetricsAnswer['process'] {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  return {
    uptime_seconds: rounded(process.uptime()),
    cpu_seconds: rounded((user + system) / 1e6),
    memory_bytes: rss,
    heap_used_bytes: heapUsed,
    node_version: process.version,
  };
}

/** The histogram's figures are nanoseconds; it has none before its first sample. */
function milliseconds(nanoseconds: number): number {
  const delay = nanoseconds / 1e6 - RESOLUTION_MS;
  return Number.isFinite(delay) ? Math.max(0, rounded(delay)) : 0;
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
