import { reasoning } from '#engine/routing';
import { newId, statement, type Tx, unawaited } from '#persistence';

import type { TakenDecision, InstanceMove } from '../instances/instance-move.js';

/** Columns of decisions as a JSON list. */
const insertDecisions = statement<never, [decisions: string]>(
  'insert_automatic_decisions',
  `insert into routing_analytics (
     analytics_id, decision_id, request_id, workflow_id, version_number, instance_id, workflow_instance_id,
     current_step_id, routing_action, target_step_id, decided_by, decided_by_id, instance_sequence, confidence_score,
     confidence_cases, execution_time_ms, rules_evaluated, applied_rules, reasoning, decision_tree_used, context_data,
     evaluation, correlation_id, person_choice, routing_timestamp)
   select analytics_id, decision_id, request_id, workflow_id, version_number, instance_id, workflow_instance_id,
     current_step_id, routing_action, target_step_id, decided_by, decided_by_id, instance_sequence, confidence_score,
     confidence_cases, execution_time_ms, rules_evaluated, applied_rules, reasoning, decision_tree_used, context_data,
     evaluation, correlation_id, person_choice, routing_timestamp
   from jsonb_to_recordset($1::jsonb) as d (
     analytics_id uuid, decision_id uuid, request_id uuid, workflow_id uuid, version_number int, instance_id uuid,
     workflow_instance_id text, current_step_id text, routing_action text, target_step_id text, decided_by text,
     decided_by_id text, instance_sequence int, confidence_score float8, confidence_cases int,
     execution_time_ms float8, rules_evaluated jsonb, applied_rules jsonb, reasoning jsonb, decision_tree_used text,
     context_data jsonb, evaluation jsonb, correlation_id text, person_choice text, routing_timestamp timestamptz)`,
);

/** Records what trees and rules decided by themselves on these moves: to be explained, as evidence, and for a person to choose where it says so. */
export function recordAutomaticDecisions(tx: Tx, moves: readonly InstanceMove[]): void {
  const decisions = moves.flatMap((move) => move.decisions.map((one) => decisionRow(move, one)));
  if (decisions.length > 0) unawaited(tx, insertDecisions(tx, [JSON.stringify(decisions)]));
}

function decisionRow(
  { instance, definition, decidingMs }: InstanceMove,
  { after, decision, confidence, awaits_person, ...decided }: TakenDecision,
): object {
  const { decided_by, tree, rules } = decision;
  const decided_by_id = decision.decided_by_id ?? after.step_id;
  const { minimum_confidence } = definition.definition;
  return {
    analytics_id: newId(),
    decision_id: decided.decision_id,
    request_id: newId(),
    workflow_id: instance.workflow_id,
    version_number: definition.version_number,
    instance_id: instance.instance_id,
    workflow_instance_id: instance.workflow_instance_id,
    current_step_id: after.step_id,
    routing_action: decision.action,
    target_step_id: decision.target_step_id,
    decided_by,
    decided_by_id,
    instance_sequence: decided.sequence,
    confidence_score: confidence?.score ?? null,
    confidence_cases: confidence?.cases ?? 0,
    execution_time_ms: decidingMs,
    rules_evaluated: rules.tried.map(({ rule_id }) => rule_id),
    applied_rules: decision.applied_rules,
    reasoning: reasoning(decision, confidence, minimum_confidence),
    decision_tree_used: tree?.tree_id ?? null,
    context_data: {
      workflow_data: decided.data,
      user_context: {},
      system_context: {},
      instance_data: {},
      now: new Date(decided.now).toISOString(),
    },
    evaluation: {
      rules: rules.tried,
      tree,
      tree_version: tree?.version_number ?? null,
      step_outcome: after.outcome,
      analytics: {
        version_number: definition.version_number,
        decided_by,
        decided_by_id,
        rules_evaluated: rules.tried.length,
        decision_tree_used: tree?.tree_id ?? null,
        tree_path: tree?.path.map((node) => node.node_id) ?? [],
        parallel_branches: tree?.branches ?? [],
        confidence,
        minimum_confidence,
        awaits_person,
        is_automatic: true,
      },
    },
    correlation_id: instance.correlation_id,
    person_choice: awaits_person ? 'pending' : null,
    routing_timestamp: new Date().toISOString(),
  };
}
