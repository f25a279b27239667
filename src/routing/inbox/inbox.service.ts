import { Injectable } from '@nestjs/common';

import type { Approver } from '#engine/approval';
import { DomainError } from '#engine/errors';
import { Database, type Tx } from '#persistence';
import type { Principal } from '#platform/auth';
import { decodeCursor, encodeCursor, type Page } from '#platform/http';
import { type CommandRequest, InstanceRuntime } from '#runtime';

import { Callers } from '../instances/callers.service.js';
import { type CanActAnswer, type Hindrance, InboxItem, type InboxQuery } from './inbox.dto.js';
import { listOpenSteps } from './inbox.queries.js';
import { type InstanceKey, InstancesService } from '../instances/instances.service.js';

/** Open steps that are looked at for one page; then the caller asks on. */
const LOOKED_AT = 1_000;
const PORTION = 200;

interface Capacities {
  own: Approver;
  substituting: Approver[];
}

type OpenStep = InstanceKey & { step_id: string; step_type: string };

/**
 * What waits for somebody. Whether they may act on a step is asked of the engine, which decides it as if they did: there
 * is no second copy of the rule.
 */
@Injectable()
export class InboxService {
  constructor(
    private readonly database: Database,
    private readonly runtime: InstanceRuntime,
    private readonly instances: InstancesService,
    private readonly callers: Callers,
  ) {}

  /** @throws DomainError speaks_for_others, person_not_found */
  async list(query: InboxQuery, principal: Principal): Promise<Page<InboxItem>> {
    const { limit, cursor, person, workflow_id, step_type, overdue } = query;
    const capacities = await this.callers.capacities(principal, person);
    const roles = rolesOf(capacities);
    let [after = null] = cursor === undefined ? [null] : decodeCursor(cursor, ['uuid']);
    const items: InboxItem[] = [];
    for (let looked = 0; looked < LOOKED_AT; looked += PORTION) {
      const rows = await listOpenSteps(this.database.read, [
        after,
        roles,
        workflow_id ?? null,
        step_type ?? null,
        overdue ?? null,
        PORTION,
      ]);
      const verdicts = await this.judge(rows, capacities);
      for (const [place, row] of rows.entries()) {
        const verdict = verdicts[place];
        if (verdict?.may_act === true) items.push(InboxItem.of(row, verdict.on_behalf_of));
        after = row.instance_id;
        if (items.length === limit) return { items, next_cursor: encodeCursor([after]) };
      }
      if (rows.length < PORTION) return { items, next_cursor: null };
    }
    return { items, next_cursor: after === null ? null : encodeCursor([after]) };
  }

  /** @throws DomainError instance_not_found, speaks_for_others, person_not_found */
  async canAct(
    key: InstanceKey,
    step_id: string,
    person: string | undefined,
    principal: Principal,
  ): Promise<CanActAnswer> {
    const capacities = await this.callers.capacities(principal, person);
    const { steps } = await this.instances.read(key, principal);
    const step_type = steps.findLast((step) => step.step_id === step_id)?.step_type ?? 'user_task';
    const [verdict] = await this.judge([{ ...key, step_id, step_type }], capacities);
    if (!verdict) throw new Error('A step was not judged.');
    return verdict;
  }

  /** Of each step, in their order. */
  private async judge(
    steps: readonly OpenStep[],
    { own, substituting }: Capacities,
  ): Promise<CanActAnswer[]> {
    return this.database.transaction(async (tx) => {
      const judged = [await this.try(tx, steps, own)];
      for (const approver of substituting) judged.push(await this.try(tx, steps, approver));
      return steps.map((_, place) => verdictOf(judged.map((capacity) => capacity[place])));
    });
  }

  private async try(
    tx: Tx,
    steps: readonly OpenStep[],
    approver: Approver,
  ): Promise<(Hindrance | string | null)[]> {
    const on_behalf_of = approver.on_behalf_of ?? null;
    const requests = steps.map((step) => requestOf(step, approver));
    const refusals = await this.runtime.refusals(
      tx,
      requests.flatMap((request) => request ?? []),
    );
    return requests.map((request) => {
      const refusal = request ? refusals.shift() : onlyThemselves();
      if (!refusal) return on_behalf_of;
      return { code: String(refusal.code), detail: refusal.message, on_behalf_of };
    });
  }
}

/** What they would ask for; nobody completes a task as somebody's substitute. */
function requestOf(
  { workflow_id, workflow_instance_id, step_id, step_type }: OpenStep,
  approver: Approver,
): CommandRequest | undefined {
  const request = {
    name: { workflow_id, workflow_instance_id },
    actor: approver.id,
    correlation_id: null,
  };
  if (step_type === 'approval') {
    const decision = { decision: 'approved', comment: '', output: {} } as const;
    return { ...request, command: { type: 'decide_approval', step_id, approver, ...decision } };
  }
  if (approver.on_behalf_of) return undefined;
  const command = { type: 'complete_step', step_id, output: {}, performer: approver } as const;
  return { ...request, command };
}

function onlyThemselves(): DomainError {
  return new DomainError(
    'not_substitute',
    'A substitute decides approvals, and completes no tasks.',
  );
}

/** @param capacities for each, as themselves first: why not, or for whom (null: themselves) */
function verdictOf(capacities: readonly (Hindrance | string | null | undefined)[]): CanActAnswer {
  const reasons = capacities.filter((one) => typeof one === 'object' && one !== null);
  const represented = capacities.filter((one) => typeof one === 'string');
  const may_act = reasons.length < capacities.length;
  const themselves = capacities[0] === null;
  return {
    may_act,
    on_behalf_of: themselves || represented.length === 0 ? null : represented,
    reasons: may_act ? [] : reasons,
  };
}

function rolesOf({ own, substituting }: Capacities): string[] {
  return [...new Set([own, ...substituting].flatMap(({ roles }) => roles))];
}
