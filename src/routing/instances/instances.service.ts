import { Injectable } from '@nestjs/common';

import type { Approver, Decision } from '#engine/approval';
import { DomainError } from '#engine/errors';
import { entitlementFaults } from '#engine/instance';
import { Database, type Tx } from '#persistence';
import { type Principal, speaksForOthers } from '#platform/auth';
import { decodeCursor, type Page, pageOf, type PageQuery } from '#platform/http';
import { correlationId } from '#platform/logging';
import {
  BUSY,
  type CommandRequest,
  type InstanceChange,
  InstanceRuntime,
  type StartRequest,
} from '#runtime';

import { Callers, inHistory } from './callers.service.js';
import { GroupCommit, type Outcome } from '../group-commit.js';
import {
  type AnswerRequest,
  type DecideApprovalRequest,
  type QuestionRequest,
  type SendBackRequest,
} from './approvals.dto.js';
import {
  type CompleteStepRequest,
  HistoryEvent,
  InstanceSummary,
  InstanceView,
  type ListAllInstancesQuery,
  type StartInstanceRequest,
} from './instances.dto.js';
import {
  listEvents,
  listInstances,
  readInstance,
  readInstances,
  readSteps,
  takesPart,
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
    private readonly callers: Callers,
  ) {
    this.starts = new GroupCommit(database, async (tx, requests) =>
      viewed(tx, await this.runtime.startMany(tx, requests)),
    );
    this.commands = new GroupCommit(database, async (tx, requests, hold) =>
      viewed(tx, await this.runtime.applyMany(tx, requests, hold)),
    );
  }

  async start(
    workflow_id: string,
    request: StartInstanceRequest,
    principal: Principal,
  ): Promise<InstanceView> {
    const { workflow_instance_id, data } = request;
    const actor = this.callers.nameOf(principal, request.started_by);
    await this.callers.performer(principal);
    const correlation_id = correlationId() ?? null;
    return this.starts.carryOut({ workflow_id, workflow_instance_id, data, actor, correlation_id });
  }

  async completeStep(
    key: InstanceKey,
    step_id: string,
    request: CompleteStepRequest,
    principal: Principal,
  ): Promise<InstanceView> {
    const { step_execution_id, output_data: output } = request;
    const actor = this.callers.nameOf(principal, request.completed_by);
    const performer = await this.callers.performer(principal);
    const command: InstanceCommand = {
      type: 'complete_step',
      step_id,
      output,
      ...(step_execution_id !== undefined && { step_execution_id }),
      ...(performer && { performer }),
    };
    return this.command(key, command, actor);
  }

  async decideApproval(
    key: InstanceKey,
    step_id: string,
    decision: Decision,
    request: DecideApprovalRequest,
    principal: Principal,
  ): Promise<InstanceView> {
    const { level, comment, output_data: output } = request;
    const approver = await this.callers.approverOf(request, principal);
    const command: InstanceCommand = {
      type: 'decide_approval',
      step_id,
      decision,
      approver,
      comment,
      output,
      ...(level !== undefined && { level }),
    };
    return this.command(key, command, approver.id);
  }

  async sendBack(
    key: InstanceKey,
    step_id: string,
    request: SendBackRequest,
    principal: Principal,
  ): Promise<InstanceView> {
    const approver = await this.callers.approverOf(request, principal);
    const { to_step_id, comment } = request;
    const command = { type: 'send_back', step_id, to_step_id, comment, approver } as const;
    return this.command(key, command, approver.id);
  }

  async ask(
    key: InstanceKey,
    step_id: string,
    request: QuestionRequest,
    principal: Principal,
  ): Promise<InstanceView> {
    const approver = await this.callers.approverOf(request, principal);
    const { question } = request;
    return this.command(key, { type: 'ask_information', step_id, question, approver }, approver.id);
  }

  async answer(
    key: InstanceKey,
    step_id: string,
    { answer, answered_by }: AnswerRequest,
    principal: Principal,
  ): Promise<InstanceView> {
    const given_by = this.callers.nameOf(principal, answered_by);
    const vouched = speaksForOthers(principal);
    await this.callers.performer(principal);
    const command = { type: 'give_information', step_id, answer, given_by, vouched } as const;
    return this.command(key, command, given_by);
  }

  command(name: InstanceKey, command: InstanceCommand, actor: string): Promise<InstanceView> {
    const correlation_id = correlationId() ?? null;
    return this.commands.carryOut({ name, command, actor, correlation_id });
  }

  /** @throws DomainError instance_not_found: also of one in which the caller, who does not see all, has no part */
  async read(
    { workflow_id, workflow_instance_id }: InstanceKey,
    principal: Principal,
  ): Promise<InstanceView> {
    const { read } = this.database;
    const [row] = await readInstance(read, [workflow_id, workflow_instance_id]);
    if (!row) throw notFound({ workflow_id, workflow_instance_id });
    const view = InstanceView.from(row, await readSteps(read, [[row.instance_id]]));
    const people = await this.callers.confined(principal);
    if (people && !isAsked(view, people)) {
      const names = people.flatMap((person) => person.names ?? []);
      const [part] = await takesPart(read, [row.instance_id, names.flatMap(inHistory)]);
      if (!part) throw notFound({ workflow_id, workflow_instance_id });
    }
    return view;
  }

  /** Of a caller who does not see all: those that they have started, are named in, or have acted on. */
  async list(
    { workflow_id, status, limit, cursor }: ListAllInstancesQuery,
    principal: Principal,
  ): Promise<Page<InstanceSummary>> {
    const people = await this.callers.confined(principal);
    const names = people?.flatMap((person) => person.names ?? []).flatMap(inHistory) ?? null;
    const [before] = cursor === undefined ? [null] : decodeCursor(cursor, ['uuid']);
    const rows = await listInstances(this.database.read, [
      workflow_id ?? null,
      status ?? null,
      before ?? null,
      names,
      limit + 1,
    ]);
    return pageOf(
      rows,
      limit,
      (row) => [row.instance_id],
      (row) => InstanceSummary.of(row),
    );
  }

  async history(
    key: InstanceKey,
    { limit, cursor }: PageQuery,
    principal: Principal,
  ): Promise<Page<HistoryEvent>> {
    const { instance_id } = await this.read(key, principal);
    const [after] = cursor === undefined ? [0] : decodeCursor(cursor, ['integer']);
    const rows = await listEvents(this.database.read, [instance_id, after ?? 0, limit + 1]);
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

/** Whether one of these people may act at the step where the instance stands, or has it. */
function isAsked({ steps }: InstanceView, people: readonly Approver[]): boolean {
  const open = steps.findLast(({ status }) => status === 'waiting');
  if (!open) return false;
  const { approval_levels, required_roles, step_type } = open;
  const names = people.flatMap((person) => person.names ?? []).flatMap(inHistory);
  if ([open.assignee, open.owner].some((holder) => holder !== null && names.includes(holder))) {
    return true;
  }
  return people.some((person) =>
    approval_levels
      ? approval_levels.some(
          (level) => level.status === 'asked' && entitlementFaults(level, person).length === 0,
        )
      : step_type === 'user_task' &&
        (required_roles.length === 0 || required_roles.some((role) => person.roles.includes(role))),
  );
}

function notFound(key: InstanceKey): DomainError {
  return new DomainError(
    'instance_not_found',
    `Workflow ${key.workflow_id} has no instance ${key.workflow_instance_id}.`,
    { ...key },
  );
}
