import { createHash } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { DomainError } from '#engine/errors';
import { hasEnded, type InstanceState } from '#engine/instance';
import type { CompiledTable } from '#engine/table';
import { Database, type Tx } from '#persistence';
import type { Principal } from '#platform/auth';
import { correlationId } from '#platform/logging';
import { BUSY } from '#runtime';

import { compiledTable } from '../compiled-versions.js';
import { Decider } from './decider.js';
import { DecisionBatches } from './decision-batches.js';
import { DecisionMaterial, type Question } from './decision-material.js';
import { findTableVersion } from '../decision-tables/decision-tables.queries.js';
import { answerOf } from './decision-views.js';
import { recordedDecision, type RecordedEvaluation } from './decision-why.js';
import type { RecordedDecision, RouteRequest, RouteResponse } from './decisions.dto.js';
import { type DecisionRow, findDecision } from './decisions.queries.js';

/** `PUT /conditional/route`: decides where an instance goes, and takes it there. */
@Injectable()
export class DecisionsService {
  constructor(
    private readonly database: Database,
    private readonly material: DecisionMaterial,
    private readonly decider: Decider,
    private readonly batches: DecisionBatches,
  ) {}

  /**
   * @throws ValidationError with every fault; DomainError workflow_inactive, step_not_current, instance_not_running
   */
  async route(request: RouteRequest, principal: Principal): Promise<RouteResponse> {
    const question: Question = {
      request,
      hash: questionHash(request),
      actor: principal.id,
      correlation_id: correlationId() ?? null,
    };
    return request.dry_run ? this.tryOut(question) : this.batches.carryOut(question);
  }

  /** @throws DomainError decision_not_found */
  async why(decision_id: string, tx = this.database.read): Promise<RecordedDecision> {
    const row = await this.recorded(tx, decision_id);
    return recordedDecision(row, await this.tableOf(tx, row));
  }

  /** @throws DomainError decision_not_found */
  async recorded(tx: Tx, decision_id: string): Promise<DecisionRow> {
    const [row] = await findDecision(tx, [decision_id]);
    if (row) return row;
    throw new DomainError(
      'decision_not_found',
      `There is no recorded decision ${decision_id}; a dry run leaves none.`,
      { decision_id },
    );
  }

  private async tableOf(tx: Tx, { evaluation }: DecisionRow): Promise<CompiledTable | null> {
    const { table, table_version } = evaluation as unknown as RecordedEvaluation;
    if (!table || !table_version) return null;
    const [row] = await findTableVersion(tx, [table.table_id, table_version]);
    return row ? compiledTable(row) : null;
  }

  /** Decides on what is there and writes nothing. */
  private async tryOut(question: Question): Promise<RouteResponse> {
    return this.database.transaction(async (tx) => {
      const [material] = await this.material.load(tx, [question], 'look');
      if (material === undefined || material === BUSY) throw new Error('a look was refused');
      if (material instanceof DomainError) throw material;
      const remarks = standingRemarks(question.request, material.move.state);
      const [tried] = await this.decider.decide(tx, [{ ...material, question }]);
      if (!tried) throw new Error('a question had no decision');
      const { decided } = tried;
      return answerOf({ ...decided, reasoning: [...remarks, ...decided.reasoning] }, null);
    });
  }
}

/** All that was asked; two calls with the same hash ask the same. */
function questionHash({ force_evaluation, dry_run, ...question }: RouteRequest): string {
  return createHash('sha256').update(JSON.stringify(question)).digest('hex');
}

/** What a real call would stumble over. */
function standingRemarks(request: RouteRequest, { status, current }: InstanceState): string[] {
  if (status !== 'running') {
    return [`The instance is ${status}, so a call without dry_run would be refused.`];
  }
  if (current && hasEnded(current)) {
    return [
      `Decision ${current.awaiting?.decision_id} waits for a person to choose, so a call without dry_run would be refused.`,
    ];
  }
  return current?.step_id === request.context.current_step_id
    ? []
    : [`The instance stands at ${current?.step_id}, so a call without dry_run would be refused.`];
}
