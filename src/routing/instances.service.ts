import { Injectable } from '@nestjs/common';

import { DomainError } from '#engine/errors';
import { Database, type Tx } from '#persistence';
import type { Principal } from '#platform/auth';
import { decodeCursor, type Page, pageOf, type PageQuery } from '#platform/http';
import { correlationId } from '#platform/logging';
import {
  BUSY,
  type CommandRequest,
  type InstanceChange,
  InstanceRuntime,
  type StartRequest,
} from '#runtime';

import { GroupCommit, type Outcome } from './group-commit.js';
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
  readInstances,
  readSteps,
} from './instances.queries.js';

/** A workflow's instance by the ids that clients use. */
export interface InstanceKey {
  workflow_id: string;
  workflow_instance_id: string;
}

type InstanceCommand = CommandRequest['command'];

/** Instances as clients start, drive and read them. */
@Injectable()
export class InstancesService {
  private readonly starts: GroupCommit<StartRequest, InstanceView>;
  private readonly commands: GroupCommit<CommandRequest, InstanceView>;

  constructor(
    private readonly database: Database,
    private readonly runtime: InstanceRuntime,
  ) {
    this.starts = new GroupCommit(database, async (tx, requests) =>
      viewed(tx, await this.runtime.startMany(tx, requests)),
    );
    this.commands = new GroupCommit(database, async (tx, requests, hold) =>
      viewed(tx, await this.runtime.applyMany(tx, requests, hold)),
    );
  }

  start(
    workflow_id: string,
    request: StartInstanceRequest,
    principal: Principal,
  ): Promise<InstanceView> {
    const { workflow_instance_id, data } = request;
    const actor = request.started_by ?? principal.id;
    const correlation_id = correlationId() ?? null;
    return this.starts.carryOut({ workflow_id, workflow_instance_id, data, actor, correlation_id });
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

  command(name: InstanceKey, command: InstanceCommand, actor: string): Promise<InstanceView> {
    const correlation_id = correlationId() ?? null;
    return this.commands.carryOut({ name, command, actor, correlation_id });
  }

  async read({ workflow_id, workflow_instance_id }: InstanceKey): Promise<InstanceView> {
    const { read } = this.database;
    const [row] = await readInstance(read, [workflow_id, workflow_instance_id]);
    if (!row) throw notFound({ workflow_id, workflow_instance_id });
    return InstanceView.from(row, await readSteps(read, [[row.instance_id]]));
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

/** What came of each request, as its answer shows it: read in the transaction that wrote it. */
async function viewed(
  tx: Tx,
  results: readonly (InstanceChange | DomainError | typeof BUSY)[],
): Promise<Outcome<InstanceView>[]> {
  const ids = results.flatMap((result) =>
    result === BUSY || result instanceof DomainError ? [] : [result.instance_id],
  );
  const [rows, steps] = await Promise.all([readInstances(tx, [ids]), readSteps(tx, [ids])]);
  const views = new Map(
    rows.map((row) => {
      const own = steps.filter(({ instance_id }) => instance_id === row.instance_id);
      return [row.instance_id, InstanceView.from(row, own)];
    }),
  );
  return results.map((result) => {
    if (result === BUSY || result instanceof DomainError) return result;
    const answer = views.get(result.instance_id);
    if (!answer) throw new Error(`instance ${result.instance_id} was written and is not there`);
    return { answer };
  });
}

function notFound(key: InstanceKey): DomainError {
  return new DomainError(
    'instance_not_found',
    `Workflow ${key.workflow_id} has no instance ${key.workflow_instance_id}.`,
    { ...key },
  );
}
