import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Gauge } from 'prom-client';

import { DomainError } from '#engine/errors';
import { BREAKER_KINDS, Database, type Tx } from '#persistence';
import { decodeCursor, keepBody, type Page, pageOf } from '#platform/http';
import { MetricsRegistry } from '#platform/metrics';
import { type BreakerTarget, CircuitBreakers } from '#runtime';

import { BreakerSummary, BreakerView, type ListBreakersQuery } from './breakers.dto.js';
import {
  type BreakerViewRow,
  listBreakers,
  readBreaker,
  readBreakerEvents,
  readNotClosed,
} from './breakers.queries.js';
import { runAsSystem } from '#platform/tenancy';

/** Circuit breakers as operators see and put them. */
@Injectable()
export class BreakersService implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly breakers: CircuitBreakers,
    private readonly registry: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    const { database } = this;
    const gauge = new Gauge({
      name: 'circuit_breakers_not_closed',
      help: 'Targets whose circuit is open (2) or half-open (1); the same in every process.',
      labelNames: ['kind', 'name'],
      registers: [this.registry],
      async collect() {
        gauge.reset();
        for (const { kind, name, state } of await runAsSystem(() =>
          readNotClosed(database.read, []),
        )) {
          gauge.set({ kind, name }, state === 'open' ? 2 : 1);
        }
      },
    });
  }

  /** @throws ValidationError cursor_invalid */
  async list({ state, limit, cursor }: ListBreakersQuery): Promise<Page<BreakerSummary>> {
    const [kind, name] = cursor === undefined ? ['', ''] : decodeCursor(cursor, ['text', 'text']);
    const rows = await listBreakers(this.database.read, [state ?? null, kind, name, limit + 1]);
    return pageOf(
      rows,
      limit,
      (row) => [row.kind, row.name],
      (row) => this.summaryOf(row),
    );
  }

  /** @throws DomainError circuit_breaker_not_found */
  read(kind: string, name: string): Promise<BreakerView> {
    return this.view(this.database.read, kind, name);
  }

  /** @throws DomainError circuit_breaker_not_found where there is no such kind */
  put(kind: string, name: string, state: 'open' | 'closed', by: string): Promise<BreakerView> {
    const target = { kind: BREAKER_KINDS.find((known) => known === kind), name };
    if (!target.kind) throw notFound(kind, name);
    return this.database.transaction(async (tx) => {
      await this.breakers.put(tx, target as BreakerTarget, state, by);
      return keepBody(tx, await this.view(tx, kind, name));
    });
  }

  private async view(tx: Tx, kind: string, name: string): Promise<BreakerView> {
    const [row] = await readBreaker(tx, [kind, name]);
    if (!row) throw notFound(kind, name);
    return BreakerView.withHistory(this.summaryOf(row), await readBreakerEvents(tx, [kind, name]));
  }

  private summaryOf(row: BreakerViewRow): BreakerSummary {
    return BreakerSummary.of(row, this.breakers.tallyOf(row));
  }
}

function notFound(kind: string, name: string): DomainError {
  return new DomainError(
    'circuit_breaker_not_found',
    `Nothing is known of ${kind} ${name}; kind is one of ${BREAKER_KINDS.join(', ')}.`,
    { kind, name },
  );
}
