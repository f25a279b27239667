import { Injectable, Logger } from '@nestjs/common';

import { JobHandler } from '#jobs';
import { Outbox } from '#notifications';
import { Database, newId, type Tx } from '#persistence';
import { AppConfig } from '#platform/config';

import { type Breach, breaches, type Observation, type VersionMetrics } from './breaches.js';
import { Canaries } from '../canary/canary.service.js';
import { NotificationView } from '../../routing/notifications/notifications.dto.js';
import { notFound } from '../modification.errors.js';
import { findModification } from '../modification.queries.js';
import {
  type DueRow,
  endMonitoring,
  findDue,
  insertObservation,
  listObservations,
  readVersionMetrics,
  takeDue,
} from './monitoring.queries.js';
import type { MonitoringAnswer } from './monitoring-views.dto.js';
import { LateReviews } from '../notices/late-reviews.service.js';
import { Rollbacks } from '../rollback.service.js';

const BATCH = 100;
const SHOWN_OBSERVATIONS = 200;
const MS_A_MINUTE = 60_000;

/** Watches applied modifications, and takes back those that do harm. */
@Injectable()
export class Monitoring {
  private readonly logger = new Logger(Monitoring.name);

  constructor(
    private readonly database: Database,
    private readonly config: AppConfig,
    private readonly rollbacks: Rollbacks,
    private readonly canaries: Canaries,
    private readonly reviews: LateReviews,
    private readonly outbox: Outbox,
  ) {}

  @JobHandler('modification.monitor')
  async observeDue(): Promise<void> {
    const { monitoring_interval_seconds: interval } = this.config.settings;
    const due = await findDue(this.database.read, [interval, BATCH]);
    for (const { modification_id } of due) await this.observe(modification_id);
    await this.reviews.tell();
  }

  /** @throws DomainError modification_not_found */
  async read(modification_id: string): Promise<MonitoringAnswer> {
    const { read } = this.database;
    const [row] = await findModification(read, [modification_id]);
    if (!row) throw notFound(modification_id);
    const observations = await listObservations(read, [modification_id, SHOWN_OBSERVATIONS]);
    const told = await this.outbox.ofModification(read, modification_id);
    return {
      modification_id,
      workflow_id: row.workflow_id,
      status: row.status,
      monitoring_active: row.monitoring_active,
      monitoring_until: row.monitoring_until?.toISOString() ?? null,
      interval_seconds: this.config.settings.monitoring_interval_seconds,
      auto_rollback_conditions: row.auto_rollback_conditions,
      auto_rollback: this.mayRollBack(row.rollback_strategy),
      rollback_reason: row.rollback_reason,
      observations: observations.map(({ observed_at, ...observation }) => ({
        observed_at: observed_at.toISOString(),
        ...observation,
      })),
      notifications: told.map((one) => NotificationView.of(one)),
    };
  }

  private async observe(modification_id: string): Promise<void> {
    const reason = await this.database.transaction(async (tx) => {
      const [due] = await takeDue(tx, [modification_id]);
      if (!due) return null;
      const metrics = await observationOf(tx, due);
      const breached = breaches(due.auto_rollback_conditions, metrics, due.now);
      await insertObservation(tx, [
        newId(),
        modification_id,
        JSON.stringify(metrics),
        JSON.stringify(breached),
      ]);
      const rollsBack = breached.length > 0 && this.mayRollBack(due.rollback_strategy);
      if (due.over && !rollsBack) await endMonitoring(tx, [modification_id]);
      return rollsBack ? reasonOf(breached) : null;
    });
    if (reason === null) return this.lookAtCanary(modification_id);
    this.logger.warn(`Modification ${modification_id} is rolled back. ${reason}`);
    await this.rollbacks.byItself(modification_id, reason);
  }

  private async lookAtCanary(modification_id: string): Promise<void> {
    const reason = await this.canaries.look(modification_id);
    if (reason !== null) await this.rollbacks.byItself(modification_id, reason);
  }

  private mayRollBack(strategy: string): boolean {
    return this.config.settings.auto_rollback_enabled && strategy !== 'manual';
  }
}

function reasonOf(breached: readonly Breach[]): string {
  return `Monitoring found: ${breached.map(({ reason }) => reason).join(' ')}`;
}

/** The new version since it was applied beside the old one in a span of the same length before. */
async function observationOf(tx: Tx, due: DueRow): Promise<Observation> {
  const { workflow_id, execution_timestamp: applied, now } = due;
  const span = now.getTime() - applied.getTime();
  const before = new Date(applied.getTime() - span);
  return {
    span_minutes: span / MS_A_MINUTE,
    current: await metricsOf(tx, workflow_id, due.to_version, applied, now),
    before: await metricsOf(tx, workflow_id, due.from_version, before, applied),
  };
}

async function metricsOf(
  tx: Tx,
  workflow_id: string,
  version_number: number,
  since: Date,
  until: Date,
): Promise<VersionMetrics> {
  const [metrics] = await readVersionMetrics(tx, [workflow_id, version_number, since, until]);
  if (!metrics) throw new Error('An aggregate without groups gave no row.');
  return metrics;
}
