import { Injectable } from '@nestjs/common';

import { DomainError } from '#engine/errors';
import type { Command } from '#engine/instance';
import { Database, type Tx } from '#persistence';
import type { Principal } from '#platform/auth';
import { decodeCursor, keepBody, type Page, pageOf, type PageQuery } from '#platform/http';
import { InstanceRuntime } from '#runtime';

import {
  type CompleteStepRequest,
  type DecideApprovalRequest,
  HistoryEvent,
  InstanceSummary,
  InstanceView,
  type ListAllInstancesQuery,
  type StartInstanceRequest,
} from './instances.dto.js';
import {
  findInstanceId,
  listEvents,
  listInstances,
  readInstance,
  readSteps,
} from './instances.queries.js';

/** A workflow's instance by the ids that clients use. */
export interface InstanceKey {
  workflow_id: string;
  workflow_instance_id: string;
}

type InstanceCommand = Exclude<Command, { type: 'start' }>;

/** Instances as clients start, drive and read them. */
@Injectable()
export class InstancesService {
  constructor(
    private readonly database: Database,
    private readonly runtime: InstanceRuntime,
  ) {}

  async start(
    workflow_id: string,
    request: StartInstanceRequest,
    principal: Principal,
  ): Promise<InstanceView> {
    const { workflow_instance_id, data } = request;
    const actor = request.started_by ?? principal.id;
    return this.database.transaction(async (tx) => {
      const asked = { workflow_id, workflow_instance_id, data, actor };
      const started = await this.runtime.start(tx, asked);
      return keepBody(tx, await view(tx, started));
    });
  }

  completeStep(
    key: InstanceKey,
    step_id: string,
    request: CompleteStepRequest,
    principal: Principal,
  ): Promise<InstanceView> {
    const { step_execution_id, output_data: output } = request;
    const command: InstanceCommand = {
      type: 'complete_step',
      step_id,
      output,
      ...(step_execution_id !== undefined && { step_execution_id }),
    };
    return this.command(key, command, request.completed_by ?? principal.id);
  }

  decideApproval(
    key: InstanceKey,
    step_id: string,
    decision: 'approved' | 'rejected',
    request: DecideApprovalRequest,
    principal: Principal,
  ): Promise<InstanceView> {
    const { user_context, level, comment, output_data: output } = request;
    const id = request.decided_by ?? principal.id;
    const command: InstanceCommand = {
      type: 'decide_approval',
      step_id,
      decision,
      approver: {
        id,
        roles: user_context.roles,
        department: user_context.department ?? null,
        management_level: user_context.management_level ?? null,
      },
      comment,
      output,
      ...(level !== undefined && { level }),
    };
    return this.command(key, command, id);
  }

  async command(key: InstanceKey, command: InstanceCommand, actor: string): Promise<InstanceView> {
    return this.database.transaction(async (tx) => {
      await this.runtime.apply(tx, key, command, actor);
      return keepBody(tx, await view(tx, key));
    });
  }

  read(key: InstanceKey): Promise<InstanceView> {
    return view(this.database.read, key);
  }

  async list({
    workflow_id,
    status,
    limit,
    cursor,
  }: ListAllInstancesQuery): Promise<Page<InstanceSummary>> {
    const [before] = cursor === undefined ? [null] : decodeCursor(cursor, ['uuid']);
    const rows = await listInstances(this.database.read, [
      workflow_id ?? null,
      status ?? null,
      before ?? null,
      limit + 1,
    ]);
    return pageOf(
      rows,
      limit,
      (row) => [row.instance_id],
      (row) => InstanceSummary.of(row),
    );
  }

  async history(key: InstanceKey, { limit, cursor }: PageQuery): Promise<Page<HistoryEvent>> {
    const [after] = cursor === undefined ? [0] : decodeCursor(cursor, ['integer']);
    const { read } = this.database;
    const [found] = await findInstanceId(read, [key.workflow_id, key.workflow_instance_id]);
    if (!found) throw notFound(key);
    const rows = await listEvents(read, [found.instance_id, after ?? 0, limit + 1]);
    return pageOf(
      rows,
      limit,
      (row) => [row.sequence],
      (row) => HistoryEvent.of(row),
    );
  }
}

async function view(
  tx: Tx,
  { workflow_id, workflow_instance_id }: InstanceKey,
): Promise<InstanceView> {
  const [row] = await readInstance(tx, [workflow_id, workflow_instance_id]);
  if (!row) throw notFound({ workflow_id, workflow_instance_id });
  return InstanceView.from(row, await readSteps(tx, [row.instance_id]));
}

function notFound(key: InstanceKey): DomainError {
  return new DomainError(
    'instance_not_found',
    `Workflow ${key.workflow_id} has no instance ${key.workflow_instance_id}.`,
    { ...key },
  );
}
