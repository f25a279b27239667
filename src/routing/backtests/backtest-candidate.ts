import type { CompiledDefinition } from '#engine/definition';
import {
  compileTree,
  type CompiledTree,
  type DecisionInput,
  type DecisionTree,
} from '#engine/routing';
import { compileTable, type CompiledTable, type DecisionTable } from '#engine/table';

import type { BusinessRuleRequest, RouteRequest } from '../decisions/decisions.dto.js';
import { decisionInput } from '../decisions/decision-input.js';

/** What is tried on recorded decisions, as it is stored with the backtest. */
export interface BacktestCandidate {
  business_rules: BusinessRuleRequest[];
  decision_tree: DecisionTree | null;
  decision_table: DecisionTable | null;
}

/** A recorded question: see `recordOf`. */
interface RecordedQuestion {
  workflow_data: Record<string, unknown>;
  user_context: Record<string, unknown>;
  system_context: Record<string, unknown>;
  instance_data: Record<string, unknown>;
  now: string;
}

export interface CompiledCandidate {
  business_rules: BusinessRuleRequest[];
  tree: CompiledTree | null;
  table: CompiledTable | null;
}

export function compileCandidate(candidate: BacktestCandidate): CompiledCandidate {
  const { business_rules, decision_tree, decision_table } = candidate;
  return {
    business_rules,
    tree: decision_tree && compileTree(decision_tree),
    table: decision_table && compileTable(decision_table),
  };
}

/**
 * A recorded question put to the candidate: it stands in the place of the tree, table, rules sent along and stored
 * rules of then. What it does not decide, the routing rules of the workflow's version do, or the order of its steps.
 */
export function candidateInput(
  { business_rules, tree, table }: CompiledCandidate,
  definition: CompiledDefinition,
  workflow_id: string,
  recorded: { workflow_instance_id: string; current_step_id: string; context_data: object },
): DecisionInput {
  const { now, instance_data, ...data } = recorded.context_data as RecordedQuestion;
  const { workflow_instance_id, current_step_id } = recorded;
  const request: RouteRequest = {
    workflow_id,
    context: { workflow_instance_id, current_step_id, ...data },
    business_rules,
    decision_tree_id: null,
    decision_table_id: null,
    force_evaluation: true,
    dry_run: true,
  };
  return decisionInput({
    request,
    definition,
    instance: { data: instance_data, step_entries: { [current_step_id]: 1 } },
    tree,
    table,
    stored: [],
    overrides: [],
    now: Date.parse(now),
  });
}
