import { compileCondition, type CompiledDefinition } from '#engine/definition';
import type { Fault } from '#engine/errors';
import { type InstanceState, routesAfter, type RoutingOverride } from '#engine/instance';
import {
  ACTIONS_TO_A_STEP,
  type CompiledTree,
  type DecisionInput,
  type DecisionRule,
  routingContext,
} from '#engine/routing';
import type { CompiledTable } from '#engine/table';

import type { BusinessRuleRequest, RouteRequest } from './decisions.dto.js';

/** All that was loaded for one decision. */
export interface DecisionFacts {
  request: RouteRequest;
  definition: CompiledDefinition;
  instance: Pick<InstanceState, 'data' | 'step_entries'>;
  tree: CompiledTree | null;
  table: CompiledTable | null;
  stored: readonly DecisionRule[];
  overrides: readonly RoutingOverride[];
  /** Epoch milliseconds. */
  now: number;
}

/** What a question asks of its workflow that the workflow does not have; empty when it can be decided. */
export function questionFaults(request: RouteRequest, definition: CompiledDefinition): Fault[] {
  const { context, business_rules } = request;
  const standing: Fault[] = definition.step(context.current_step_id)
    ? []
    : [
        {
          pointer: '/context/current_step_id',
          code: 'step_not_found',
          message: `${JSON.stringify(context.current_step_id)} is no step of version ${definition.version_number} of this workflow.`,
        },
      ];
  return [
    ...standing,
    ...business_rules.flatMap((rule, index) => [
      ...repeatedIds(business_rules, index),
      ...targetFaults(rule, `/business_rules/${index}`, (id) => definition.step(id) !== undefined),
    ]),
  ];
}

/** The rule at `index`, where an earlier one has its id. */
export function repeatedIds(rules: readonly BusinessRuleRequest[], index: number): Fault[] {
  const first = rules.findIndex((rule) => rule.rule_id === rules[index]?.rule_id);
  if (first === index) return [];
  return [
    {
      pointer: `/business_rules/${index}/rule_id`,
      code: 'duplicate_rule_id',
      message: `rule_id ${JSON.stringify(rules[index]?.rule_id)} is already used at /business_rules/${first}; give each its own.`,
    },
  ];
}

/** A rule whose action needs a step and has none, or that names one that there is not. */
export function targetFaults(
  { target_action, target_step_id }: Pick<BusinessRuleRequest, 'target_action' | 'target_step_id'>,
  at: string,
  hasStep: (stepId: string) => boolean,
): Fault[] {
  const pointer = `${at}/target_step_id`;
  if (target_step_id === null) {
    if (!ACTIONS_TO_A_STEP.includes(target_action)) return [];
    const message = `${target_action} needs the step_id to go to.`;
    return [{ pointer, code: 'required', message }];
  }
  if (hasStep(target_step_id)) return [];
  const message = `${JSON.stringify(target_step_id)} is no step of this workflow; name one of its step_ids.`;
  return [{ pointer, code: 'unknown_step', message }];
}

/** What the pure engine decides on. */
export function decisionInput(facts: DecisionFacts): DecisionInput {
  const { request, definition, instance, tree, table, now } = facts;
  const { current_step_id, workflow_data, user_context, system_context } = request.context;
  const routes = routesAfter(definition, facts.overrides, current_step_id, instance);
  return {
    context: routingContext({
      instance_data: instance.data,
      workflow_data,
      user_context,
      system_context,
      step: { id: current_step_id, outcome: 'routed' },
    }),
    now,
    tree,
    table,
    rules: [
      ...request.business_rules.map(sentRule),
      ...facts.stored,
      ...[...routes].map(({ rule }) => rule),
    ],
    next_step_id: definition.stepAfter(current_step_id)?.step_id ?? null,
    stepOf: (stepId) => definition.step(stepId),
  };
}

function sentRule(rule: BusinessRuleRequest): DecisionRule {
  const { rule_id, rule_name, condition_type, condition_expression, target_action } = rule;
  return {
    rule_id,
    rule_name,
    origin: 'request',
    condition_type,
    condition_expression,
    condition: compileCondition(condition_expression),
    action: target_action,
    target_step_id: rule.target_step_id,
    priority: rule.priority,
    is_active: rule.is_active,
    version_id: null,
  };
}
