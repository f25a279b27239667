import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Gauge } from 'prom-client';

import { DomainError } from '#engine/errors';
import type { JsonObject } from '#engine/graph';
import { runAsTenant } from '#platform/tenancy';
import { Database, INCIDENT_KINDS, type Tx } from '#persistence';
import { decodeCursor, keepBody, type Page, pageOf } from '#platform/http';
import { MetricsRegistry } from '#platform/metrics';
import { ExecutionRepair, InstanceRuntime } from '#runtime';

import { IncidentSummary, IncidentView, type ListIncidentsQuery } from './incidents.dto.js';
import {
  closeIncident,
  countOpenByKind,
  type IncidentDetailRow,
  listIncidents,
  readBranches,
  readIncident,
  valuesOf,
} from './incidents.queries.js';

/** What somebody decides about an incident. */
export type Resolution =
  | { action: 'retry'; note: string | null }
  | { action: 'skip'; output_data: JsonObject; note: string | null }
  | { action: 'fail'; note: string | null };

const STATUS_AFTER = { retry: 'retried', skip: 'skipped', fail: 'failed' } as const;

/** Incidents as operators find and resolve them. What raises them is the runtime's. */
@Injectable()
export class IncidentsService implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly repairs: ExecutionRepair,
    private readonly instances: InstanceRuntime,
    private readonly registry: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    const { database } = this;
    const gauge = new Gauge({
      name: 'incidents_open',
      help: 'Incidents that wait for somebody, by kind; the same in every process.',
      labelNames: ['kind'],
      registers: [this.registry],
      async collect() {
        const counts = new Map<string, number>();
        for (const tenant_id of await database.tenants()) {
          for (const { kind, count } of await runAsTenant(tenant_id, () =>
            countOpenByKind(database.read, []),
          )) {
            counts.set(kind, (counts.get(kind) ?? 0) + count);
          }
        }
        for (const kind of INCIDENT_KINDS) gauge.set({ kind }, counts.get(kind) ?? 0);
      },
    });
  }

  /** @throws ValidationError cursor_invalid */
  async list({
    limit,
    cursor,
    status,
    ...asked
  }: ListIncidentsQuery): Promise<Page<IncidentSummary>> {
    const [before] = cursor === undefined ? [null] : decodeCursor(cursor, ['uuid']);
    const filter = {
      workflow_id: asked.workflow_id ?? null,
      workflow_instance_id: asked.workflow_instance_id ?? null,
      execution_id: asked.execution_id ?? null,
      task_type: asked.task_type ?? null,
      kind: asked.kind ?? null,
      error_code: asked.error_code ?? null,
      search: asked.search ?? null,
      created_from: asked.created_from ?? null,
      created_to: asked.created_to ?? null,
    };
    const rows = await listIncidents(this.database.read, [
      ...valuesOf(filter),
      status ?? null,
      before,
      limit + 1,
    ]);
    return pageOf(
      rows,
      limit,
      ({ incident_id }) => [incident_id],
      (row) => IncidentSummary.of(row),
    );
  }

  /** @throws DomainError incident_not_found */
  async read(incident_id: string): Promise<IncidentView> {
    return IncidentView.of(await find(this.database.read, incident_id));
  }

  /** @throws DomainError as `settle` */
  async resolve(incident_id: string, resolution: Resolution, by: string): Promise<IncidentView> {
    return this.database.transaction(async (tx) => {
      await this.settle(tx, incident_id, resolution, by, null);
      return keepBody(tx, IncidentView.of(await find(tx, incident_id)));
    });
  }

  /**
   * Carries out a decision about one incident.
   * @throws DomainError incident_not_found, incident_resolved; step_not_found where the version of the instance has no
   *   such step; instance_not_failed, execution_ended where it was moved on by other means; instance_not_running where its
   *   instance is suspended or has ended
   */
  async settle(
    tx: Tx,
    incident_id: string,
    resolution: Resolution,
    by: string,
    batch_id: string | null,
  ): Promise<void> {
    const incident = await find(tx, incident_id);
    const output = resolution.action === 'skip' ? resolution.output_data : null;
    const { kind, execution_id } = incident;
    // its row after its execution's (and that after its instance's), as wherever incidents are written
    if (kind === 'task_failed' && execution_id !== null) await this.repairs.hold(tx, execution_id);
    if (kind !== 'task_failed') await this.reopen(tx, incident, resolution, by);
    const closed = await closeIncident(tx, [
      incident_id,
      STATUS_AFTER[resolution.action],
      by,
      resolution.note,
      output && JSON.stringify(output),
      batch_id,
    ]);
    if (closed.length === 0) throw resolved(await find(tx, incident_id));
    const { task_execution_id } = incident;
    if (kind !== 'task_failed' || execution_id === null || task_execution_id === null) return;
    if (resolution.action === 'fail') {
      const why = resolution.note === null ? '' : ` ${resolution.note}`;
      await this.repairs.fail(
        tx,
        execution_id,
        `Task ${incident.task_id} was given up by ${by}.${why}`,
      );
    } else {
      await this.repairs.repair(tx, execution_id, [{ task_execution_id, output_data: output }]);
    }
  }

  private async reopen(
    tx: Tx,
    incident: IncidentDetailRow,
    resolution: Resolution,
    by: string,
  ): Promise<void> {
    const { instance_id, step_id, status } = incident;
    if (status !== 'open') throw resolved(incident);
    if (resolution.action === 'fail' || instance_id === null || step_id === null) return;
    const output = resolution.action === 'skip' ? resolution.output_data : null;
    const reason = resolution.note ?? `Incident ${incident.incident_id} was resolved.`;
    const [entered] = await readBranches(tx, [instance_id, step_id]);
    const branches = entered?.branches ?? undefined;
    await this.instances.apply(
      tx,
      { instance_id },
      { type: 'reopen', step_id, output, branches, reason },
      by,
    );
  }
}

async function find(tx: Tx, incident_id: string): Promise<IncidentDetailRow> {
  const [row] = await readIncident(tx, [incident_id]);
  if (row) return row;
  throw new DomainError('incident_not_found', `There is no incident ${incident_id}.`, {
    incident_id,
  });
}

function resolved({ incident_id, status }: IncidentDetailRow): DomainError {
  return new DomainError(
    'incident_resolved',
    `The incident is ${status} already; nothing is left to decide.`,
    { incident_id, status },
  );
}
