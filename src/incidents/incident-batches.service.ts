import { Injectable, Logger } from '@nestjs/common';

import { DomainError } from '#engine/errors';
import type { JsonObject } from '#engine/graph';
import { JobHandler, Jobs, Sweeper } from '#jobs';
import { afterCommit, Database, type IncidentAction, newId } from '#persistence';
import { isUnavailable, keepBody } from '#platform/http';

import {
  advanceIncidentBatch,
  findIdleIncidentBatches,
  type IncidentBatchRow,
  insertIncidentBatch,
  readIncidentBatch,
  type Refusal,
} from './incident-batches.queries.js';
import { IncidentBatchView } from './incident-batches.dto.js';
import {
  countOpenMatching,
  type IncidentFilter,
  listOpenOfBatch,
  valuesOf,
} from './incidents.queries.js';
import { IncidentsService, type Resolution } from './incidents.service.js';

const PORTION = 25;
const REFUSALS_SHOWN = 100;
/** Then others of its queue have their turn. */
const SLICE_MS = 1_000;
/** Longer than a portion takes. */
const IDLE_SECONDS = 15;

/**
 * One decision on many incidents: taken in with the request, carried out by a job, each incident in a transaction of
 * its own. A job that is lost or run twice does no harm: an incident is resolved once, and the batch moves on once.
 */
@Injectable()
export class IncidentBatchesService {
  private readonly logger = new Logger(IncidentBatchesService.name);

  constructor(
    private readonly database: Database,
    private readonly incidents: IncidentsService,
    private readonly jobs: Jobs,
    sweeper: Sweeper,
  ) {
    sweeper.register('incident_batches', () => this.wake());
  }

  async start(
    action: IncidentAction,
    request: { filter: IncidentFilter; output_data: JsonObject | null; note: string | null },
    requested_by: string,
  ): Promise<IncidentBatchView> {
    const { filter, output_data, note } = request;
    const batch_id = newId();
    return this.database.transaction(async (tx) => {
      const [matching] = await countOpenMatching(tx, valuesOf(filter));
      await insertIncidentBatch(tx, [
        batch_id,
        action,
        JSON.stringify(filter),
        output_data && JSON.stringify(output_data),
        note,
        matching?.count ?? 0,
        requested_by,
      ]);
      afterCommit(tx, () => this.jobs.enqueue('incidents.resolve', { batch_id }));
      const [row] = await readIncidentBatch(tx, [batch_id]);
      return keepBody(tx, IncidentBatchView.of(existing(row, batch_id)));
    });
  }

  /** @throws DomainError incident_batch_not_found */
  async read(batch_id: string): Promise<IncidentBatchView> {
    const [row] = await readIncidentBatch(this.database.read, [batch_id]);
    return IncidentBatchView.of(existing(row, batch_id));
  }

  @JobHandler('incidents.resolve')
  async run({ batch_id }: { batch_id: string }): Promise<void> {
    const end = performance.now() + SLICE_MS;
    while (performance.now() < end) {
      const [batch] = await readIncidentBatch(this.database.read, [batch_id]);
      if (batch?.status !== 'running' || !(await this.portion(batch))) return;
    }
    await this.jobs.enqueue('incidents.resolve', { batch_id });
  }

  /** True when there may be more for this process to do. */
  private async portion(batch: IncidentBatchRow): Promise<boolean> {
    const found = await listOpenOfBatch(this.database.read, [
      ...valuesOf(batch.filter),
      batch.created_at,
      batch.last_incident_id,
      PORTION,
    ]);
    const refusals: Refusal[] = [];
    for (const { incident_id } of found) {
      const refusal = await this.settle(batch, incident_id);
      if (refusal) refusals.push(refusal);
    }
    const advanced = await advanceIncidentBatch(this.database.read, [
      batch.batch_id,
      batch.last_incident_id,
      found.at(-1)?.incident_id ?? batch.last_incident_id,
      refusals.length,
      JSON.stringify(refusals.slice(0, Math.max(0, REFUSALS_SHOWN - batch.refusals.length))),
      found.length < PORTION,
    ]);
    return advanced.length > 0 && found.length === PORTION;
  }

  /** @returns why it could not be, if so */
  private async settle(batch: IncidentBatchRow, incident_id: string): Promise<Refusal | undefined> {
    const { action, output_data, note, requested_by, batch_id } = batch;
    const resolution: Resolution =
      action === 'skip' ? { action, output_data: output_data ?? {}, note } : { action, note };
    try {
      await this.database.transaction((tx) =>
        this.incidents.settle(tx, incident_id, resolution, requested_by, batch_id),
      );
      return undefined;
    } catch (error) {
      if (isUnavailable(error)) throw error;
      if (error instanceof DomainError) {
        return { incident_id, code: String(error.code), detail: error.message };
      }
      this.logger.error({ err: error, incident_id, batch_id }, 'An incident was not resolved.');
      return { incident_id, code: 'internal_error', detail: 'It failed; the log has the reason.' };
    }
  }

  /** Goes on with those whose job was lost. */
  private async wake(): Promise<void> {
    for (const { batch_id } of await findIdleIncidentBatches(this.database.read, [IDLE_SECONDS])) {
      await this.jobs.enqueue('incidents.resolve', { batch_id }, { dedupe_key: batch_id });
    }
  }
}

function existing(row: IncidentBatchRow | undefined, batch_id: string): IncidentBatchRow {
  if (row) return row;
  throw new DomainError('incident_batch_not_found', `There is no batch ${batch_id}.`, { batch_id });
}
