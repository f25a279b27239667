import type { CompiledDefinition } from '#engine/definition';
import { evolve, type EventOf, type InstanceState, type JudgedMove } from '#engine/instance';
import { certaintySentences } from '#engine/routing';
import { newId, statement, type Tx } from '#persistence';

import type { InstanceMove } from '../instances/instance-move.js';

/** Columns of decisions as a JSON list. */
const insertDecisions = statement<never, [decisions: string]>(
  'insert_automatic_decisions',
  `insert into routing_analytics (
     analytics_id, decision_id, request_id, workflow_id, version_number, instance_id, workflow_instance_id,
     current_step_id, routing_action, target_step_id, decided_by, decided_by_id, instance_sequence, confidence_score,
     confidence_cases, execution_time_ms, applied_rules, reasoning, decision_tree_used, context_data, evaluation,
     correlation_id, person_choice, routing_timestamp)
   select analytics_id, decision_id, request_id, workflow_id, version_number, instance_id, workflow_instance_id,
     current_step_id, 'route_to_step', target_step_id, decided_by, decided_by_id, instance_sequence, confidence_score,
     confidence_cases, 0, applied_rules, reasoning, decision_tree_used, context_data, evaluation, correlation_id,
     person_choice, routing_timestamp
   from jsonb_to_recordset($1::jsonb) as d (
     analytics_id uuid, decision_id uuid, request_id uuid, workflow_id uuid, version_number int, instance_id uuid,
     workflow_instance_id text, current_step_id text, target_step_id text, decided_by text, decided_by_id text,
     instance_sequence int, confidence_score float8, confidence_cases int, applied_rules jsonb, reasoning jsonb,
     decision_tree_used text, context_data jsonb, evaluation jsonb, correlation_id text, person_choice text,
     routing_timestamp timestamptz)`,
);

/** Records what rules and trees decided by themselves on these moves: evidence, and for a person to choose where it says so. */
export async function recordAutomaticDecisions(
  tx: Tx,
  moves: readonly InstanceMove[],
): Promise<void> {
  const decisions = moves.flatMap(automaticDecisions);
  if (decisions.length > 0) await insertDecisions(tx, [JSON.stringify(decisions)]);
}

function automaticDecisions(move: InstanceMove): object[] {
  const { last_sequence } = move.instance;
  let state = move.before;
  return move.acted.flatMap(({ event }, index) => {
    state = evolve(state, event);
    if (event.type !== 'decision_taken' && event.type !== 'decision_awaited') return [];
    // the next event enters the step that was decided on: that is not a way back
    const sequence = last_sequence + index + 2;
    return event.judged ? [decisionRow(move, event, event.judged, state, sequence)] : [];
  });
}

function decisionRow(
  { instance, definition, decidingMs }: InstanceMove,
  event: EventOf<'decision_taken' | 'decision_awaited'>,
  judged: JudgedMove,
  { data }: InstanceState,
  instance_sequence: number,
): object {
  const { confidence, target_step_id, tree_id, decided_by, decided_by_id } = judged;
  const { decision_id, step_id } = event;
  const held = event.type === 'decision_awaited';
  const now = new Date().toISOString();
  const { minimum_confidence } = definition.definition;
  return {
    analytics_id: newId(),
    decision_id,
    request_id: newId(),
    workflow_id: instance.workflow_id,
    version_number: definition.version_number,
    instance_id: instance.instance_id,
    workflow_instance_id: instance.workflow_instance_id,
    current_step_id: step_id,
    target_step_id,
    decided_by,
    decided_by_id,
    instance_sequence,
    confidence_score: confidence.score,
    confidence_cases: confidence.cases,
    execution_time_ms: decidingMs,
    applied_rules: decided_by === 'rule' ? [decided_by_id] : [],
    reasoning: [
      sentenceOf(definition, judged),
      ...certaintySentences(confidence, minimum_confidence),
    ],
    decision_tree_used: tree_id,
    context_data: {
      workflow_data: data,
      user_context: {},
      system_context: {},
      instance_data: {},
      now,
    },
    evaluation: {
      rules: [],
      tree: null,
      analytics: {
        version_number: definition.version_number,
        decided_by,
        decided_by_id,
        decision_tree_used: tree_id,
        confidence,
        minimum_confidence,
        awaits_person: held,
        is_automatic: true,
      },
    },
    correlation_id: instance.correlation_id,
    person_choice: held ? 'pending' : null,
    routing_timestamp: now,
  };
}

function sentenceOf(
  { rules }: CompiledDefinition,
  { decided_by_id, tree_id, target_step_id }: JudgedMove,
): string {
  if (tree_id !== null) {
    return `Node ${decided_by_id} of decision tree ${tree_id} routes to ${target_step_id}.`;
  }
  const rule = rules.find(({ rule_id }) => rule_id === decided_by_id);
  return `Routing rule ${decided_by_id} applies: "${rule?.condition_expression}" is true, so it routes to ${target_step_id}.`;
}
