import { Injectable } from '@nestjs/common';

import { ValidationError } from '#engine/errors';
import { Database } from '#persistence';
import type { Principal } from '#platform/auth';
import { decodeCursor, keepBody, type Page, pageOf } from '#platform/http';
import { InstanceRuntime } from '#runtime';

import { Callers } from '../instances/callers.service.js';
import { type ChooseRequest, DecisionSummary, type ListDecisionsQuery } from './choices.dto.js';
import {
  type DecisionSummaryRow,
  listAwaited,
  listDecisions,
  listDecisionsOfInstance,
  recordChoice,
} from './choices.queries.js';
import type { RecordedDecision } from './decisions.dto.js';
import { DecisionsService } from './decisions.service.js';

/** Decisions that were too uncertain to be carried out, and what people choose in their place. */
@Injectable()
export class ChoicesService {
  constructor(
    private readonly database: Database,
    private readonly instances: InstanceRuntime,
    private readonly decisions: DecisionsService,
    private readonly callers: Callers,
  ) {}

  /**
   * @throws DomainError decision_not_found, decision_not_awaited, step_not_found, instance_not_running, own_approval,
   *   duties_not_separate, approver_not_entitled, speaks_for_others
   */
  async choose(
    decision_id: string,
    { target_step_id, comment, chosen_by }: ChooseRequest,
    principal: Principal,
  ): Promise<RecordedDecision> {
    const actor = this.callers.nameOf(principal, chosen_by);
    const performer = await this.callers.performer(principal);
    return this.database.transaction(async (tx) => {
      const { instance_id } = await this.decisions.recorded(tx, decision_id);
      const { events } = await this.instances.apply(
        tx,
        { instance_id },
        {
          type: 'choose',
          decision_id,
          target_step_id,
          comment,
          ...(performer && { performer }),
        },
        actor,
      );
      const chosen = events.find((event) => event.type === 'decision_chosen');
      if (!chosen) throw new Error(`choosing ${decision_id} left no event`);
      const choice = chosen.confirmed ? 'confirmed' : 'changed';
      await recordChoice(tx, [decision_id, choice, chosen.target_step_id, actor, comment]);
      return keepBody(tx, await this.decisions.why(decision_id, tx));
    });
  }

  /** @throws ValidationError */
  list(query: ListDecisionsQuery): Promise<Page<DecisionSummary>> {
    return query.awaiting ? this.listAwaited(query) : this.listAll(query);
  }

  private async listAwaited(query: ListDecisionsQuery): Promise<Page<DecisionSummary>> {
    const { workflow_id = null, cursor, limit } = query;
    const [after] = cursor === undefined ? [null] : decodeCursor(cursor, ['uuid']);
    const rows = await listAwaited(this.database.read, [workflow_id, after, limit + 1]);
    return summaries(rows, limit, (row) => [row.decision_id]);
  }

  private async listAll(query: ListDecisionsQuery): Promise<Page<DecisionSummary>> {
    const { workflow_id, workflow_instance_id, cursor, limit } = query;
    if (workflow_id === undefined) {
      const message = 'Name the workflow, or ask for those that are awaiting a choice.';
      throw new ValidationError([{ pointer: '?workflow_id', code: 'required', message }]);
    }
    const [before, id] =
      cursor === undefined ? [null, null] : decodeCursor(cursor, ['time', 'uuid']);
    const page = [before, id, limit + 1] as const;
    const { read } = this.database;
    const rows =
      workflow_instance_id === undefined
        ? await listDecisions(read, [...page, workflow_id])
        : await listDecisionsOfInstance(read, [...page, workflow_id, workflow_instance_id]);
    return summaries(rows, limit, (row) => [row.routing_timestamp.toISOString(), row.decision_id]);
  }
}

function summaries(
  rows: readonly DecisionSummaryRow[],
  limit: number,
  keysOf: (row: DecisionSummaryRow) => string[],
): Page<DecisionSummary> {
  return pageOf(rows, limit, keysOf, (row) => DecisionSummary.of(row));
}
