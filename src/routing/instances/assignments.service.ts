import { Injectable } from '@nestjs/common';

import { Database } from '#persistence';
import { type Principal, speaksForOthers } from '#platform/auth';
import { decodeCursor, type Page, pageOf, type PageQuery } from '#platform/http';
import { type CommandRequest, InstanceRuntime } from '#runtime';

import {
  type AssignRequest,
  type ClaimRequest,
  type CommentRequest,
  type DelegateRequest,
  type FormDataRequest,
  type GiveBackRequest,
  StepComment,
} from './assignments.dto.js';
import { listComments } from './assignments.queries.js';
import { Callers } from './callers.service.js';
import type { InstanceView } from './instances.dto.js';
import { type InstanceKey, InstancesService } from './instances.service.js';

/** Who has a step, what they have saved of its form, and what is said about it. */
@Injectable()
export class AssignmentsService {
  constructor(
    private readonly database: Database,
    private readonly runtime: InstanceRuntime,
    private readonly instances: InstancesService,
    private readonly callers: Callers,
  ) {}

  async claim(
    key: InstanceKey,
    step_id: string,
    request: ClaimRequest,
    principal: Principal,
  ): Promise<InstanceView> {
    const { performed_by, ...context } = request;
    const person = await this.callers.approverOf(
      { ...context, ...(performed_by !== undefined && { decided_by: performed_by }) },
      principal,
    );
    const vouched = speaksForOthers(principal);
    const command = { type: 'claim', ...at(step_id, request), person, vouched } as const;
    return this.instances.command(key, command, person.id);
  }

  release(
    key: InstanceKey,
    step_id: string,
    request: GiveBackRequest,
    principal: Principal,
  ): Promise<InstanceView> {
    return this.giveBack(key, 'release', step_id, request, principal);
  }

  handBack(
    key: InstanceKey,
    step_id: string,
    request: GiveBackRequest,
    principal: Principal,
  ): Promise<InstanceView> {
    return this.giveBack(key, 'hand_back', step_id, request, principal);
  }

  async assign(
    key: InstanceKey,
    step_id: string,
    request: AssignRequest,
    principal: Principal,
  ): Promise<InstanceView> {
    const { comment } = request;
    const actor = this.callers.nameOf(principal, request.performed_by);
    const assignee = await this.callers.somebody(request, principal);
    const vouched = speaksForOthers(principal);
    const command = {
      type: 'assign',
      ...at(step_id, request),
      assignee,
      vouched,
      comment,
    } as const;
    return this.instances.command(key, command, actor);
  }

  async delegate(
    key: InstanceKey,
    step_id: string,
    request: DelegateRequest,
    principal: Principal,
  ): Promise<InstanceView> {
    const { comment } = request;
    const actor = this.callers.nameOf(principal, request.performed_by);
    const delegate = await this.callers.somebody(request, principal);
    const command = { type: 'delegate', ...at(step_id, request), delegate, comment } as const;
    return this.instances.command(key, command, actor);
  }

  async saveFormData(
    key: InstanceKey,
    step_id: string,
    request: FormDataRequest,
    principal: Principal,
  ): Promise<InstanceView> {
    const { performed_by, form_data, ...context } = request;
    const person = await this.callers.approverOf(
      { ...context, ...(performed_by !== undefined && { decided_by: performed_by }) },
      principal,
    );
    const vouched = speaksForOthers(principal);
    const command: CommandRequest['command'] = {
      type: 'save_form_data',
      ...at(step_id, request),
      form_data,
      person,
      vouched,
    };
    return this.instances.command(key, command, person.id);
  }

  /** By whoever may read the instance. @throws DomainError instance_not_found, or as the engine */
  async comment(
    key: InstanceKey,
    step_id: string,
    { comment, performed_by }: CommentRequest,
    principal: Principal,
  ): Promise<StepComment> {
    const author = this.callers.nameOf(principal, performed_by);
    await this.instances.read(key, principal);
    return this.database.transaction(async (tx) => {
      const command = { type: 'comment', step_id, author, comment } as const;
      const change = await this.runtime.apply(tx, key, command, author);
      const after = change.last_sequence - 1;
      const [row] = await listComments(tx, [change.instance_id, step_id, after, 1]);
      if (!row) throw new Error('A comment was written and is not there.');
      return StepComment.of(row);
    });
  }

  async comments(
    key: InstanceKey,
    step_id: string,
    { limit, cursor }: PageQuery,
    principal: Principal,
  ): Promise<Page<StepComment>> {
    const { instance_id } = await this.instances.read(key, principal);
    const [after] = cursor === undefined ? [0] : decodeCursor(cursor, ['integer']);
    const rows = await listComments(this.database.read, [
      instance_id,
      step_id,
      after ?? 0,
      limit + 1,
    ]);
    return pageOf(
      rows,
      limit,
      (row) => [row.sequence],
      (row) => StepComment.of(row),
    );
  }

  private giveBack(
    key: InstanceKey,
    type: 'release' | 'hand_back',
    step_id: string,
    request: GiveBackRequest,
    principal: Principal,
  ): Promise<InstanceView> {
    const actor = this.callers.nameOf(principal, request.performed_by);
    const vouched = speaksForOthers(principal) && actor === principal.id;
    const { comment } = request;
    return this.instances.command(key, { type, ...at(step_id, request), vouched, comment }, actor);
  }
}

function at(
  step_id: string,
  { step_execution_id }: { step_execution_id?: string },
): { step_id: string; step_execution_id?: string } {
  return { step_id, ...(step_execution_id !== undefined && { step_execution_id }) };
}
