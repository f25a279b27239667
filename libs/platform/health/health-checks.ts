import { statfs } from 'node:fs/promises';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorFunction } from '@nestjs/terminus';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AppConfig } from '#platform/config';
import { Progress } from './progress.js';
import { QUEUE_HEALTH, type QueueHealth } from './queue-health.js';

const TIMEOUT_MS = 2_000;
/** Probes of several callers share one look. */
const CACHE_MS = 1_000;
const MIN_FREE_BYTES = 100 * 1024 * 1024;

/** What the process depends on, each with a bounded look at it. */
@Injectable()
export class HealthChecks {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly config: AppConfig,
    private readonly progress: Progress,
    @InjectDataSource() private readonly dataSource: DataSource,
    @Optional() @Inject(QUEUE_HEALTH) private readonly queueHealth?: QueueHealth,
  ) {}

  all(): HealthIndicatorFunction[] {
    return [() => this.database(), () => this.queue(), () => this.work(), () => this.disk()];
  }

  private database() {
    return this.bounded('database', async () => {
      await this.dataSource.query('select 1');
      return {};
    });
  }

  private queue() {
    return this.bounded('queue', async () => {
      if (this.queueHealth === undefined) return { backend: 'none' };
      const { up, detail } = await this.queueHealth.check();
      if (!up) throw new Error(detail);
      return { backend: this.config.queue.backend, detail };
    });
  }

  private work() {
    return this.bounded('work', () => {
      const stalled = this.progress.stalled();
      return stalled === null ? Promise.resolve({}) : Promise.reject(new Error(stalled));
    });
  }

  private disk() {
    return this.bounded('disk', async () => {
      const { bavail, bsize, blocks } = await this.freeSpace();
      const free_bytes = bavail * bsize;
      if (free_bytes < MIN_FREE_BYTES) {
        throw new Error(`Only ${Math.floor(free_bytes / 1024 / 1024)} MiB are free.`);
      }
      return { free_bytes, total_bytes: blocks * bsize };
    });
  }

  /** Of DATA_DIR; where it does not exist (a server elsewhere holds the data), of the working directory. */
  private freeSpace() {
    return statfs(this.config.data_dir).catch(() => statfs(process.cwd()));
  }

  private bounded(key: string, look: () => Promise<Record<string, unknown>>) {
    return this.indicators.check(key).attempt(look).withTimeout(TIMEOUT_MS).cacheFor(CACHE_MS);
  }
}
