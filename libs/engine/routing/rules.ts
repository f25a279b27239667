import type { JsonObject } from '#engine/graph';

import { tryCondition } from './trial.js';
import { RULE_ORIGINS, type DecisionRule, type RoutingAction, type RuleOrigin } from './types.js';

/** A rule as a decision tried it. Plain data: it is stored with the decision and shown later. */
export interface TriedRule {
  rule_id: string;
  rule_name: string;
  origin: RuleOrigin;
  condition_type: string;
  condition_expression: string;
  action: RoutingAction;
  target_step_id: string | null;
  priority: number;
  /** The stored version of it; null of a rule that is not stored by itself. */
  version_id: string | null;
  matched: boolean;
  /** What the condition was on these data; null when it could not be told or was not tried. */
  value: boolean | null;
  warnings: string[];
  /** Why it does not apply, when that is not simply because its condition is false. */
  reason: string | null;
}

export interface RuleDecision {
  winner: TriedRule | null;
  /** Those that match as well, in the order in which they would have been tried. */
  alternatives: TriedRule[];
  /** All of them, in the order tried. */
  tried: TriedRule[];
}

export interface RuleOptions {
  /** Epoch milliseconds: what `now()` and `today()` are. */
  now: number;
  /** Whether the workflow has this step; a rule for all workflows may name one that this one lacks. */
  hasStep: (stepId: string) => boolean;
}

/** Each exceeds its budget before it is given up, so a set of them must not each be allowed to. */
const MOST_EXCEEDED = 3;

/**
 * Tries every active rule by origin, priority and position: the first that holds wins, the others that hold are the
 * alternatives. Never throws for what the data or an expression are: such a rule does not match, and says why.
 */
export function decideByRules(
  rules: readonly DecisionRule[],
  context: JsonObject,
  options: RuleOptions,
): RuleDecision {
  let exceeded = 0;
  const tried = inOrder(rules).map((rule): TriedRule => {
    if (rule.target_step_id !== null && !options.hasStep(rule.target_step_id)) {
      return untried(rule, `it leads to ${rule.target_step_id}, which is no step of this workflow`);
    }
    if (exceeded >= MOST_EXCEEDED) {
      return untried(rule, `it was not tried: ${MOST_EXCEEDED} rules before it took too much work`);
    }
    const { tried, exceeded: tooMuch } = tryRule(rule, context, options.now);
    if (tooMuch) exceeded += 1;
    return tried;
  });
  const [winner = null, ...alternatives] = tried.filter((rule) => rule.matched);
  return { winner, alternatives, tried };
}

/** One rule on one set of data, and whether it took too much work. Total. */
export function tryRule(
  rule: DecisionRule,
  context: JsonObject,
  now: number,
): { tried: TriedRule; exceeded: boolean } {
  const trial = tryCondition(rule.condition, context, now);
  const { matched, value, warnings, exceeded } = trial;
  return { tried: { ...shown(rule), matched, value, warnings, reason: whyNot(trial) }, exceeded };
}

function inOrder(rules: readonly DecisionRule[]): DecisionRule[] {
  const rank = (rule: DecisionRule): number => RULE_ORIGINS.indexOf(rule.origin);
  return rules
    .filter((rule) => rule.is_active)
    .sort((a, b) => rank(a) - rank(b) || a.priority - b.priority);
}

function whyNot(trial: {
  value: boolean | null;
  warnings: string[];
  exceeded: boolean;
}): string | null {
  if (trial.value !== null) return null;
  const because =
    trial.warnings.length > 0 ? trial.warnings.join('; ') : 'the data lack what it asks about';
  return `its condition could not be told: ${because}`;
}

function untried(rule: DecisionRule, reason: string): TriedRule {
  return { ...shown(rule), matched: false, value: null, warnings: [], reason };
}

function shown({
  condition,
  is_active,
  ...rule
}: DecisionRule): Omit<DecisionRule, 'condition' | 'is_active'> {
  return rule;
}
