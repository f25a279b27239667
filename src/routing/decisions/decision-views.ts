import type { Confidence, Decision, RoutingAction } from '#engine/routing';
import { newId } from '#persistence';
import type { InstanceChange } from '#runtime';

import type { AlternativePathView, RouteRequest, RouteResponse } from './decisions.dto.js';
import type { DecisionRow } from './decisions.queries.js';

/** A question with its answer, before anything came of it. */
export interface DecidedQuestion {
  request: RouteRequest;
  request_id: string;
  decision_id: string;
  version_number: number;
  /** Of the table that was asked for; null without one. */
  table_version: number | null;
  decision: Decision;
  confidence: Confidence;
  minimum_cases: number;
  /** Of the workflow; null: it asks for none. */
  minimum_confidence: number | null;
  /** It is less certain than that: a person chooses. */
  held: boolean;
  reasoning: string[];
  execution_time_ms: number;
  /** What `now()` was: epoch milliseconds. */
  now: number;
  instance_data: Record<string, unknown>;
  timestamp: Date;
}

/** What like decisions have in common beside their target: the rule, the leaf, or the step whose successor follows. */
export function decidedById(decision: Decision, { context }: RouteRequest): string {
  return decision.decided_by_id ?? context.current_step_id;
}

/** The table that decided, else the tree that was asked: the other half of what like decisions have in common. */
export function usedBy({ decided_by, table, tree }: Decision): string | null {
  return decided_by === 'table' ? (table?.table_id ?? null) : (tree?.tree_id ?? null);
}

/** @param change what came of it; null when it was only tried out */
export function answerOf(decided: DecidedQuestion, change: InstanceChange | null): RouteResponse {
  const { request, decision, confidence } = decided;
  return {
    request_id: decided.request_id,
    workflow_id: request.workflow_id,
    workflow_instance_id: request.context.workflow_instance_id,
    routing_decision: {
      decision_id: decided.decision_id,
      routing_action: decision.action,
      target_step_id: decision.target_step_id,
      reasoning: decided.reasoning,
      confidence_score: confidence.score,
      applied_rules: decision.applied_rules,
      execution_time_ms: decided.execution_time_ms,
      alternative_paths: decision.alternatives,
    },
    timestamp: decided.timestamp.toISOString(),
    is_dry_run: request.dry_run,
    routing_analytics: analyticsOf(decided, change),
  };
}

function analyticsOf(
  decided: DecidedQuestion,
  change: InstanceChange | null,
): Record<string, unknown> {
  const { decision, confidence, minimum_cases, request } = decided;
  const { tried } = decision.rules;
  return {
    version_number: decided.version_number,
    decided_by: decision.decided_by,
    decided_by_id: decidedById(decision, request),
    rules_evaluated: tried.length,
    rules_matched: tried.filter((rule) => rule.matched).length,
    rules_undetermined: tried.filter((rule) => rule.value === null).length,
    decision_tree_used: decision.tree?.tree_id ?? null,
    tree_path: decision.tree?.path.map((node) => node.node_id) ?? [],
    decision_table_used: decision.table?.table_id ?? null,
    parallel_branches: decision.tree?.branches ?? [],
    confidence: { ...confidence, minimum_cases },
    minimum_confidence: decided.minimum_confidence,
    awaits_person: decided.held,
    is_repeated: false,
    instance: change && {
      instance_id: change.instance_id,
      status: change.state.status,
      current_step_id: change.state.current?.step_id ?? null,
    },
  };
}

/** The columns of a decision that was carried out. */
export function recordOf(
  decided: DecidedQuestion,
  change: InstanceChange,
): Record<string, unknown> {
  const { request, decision, confidence, now } = decided;
  const { workflow_data, user_context, system_context, current_step_id } = request.context;
  return {
    analytics_id: newId(),
    decision_id: decided.decision_id,
    request_id: decided.request_id,
    workflow_id: request.workflow_id,
    version_number: decided.version_number,
    instance_id: change.instance_id,
    workflow_instance_id: change.workflow_instance_id,
    current_step_id,
    routing_action: decision.action,
    target_step_id: decision.target_step_id,
    decided_by: decision.decided_by,
    decided_by_id: decidedById(decision, request),
    confidence_score: confidence.score,
    confidence_cases: confidence.cases,
    execution_time_ms: decided.execution_time_ms,
    rules_evaluated: decision.rules.tried.map((rule) => rule.rule_id),
    applied_rules: decision.applied_rules,
    reasoning: decided.reasoning,
    alternative_paths: decision.alternatives,
    decision_tree_used: decision.tree?.tree_id ?? null,
    decision_table_used: decision.table?.table_id ?? null,
    context_data: {
      workflow_data,
      user_context,
      system_context,
      instance_data: beneath(decided.instance_data, workflow_data),
      now: new Date(now).toISOString(),
    },
    evaluation: {
      rules: decision.rules.tried,
      tree: decision.tree,
      table: decision.table,
      rule_version: decision.decided_by === 'rule' ? decision.rules.winner?.version_id : null,
      tree_version: decision.tree?.version_number ?? null,
      table_version: decided.table_version,
      analytics: analyticsOf(decided, change),
    },
    person_choice: decided.held ? 'pending' : null,
    routing_timestamp: decided.timestamp,
  };
}

/** Fields of the instance that what was sent does not cover: the rest was not seen. */
function beneath(
  instance_data: Record<string, unknown>,
  workflow_data: Record<string, unknown>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(instance_data).filter(([key]) => !Object.hasOwn(workflow_data, key)),
  );
}

/** A decision that was taken earlier, as its call was answered then. */
export function answerOfRecorded(row: DecisionRow): RouteResponse {
  const { analytics } = row.evaluation as { analytics: Record<string, unknown> };
  return {
    request_id: row.request_id,
    workflow_id: row.workflow_id,
    workflow_instance_id: row.workflow_instance_id,
    routing_decision: {
      decision_id: row.decision_id,
      routing_action: row.routing_action as RoutingAction,
      target_step_id: row.target_step_id,
      reasoning: row.reasoning,
      confidence_score: row.confidence_score,
      applied_rules: row.applied_rules,
      execution_time_ms: row.execution_time_ms,
      alternative_paths: row.alternative_paths as AlternativePathView[],
    },
    timestamp: row.routing_timestamp.toISOString(),
    is_dry_run: false,
    routing_analytics: { ...analytics, is_repeated: true },
  };
}
