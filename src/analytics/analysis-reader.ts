import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { DataSource } from 'typeorm';

import { DomainError } from '#engine/errors';
import { createDataSource, Database, sqlState, type Tx } from '#persistence';
import { AppConfig } from '#platform/config';
import { scopeOfTransaction } from '#platform/tenancy';

export type Source = 'primary' | 'replica';

/** Of one statement. */
const STATEMENT_TIMEOUT_MS = 10_000;
const QUERY_CANCELED = '57014';
const REPLICA_CONNECTIONS = 4;

/**
 * Reads history in one read-only snapshot, so that the figures of an answer agree: on the first of DATABASE_READ_URLS
 * that is there, else on the primary.
 */
@Injectable()
export class AnalysisReader implements OnApplicationShutdown {
  private readonly logger = new Logger(AnalysisReader.name);
  private readonly replicas: { dataSource: DataSource; opened?: Promise<DataSource> }[];

  constructor(
    private readonly database: Database,
    { database: { read_urls } }: AppConfig,
  ) {
    this.replicas = read_urls.map((url) => ({
      dataSource: createDataSource({ url, pool_size: REPLICA_CONNECTIONS }),
    }));
  }

  /** @throws DomainError unavailable where a statement takes longer than `timeout_ms` */
  async read<T>(
    work: (tx: Tx, source: Source) => Promise<T>,
    timeout_ms = STATEMENT_TIMEOUT_MS,
  ): Promise<T> {
    const replica = await this.replica();
    const source = replica ? 'replica' : 'primary';
    const manager = replica?.manager ?? this.database.read;
    try {
      return await manager.transaction('REPEATABLE READ', async (tx) => {
        await tx.query(
          // compiling these queries takes longer than running them
          `${scopeOfTransaction()}; set local transaction_read_only = on; set local jit = off;
           set local statement_timeout = ${timeout_ms}`,
        );
        return work(tx, source);
      });
    } catch (error) {
      if (sqlState(error) !== QUERY_CANCELED) throw error;
      throw new DomainError(
        'unavailable',
        `The analysis took longer than ${timeout_ms / 1_000} s. Ask for fewer workflow_ids, fewer date_range_days or a lower analysis_depth.`,
      );
    }
  }

  async onApplicationShutdown(): Promise<void> {
    for (const { dataSource } of this.replicas) {
      if (dataSource.isInitialized) await dataSource.destroy();
    }
  }

  private async replica(): Promise<DataSource | null> {
    for (const replica of this.replicas) {
      try {
        replica.opened ??= replica.dataSource.initialize();
        const dataSource = await replica.opened;
        await dataSource.query('select 1');
        return dataSource;
      } catch (error) {
        if (!replica.dataSource.isInitialized) replica.opened = undefined;
        this.logger.warn(`A database of DATABASE_READ_URLS does not answer: ${String(error)}`);
      }
    }
    return null;
  }
}
