import type { JsonObject } from '#engine/graph';
import type { CompiledTable } from '#engine/table';

import type { StepOf } from './branches.js';
import { decideByRules, type RuleDecision, type TriedRule } from './rules.js';
import { routeByTable, type TableRoute } from './table-route.js';
import { decideByTree, undecided, type CompiledTree, type TreeDecision } from './tree.js';
import type { DecisionRule, RoutingAction } from './types.js';

/** All that a routing decision depends on. */
export interface DecisionInput {
  /** What the conditions see: `routingContext`. */
  context: JsonObject;
  /** Epoch milliseconds. */
  now: number;
  /** Decides first, where the client names one. */
  tree: CompiledTree | null;
  /** Decides next, where the client names one. */
  table: CompiledTable | null;
  rules: readonly DecisionRule[];
  /** The step after the current one in order; null after the last. */
  next_step_id: string | null;
  stepOf: StepOf;
}

export type DecidedBy = 'tree' | 'table' | 'rule' | 'sequence';

export interface AlternativePath {
  /** The rule that leads there; null for the order of the steps. */
  rule_id: string | null;
  routing_action: RoutingAction;
  target_step_id: string | null;
  reason: string;
}

export interface Decision {
  decided_by: DecidedBy;
  /** What decided: the rule's id, or the tree's leaf; null where the order of the steps or a table's defaults did. */
  decided_by_id: string | null;
  action: RoutingAction;
  target_step_id: string | null;
  applied_rules: string[];
  alternatives: AlternativePath[];
  tree: TreeDecision | null;
  /** Null also where the tree decided before it. */
  table: TableRoute | null;
  rules: RuleDecision;
}

/** Tree, table, rules, order of the steps: the first that decides. The others are its alternatives. Total. */
export function decideRouting(input: DecisionInput): Decision {
  const { context, now, stepOf } = input;
  const hasStep = (stepId: string): boolean => stepOf(stepId) !== undefined;
  const tree =
    input.tree && checkedTarget(decideByTree(input.tree, context, { now, stepOf }), hasStep);
  const table =
    input.table && !tree?.action ? routeByTable(input.table, context, { now, hasStep }) : null;
  const rules = decideByRules(input.rules, context, { now, hasStep });
  const sequence: AlternativePath = {
    rule_id: null,
    routing_action: 'route_to_step',
    target_step_id: input.next_step_id,
    reason: 'The order of the steps.',
  };
  const matching = rules.winner ? [rules.winner, ...rules.alternatives] : [];
  if (tree?.action) {
    return {
      decided_by: 'tree',
      decided_by_id: tree.leaf_node_id,
      action: tree.action,
      target_step_id: tree.target_step_id,
      applied_rules: [],
      alternatives: different(tree.action, tree.target_step_id, [
        ...matching.map(asPath),
        sequence,
      ]),
      tree,
      table,
      rules,
    };
  }
  if (table?.action) {
    return {
      decided_by: 'table',
      decided_by_id: table.rule_id,
      action: table.action,
      target_step_id: table.target_step_id,
      applied_rules: table.matched_rules,
      alternatives: different(table.action, table.target_step_id, [
        ...matching.map(asPath),
        sequence,
      ]),
      tree,
      table,
      rules,
    };
  }
  if (rules.winner) {
    const { rule_id, action, target_step_id } = rules.winner;
    return {
      decided_by: 'rule',
      decided_by_id: rule_id,
      action,
      target_step_id,
      applied_rules: [rule_id],
      alternatives: different(action, target_step_id, [
        ...rules.alternatives.map(asPath),
        sequence,
      ]),
      tree,
      table,
      rules,
    };
  }
  return {
    decided_by: 'sequence',
    decided_by_id: null,
    action: 'route_to_step',
    target_step_id: input.next_step_id,
    applied_rules: [],
    alternatives: [],
    tree,
    table,
    rules,
  };
}

/** A tree for all workflows may lead to a step that this one lacks: then it does not decide here. */
function checkedTarget(decision: TreeDecision, hasStep: (stepId: string) => boolean): TreeDecision {
  const { target_step_id, leaf_node_id } = decision;
  if (target_step_id === null || hasStep(target_step_id)) return decision;
  return undecided(
    decision,
    `node ${leaf_node_id} leads to ${target_step_id}, which is no step of this workflow`,
  );
}

function asPath(rule: TriedRule): AlternativePath {
  return {
    rule_id: rule.rule_id,
    routing_action: rule.action,
    target_step_id: rule.target_step_id,
    reason: `Rule ${rule.rule_id} holds as well, at priority ${rule.priority}.`,
  };
}

/** Paths that end elsewhere than the decision does, each way once. */
function different(
  action: RoutingAction,
  target: string | null,
  paths: readonly AlternativePath[],
): AlternativePath[] {
  const seen = new Set([JSON.stringify([action, target])]);
  return paths.filter((path) => {
    const key = JSON.stringify([path.routing_action, path.target_step_id]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
