import type { CompiledDefinition } from '#engine/definition';
import type { DecisionRule } from '#engine/routing';

import type { RoutingOverride } from './facts.js';
import type { InstanceState } from './types.js';

/** A way that a routing rule or a temporary route may send an instance. */
export interface Route {
  routed_by: 'override' | 'rule';
  routed_by_id: string;
  rule: DecisionRule;
}

/** Temporary routes, then the workflow's routing rules, of those that may apply after this step: first tried first. */
export function* routesAfter(
  { rules }: CompiledDefinition,
  overrides: readonly RoutingOverride[],
  stepId: string,
  state: Pick<InstanceState, 'step_entries'>,
): Generator<Route> {
  for (const route of overrides) {
    if (!appliesAfter(route, stepId, state)) continue;
    const { routing_id, routing_rule_id } = route;
    const named = {
      rule_id: routing_rule_id,
      rule_name: routing_rule_id,
      origin: 'override',
    } as const;
    const rule = { ...named, condition_type: 'override', ...routing(route) };
    yield { routed_by: 'override', routed_by_id: routing_id, rule };
  }
  for (const route of rules) {
    if (!appliesAfter(route, stepId, state)) continue;
    const { rule_id, description } = route;
    const named = { rule_id, rule_name: description || rule_id, origin: 'workflow' } as const;
    const rule = { ...named, condition_type: 'routing_rule', ...routing(route) };
    yield { routed_by: 'rule', routed_by_id: rule_id, rule };
  }
}

/** A route with a source holds after that step alone, and may loop; one without never leads back to a step entered before. */
function appliesAfter(
  route: { source_step_id: string | null; target_step_id: string },
  stepId: string,
  state: Pick<InstanceState, 'step_entries'>,
): boolean {
  return route.source_step_id === null
    ? timesEntered(state, route.target_step_id) === 0
    : route.source_step_id === stepId;
}

/** Entries that count: those that a restoration has undone do not. */
function timesEntered({ step_entries }: Pick<InstanceState, 'step_entries'>, id: string): number {
  return Object.hasOwn(step_entries, id) ? Math.max(0, step_entries[id] ?? 0) : 0;
}

function routing(
  route: Pick<DecisionRule, 'condition_expression' | 'condition' | 'priority'> & {
    target_step_id: string;
  },
): Omit<DecisionRule, 'rule_id' | 'rule_name' | 'origin' | 'condition_type'> {
  const { condition_expression, condition, target_step_id, priority } = route;
  return {
    condition_expression,
    condition,
    action: 'route_to_step',
    target_step_id,
    priority,
    is_active: true,
    version_id: null,
  };
}
