import { Injectable } from '@nestjs/common';

import { type Approver, MANAGER_OF_REQUESTER } from '#engine/approval';
import { ValidationError } from '#engine/errors';
import { Database, type Tx } from '#persistence';
import type { Principal } from '#platform/auth';
import { decodeCursor, encodeCursor, type Page } from '#platform/http';
import { type CommandRequest, InstanceRuntime } from '#runtime';

import { Callers, inHistory } from '../instances/callers.service.js';
import { type InstanceKey, InstancesService } from '../instances/instances.service.js';
import { countsOf } from './inbox-counts.js';
import {
  type CanActAnswer,
  type Hindrance,
  type InboxCounts,
  type InboxCountsQuery,
  InboxItem,
  type InboxQuery,
  type Verdict,
} from './inbox.dto.js';
import {
  type InboxSort,
  listOpenSteps,
  managesSomebody,
  type OpenStepFilter,
  type OpenStepRow,
} from './inbox.queries.js';

/** Open steps that are looked at for one page; then the caller asks on. */
const LOOKED_AT = 1_000;
/** For counts: beyond, they are "at least". */
const COUNTED = 5_000;
const PORTION = 200;

interface Capacities {
  own: Approver;
  substituting: Approver[];
}

type OpenStep = InstanceKey &
  Pick<OpenStepRow, 'assignee' | 'owner'> & { step_id: string; step_type: string };

type Narrowing = OpenStepFilter extends [unknown, unknown, unknown, ...infer Rest] ? Rest : never;

/** Where a list was left. */
type Place = [instance_id: string | null, due_at: string | null];

type Filter = Pick<
  InboxQuery,
  'assignment' | 'workflow_id' | 'step_type' | 'overdue' | 'due_before' | 'department'
>;

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

  /** @throws DomainError speaks_for_others, person_not_found, cursor_invalid */
  async list(query: InboxQuery, principal: Principal): Promise<Page<InboxItem>> {
    const { limit, cursor, sort } = query;
    const capacities = await this.callers.capacities(principal, query.person);
    const found = this.found(query, sort, capacities, placeOf(cursor, sort), LOOKED_AT);
    const items: InboxItem[] = [];
    for await (const { item, place } of found) {
      if (item) items.push(item);
      if (items.length === limit || !item) {
        const [instance_id, due_at] = place;
        const keys = sort === 'due' ? [due_at ?? '', instance_id ?? ''] : [instance_id ?? ''];
        return { items, next_cursor: encodeCursor(keys) };
      }
    }
    return { items, next_cursor: null };
  }

  /** @throws DomainError speaks_for_others, person_not_found */
  async counts(query: InboxCountsQuery, principal: Principal): Promise<InboxCounts> {
    const capacities = await this.callers.capacities(principal, query.person);
    const items: InboxItem[] = [];
    let at_least = false;
    for await (const { item } of this.found(query, 'oldest', capacities, [null, null], COUNTED)) {
      if (item) items.push(item);
      else at_least = true;
    }
    return countsOf(items, namesOf(capacities.own), at_least);
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
    const step = steps.findLast((known) => known.step_id === step_id);
    const { assignee = null, owner = null, step_type = 'user_task' } = step ?? {};
    const open = { ...key, step_id, step_type, assignee, owner };
    const [verdict] = await this.judge([open], capacities);
    if (!verdict) throw new Error('A step was not judged.');
    return { ...verdict, assignee, owner };
  }

  /**
   * What they may act on, in order, each with the place after it. A last one without an item: so many were looked at,
   * and there are more.
   */
  private async *found(
    filter: Filter,
    sort: InboxSort,
    capacities: Capacities,
    from: Place,
    most: number,
  ): AsyncGenerator<{ item?: InboxItem; place: Place }> {
    const read = listOpenSteps[sort];
    const narrowed = await this.narrowing(filter, capacities);
    let place = from;
    for (let looked = 0; looked < most; looked += PORTION) {
      const rows = await read(this.database.read, [...place, PORTION, ...narrowed]);
      const verdicts = await this.judge(rows, capacities);
      for (const [index, row] of rows.entries()) {
        place = [row.instance_id, row.due_at.toISOString()];
        const verdict = verdicts[index];
        if (verdict?.may_act) yield { item: InboxItem.of(row, verdict.on_behalf_of), place };
      }
      if (rows.length < PORTION) return;
    }
    yield { place };
  }

  /** All of a query's values that stay the same from portion to portion. */
  private async narrowing(
    { assignment, workflow_id, step_type, overdue, due_before, department }: Filter,
    { own, substituting }: Capacities,
  ): Promise<Narrowing> {
    const people = [own, ...substituting];
    const names = [...new Set(people.flatMap(namesOf))];
    const manages = await managesSomebody(this.database.read, [names]);
    const roles = people.flatMap((person) => person.roles);
    return [
      [...new Set([...roles, ...manages.map(() => MANAGER_OF_REQUESTER)])],
      [...new Set(people.flatMap((person) => person.department ?? []))],
      names,
      workflow_id ?? null,
      step_type ?? null,
      overdue ?? null,
      due_before === undefined ? null : instant(due_before),
      department ?? null,
      assignment === 'unassigned',
      assignment === 'mine',
    ];
  }

  /** Of each step, in their order. */
  private async judge(
    steps: readonly OpenStep[],
    { own, substituting }: Capacities,
  ): Promise<Verdict[]> {
    if (steps.length === 0) return [];
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
    const refusals = await this.runtime.refusals(
      tx,
      steps.map((step) => requestOf(step, approver)),
    );
    return refusals.map((refusal) =>
      refusal
        ? { code: String(refusal.code), detail: refusal.message, on_behalf_of }
        : on_behalf_of,
    );
  }
}

/** What they would ask for: a vote on an approval; of a task, to work on its form, or to get back what they delegated. */
function requestOf(
  { workflow_id, workflow_instance_id, step_id, step_type, assignee, owner }: OpenStep,
  person: Approver,
): CommandRequest {
  const request = {
    name: { workflow_id, workflow_instance_id },
    actor: person.id,
    correlation_id: null,
  };
  if (step_type === 'approval') {
    const decision = { decision: 'approved', comment: '', output: {} } as const;
    return {
      ...request,
      command: { type: 'decide_approval', step_id, approver: person, ...decision },
    };
  }
  const names = namesOf(person);
  const isOwner =
    !person.on_behalf_of &&
    owner !== null &&
    names.includes(owner) &&
    !names.includes(assignee ?? '');
  if (isOwner) {
    const command = { type: 'hand_back', step_id, vouched: false, comment: '' } as const;
    return { ...request, command };
  }
  const command = { type: 'save_form_data', step_id, form_data: {}, person } as const;
  return { ...request, command: { ...command, vouched: false } };
}

/** @param capacities for each, as themselves first: why not, or for whom (null: themselves) */
function verdictOf(capacities: readonly (Hindrance | string | null | undefined)[]): Verdict {
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

function instant(text: string): string {
  const at = new Date(text);
  if (!Number.isNaN(at.getTime())) return at.toISOString();
  const message = 'due_before must be a time that there is';
  throw new ValidationError([{ pointer: '?due_before', code: 'isISO8601', message }]);
}

/** @throws ValidationError cursor_invalid */
function placeOf(cursor: string | undefined, sort: InboxSort): Place {
  if (cursor === undefined) return [null, null];
  if (sort === 'oldest') return [decodeCursor(cursor, ['uuid'])[0], null];
  const [due_at, instance_id] = decodeCursor(cursor, ['time', 'uuid']);
  return [instance_id, due_at];
}

function namesOf({ id, names = [] }: Approver): string[] {
  return [...new Set([id, ...names].flatMap(inHistory))];
}
