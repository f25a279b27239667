import { createHash } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { DomainError } from '#engine/errors';
import {
  type Confidence,
  type Decision,
  decideRouting,
  decidingSentence,
  isTooUncertain,
  reasoning,
} from '#engine/routing';
import type { CompiledTable } from '#engine/table';
import { Database, newId, type Tx } from '#persistence';
import type { Principal } from '#platform/auth';
import { keepBody } from '#platform/http';
import { correlationId } from '#platform/logging';
import { DecisionEvidence, type InstanceChange, InstanceRuntime } from '#runtime';

import { compiledTable } from './compiled-tables.js';
import { decisionInput } from './decision-input.js';
import { DecisionMaterial, type Material } from './decision-material.js';
import { findTableVersion } from './decision-tables.queries.js';
import {
  answerOf,
  answerOfRecorded,
  type DecidedQuestion,
  decidedById,
  recordOf,
  usedBy,
} from './decision-views.js';
import { recordedDecision, type RecordedEvaluation } from './decision-why.js';
import type { RecordedDecision, RouteRequest, RouteResponse } from './decisions.dto.js';
import {
  type DecisionInstanceRow,
  type DecisionRow,
  findDecision,
  insertDecision,
} from './decisions.queries.js';

const NEVER_JUDGED: Confidence = {
  score: null,
  basis: null,
  interval: null,
  cases: 0,
  reason: 'a rejection ends the instance, so nothing later can tell whether it was right',
};

/** `PUT /conditional/route`: decides where an instance goes, and takes it there. */
@Injectable()
export class DecisionsService {
  constructor(
    private readonly database: Database,
    private readonly material: DecisionMaterial,
    private readonly instances: InstanceRuntime,
    private readonly evidence: DecisionEvidence,
  ) {}

  /**
   * @throws ValidationError with every fault; DomainError workflow_inactive, step_not_current, instance_not_running
   */
  async route(request: RouteRequest, principal: Principal): Promise<RouteResponse> {
    if (request.dry_run) return this.tryOut(request);
    return this.database.transaction(async (tx) =>
      keepBody(tx, await this.carryOut(tx, request, principal)),
    );
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
  private async tryOut(request: RouteRequest): Promise<RouteResponse> {
    const { read } = this.database;
    const question = questionHash(request);
    const material = await this.material.load(read, request, question, { hold: false });
    const decided = await this.decide(read, request, material);
    const remarks = material.instance ? standingRemarks(request, material.instance) : [];
    return answerOf({ ...decided, reasoning: [...remarks, ...decided.reasoning] }, null);
  }

  private async carryOut(
    tx: Tx,
    request: RouteRequest,
    principal: Principal,
  ): Promise<RouteResponse> {
    const question = questionHash(request);
    const material = await this.material.load(tx, request, question, { hold: true });
    const instance = material.instance ?? (await this.mention(tx, request, principal));
    // Somebody else mentioned it first, and it is there by now.
    if (!instance) return this.carryOut(tx, request, principal);
    if (material.same && !request.force_evaluation) return answerOfRecorded(material.same);
    requireStanding(request, instance);
    const decided = await this.decide(tx, request, { ...material, instance });
    const { decision, decision_id } = decided;
    const change = await this.instances.apply(
      tx,
      { instance_id: instance.instance_id },
      {
        type: 'route',
        action: decision.action,
        from_step_id: request.context.current_step_id,
        target_step_id: decision.target_step_id,
        decision_id,
        reason: decidingSentence(decision),
        held: decided.held,
      },
      principal.id,
    );
    return this.record(tx, decided, instance, change, question);
  }

  /** Makes the instance that a client mentions for the first time, standing where it is said to. Null: another was first. */
  private async mention(
    tx: Tx,
    request: RouteRequest,
    principal: Principal,
  ): Promise<DecisionInstanceRow | null> {
    const { workflow_instance_id, current_step_id, workflow_data } = request.context;
    try {
      const { instance_id, version_number, state, events } = await this.instances.start(tx, {
        workflow_id: request.workflow_id,
        workflow_instance_id,
        data: workflow_data,
        at_step_id: current_step_id,
        actor: principal.id,
      });
      return {
        instance_id,
        version_number,
        status: 'running',
        current_step_id,
        data: state.data,
        step_entries: state.step_entries,
        last_sequence: events.length,
      };
    } catch (error) {
      if (error instanceof DomainError && error.code === 'instance_exists') return null;
      throw error;
    }
  }

  private async decide(
    tx: Tx,
    request: RouteRequest,
    material: Material,
  ): Promise<DecidedQuestion> {
    const { timestamp } = request.context;
    const now = timestamp ? Date.parse(timestamp) : Date.now();
    const input = decisionInput({ ...material, request, now });
    const started = performance.now();
    const decision = decideRouting(input);
    const execution_time_ms = performance.now() - started;
    const confidence = await this.confidence(tx, request, decision);
    const { minimum_confidence } = material.definition.definition;
    return {
      request,
      request_id: newId(),
      decision_id: newId(),
      version_number: material.definition.version_number,
      tree_version: material.tree_version,
      table_version: material.table_version,
      decision,
      confidence,
      minimum_cases: this.evidence.minimumCases,
      minimum_confidence,
      held: isTooUncertain(confidence, minimum_confidence),
      reasoning: reasoning(decision, confidence, minimum_confidence),
      execution_time_ms,
      now,
      instance_data: material.instance?.data ?? {},
      timestamp: new Date(),
    };
  }

  private async confidence(tx: Tx, request: RouteRequest, decision: Decision): Promise<Confidence> {
    if (decision.action === 'reject') return NEVER_JUDGED;
    return this.evidence.confidence(tx, [
      request.workflow_id,
      decision.decided_by,
      decidedById(decision, request),
      usedBy(decision),
      decision.target_step_id,
    ]);
  }

  private async record(
    tx: Tx,
    decided: DecidedQuestion,
    instance: DecisionInstanceRow,
    change: InstanceChange,
    question_hash: string,
  ): Promise<RouteResponse> {
    const record = {
      ...recordOf(decided, change),
      question_hash,
      instance_sequence: instance.last_sequence + change.events.length,
      correlation_id: correlationId() ?? null,
    };
    await insertDecision(tx, [JSON.stringify(record)]);
    return answerOf(decided, change);
  }
}

/** All that was asked; two calls with the same hash ask the same. */
function questionHash({ force_evaluation, dry_run, ...question }: RouteRequest): string {
  return createHash('sha256').update(JSON.stringify(question)).digest('hex');
}

function requireStanding(request: RouteRequest, instance: DecisionInstanceRow): void {
  const { current_step_id } = request.context;
  if (instance.status === 'running' && instance.current_step_id !== current_step_id) {
    throw new DomainError(
      'step_not_current',
      `The instance stands at ${instance.current_step_id ?? 'no step'}, not at ${current_step_id}; read it and ask again.`,
      { step_id: current_step_id, current_step_id: instance.current_step_id },
    );
  }
}

/** What a real call would stumble over. */
function standingRemarks(request: RouteRequest, instance: DecisionInstanceRow): string[] {
  if (instance.status !== 'running') {
    return [`The instance is ${instance.status}, so a call without dry_run would be refused.`];
  }
  return instance.current_step_id === request.context.current_step_id
    ? []
    : [
        `The instance stands at ${instance.current_step_id}, so a call without dry_run would be refused.`,
      ];
}
