import { createHash } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import type { CompiledDefinition } from '#engine/definition';
import { DomainError, type Fault, ValidationError } from '#engine/errors';
import {
  compileTree,
  type CompiledTree,
  type Confidence,
  confidenceFrom,
  type Decision,
  decideRouting,
  decidingSentence,
  reasoning,
} from '#engine/routing';
import { Database, newId, type Tx } from '#persistence';
import type { Principal } from '#platform/auth';
import { AppConfig } from '#platform/config';
import { correlationId } from '#platform/logging';
import { DefinitionStore, type InstanceChange, InstanceRuntime } from '#runtime';

import { decisionInput, questionFaults } from './decision-input.js';
import { findActiveTree } from './decision-trees.queries.js';
import {
  answerOf,
  answerOfRecorded,
  type DecidedQuestion,
  decidedById,
  recordOf,
} from './decision-views.js';
import { recordedDecision } from './decision-why.js';
import type { RecordedDecision, RouteRequest, RouteResponse } from './decisions.dto.js';
import {
  type DecisionInstanceRow,
  findDecision,
  findInstance,
  findSameDecision,
  insertDecision,
  lockInstance,
  readOverrides,
  readStoredRules,
} from './decisions.queries.js';
import { OutcomeCounter } from './outcome-counts.js';

const NEVER_JUDGED: Confidence = {
  score: null,
  interval: null,
  cases: 0,
  reason: 'a rejection ends the instance, so nothing later can tell whether it was right',
};

/** What a question names, read. */
interface Material {
  definition: CompiledDefinition;
  tree: CompiledTree | null;
  tree_version: number | null;
}

/** `PUT /conditional/route`: decides where an instance goes, and takes it there. */
@Injectable()
export class DecisionsService {
  constructor(
    private readonly database: Database,
    private readonly config: AppConfig,
    private readonly definitions: DefinitionStore,
    private readonly instances: InstanceRuntime,
    private readonly outcomes: OutcomeCounter,
  ) {}

  /**
   * @throws ValidationError with every fault; DomainError workflow_inactive, step_not_current, instance_not_running
   */
  async route(request: RouteRequest, principal: Principal): Promise<RouteResponse> {
    if (request.dry_run) return this.tryOut(request);
    return this.database.transaction((tx) => this.carryOut(tx, request, principal));
  }

  /** @throws DomainError decision_not_found */
  async why(decision_id: string): Promise<RecordedDecision> {
    const [row] = await findDecision(this.database.read, [decision_id]);
    if (row) return recordedDecision(row);
    throw new DomainError(
      'decision_not_found',
      `There is no recorded decision ${decision_id}; a dry run leaves none.`,
      { decision_id },
    );
  }

  /** Decides on what is there and writes nothing. */
  private async tryOut(request: RouteRequest): Promise<RouteResponse> {
    const { read } = this.database;
    const [instance = null] = await findInstance(read, keyOf(request));
    const material = await this.material(read, request, instance);
    const decided = await this.decide(read, request, material, instance);
    const remarks = instance ? standingRemarks(request, instance) : [];
    return answerOf({ ...decided, reasoning: [...remarks, ...decided.reasoning] }, null);
  }

  private async carryOut(
    tx: Tx,
    request: RouteRequest,
    principal: Principal,
  ): Promise<RouteResponse> {
    const [known = null] = await lockInstance(tx, keyOf(request));
    const material = await this.material(tx, request, known);
    const instance = known ?? (await this.mention(tx, request, principal));
    // Somebody else mentioned it first, maybe on another version.
    if (instance.version_number !== material.definition.version_number) {
      return this.carryOut(tx, request, principal);
    }
    const question = questionHash(request);
    if (!request.force_evaluation) {
      const key = [instance.instance_id, question, instance.last_sequence] as const;
      const [same] = await findSameDecision(tx, [...key]);
      if (same) return answerOfRecorded(same);
    }
    requireStanding(request, instance);
    const decided = await this.decide(tx, request, material, instance);
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
      },
      principal.id,
    );
    return this.record(tx, decided, instance, change, question);
  }

  /** What the question names, read; with everything that it names wrongly in one refusal. */
  private async material(
    tx: Tx,
    request: RouteRequest,
    instance: DecisionInstanceRow | null,
  ): Promise<Material> {
    const { workflow_id, decision_tree_id } = request;
    const faults: Fault[] = [];
    const row = decision_tree_id && (await findActiveTree(tx, [decision_tree_id]))[0];
    const usable =
      row && (row.workflow_id === null || row.workflow_id === workflow_id) ? row : null;
    if (decision_tree_id !== null && !usable) faults.push(noTree(decision_tree_id));
    const definition = await this.definitionOf(tx, request, instance, faults);
    if (definition) faults.push(...questionFaults(request, definition));
    if (!definition || faults.length > 0) throw new ValidationError(faults);
    const tree = usable && compileTree({ ...usable, nodes: usable.tree_structure.nodes });
    return { definition, tree, tree_version: usable ? usable.version_number : null };
  }

  private async definitionOf(
    tx: Tx,
    { workflow_id }: RouteRequest,
    instance: DecisionInstanceRow | null,
    faults: Fault[],
  ): Promise<CompiledDefinition | undefined> {
    try {
      if (instance) return await this.definitions.load(tx, workflow_id, instance.version_number);
      const current = await this.definitions.currentVersion(tx, workflow_id);
      if (!current.is_active) {
        const message = 'The workflow is not active, so no new instance of it can be routed.';
        faults.push({ pointer: '/workflow_id', code: 'workflow_inactive', message });
      }
      return await this.definitions.load(tx, workflow_id, current.version_number);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      faults.push({ pointer: '/workflow_id', code: String(error.code), message: error.message });
      return undefined;
    }
  }

  /** Makes the instance that a client mentions for the first time, standing where it is said to. */
  private async mention(
    tx: Tx,
    request: RouteRequest,
    principal: Principal,
  ): Promise<DecisionInstanceRow> {
    const { workflow_instance_id, current_step_id, workflow_data } = request.context;
    try {
      await this.instances.start(tx, {
        workflow_id: request.workflow_id,
        workflow_instance_id,
        data: workflow_data,
        at_step_id: current_step_id,
        actor: principal.id,
      });
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'instance_exists') throw error;
    }
    const [instance] = await lockInstance(tx, keyOf(request));
    if (instance) return instance;
    throw new Error(`instance ${workflow_instance_id} is gone although it was just mentioned`);
  }

  private async decide(
    tx: Tx,
    request: RouteRequest,
    { definition, tree, tree_version }: Material,
    instance: DecisionInstanceRow | null,
  ): Promise<DecidedQuestion> {
    const { workflow_id, context } = request;
    const now = context.timestamp ? Date.parse(context.timestamp) : Date.now();
    const stored = await readStoredRules(tx, [workflow_id]);
    const overrides = await readOverrides(tx, [workflow_id]);
    const facts = { request, definition, instance, tree, stored, overrides, now };
    const input = decisionInput(facts);
    const started = performance.now();
    const decision = decideRouting(input);
    const execution_time_ms = performance.now() - started;
    const confidence = await this.confidence(tx, request, decision);
    return {
      request,
      request_id: newId(),
      decision_id: newId(),
      version_number: definition.version_number,
      tree_version,
      decision,
      confidence,
      minimum_cases: this.config.settings.ml_min_evidence,
      reasoning: reasoning(decision, confidence),
      execution_time_ms,
      now,
      instance_data: instance?.data ?? {},
      timestamp: new Date(),
    };
  }

  private async confidence(tx: Tx, request: RouteRequest, decision: Decision): Promise<Confidence> {
    if (decision.action === 'reject') return NEVER_JUDGED;
    const counts = await this.outcomes.of(tx, [
      request.workflow_id,
      decision.decided_by,
      decidedById(decision, request),
      decision.tree?.tree_id ?? null,
      decision.target_step_id,
    ]);
    return confidenceFrom(counts, this.config.settings.ml_min_evidence);
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

function keyOf({ workflow_id, context }: RouteRequest): [string, string] {
  return [workflow_id, context.workflow_instance_id];
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

function noTree(tree_id: string): Fault {
  return {
    pointer: '/decision_tree_id',
    code: 'decision_tree_not_found',
    message: `There is no active decision tree ${JSON.stringify(tree_id)} for this workflow; store it first.`,
  };
}
