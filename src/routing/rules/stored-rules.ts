import { Injectable } from '@nestjs/common';

import { compileCondition } from '#engine/definition';
import type { DecisionRule, RoutingAction } from '#engine/routing';
import type { Tx } from '#persistence';

import { findRuleVersions, type StoredRuleRow } from '../decisions/decisions.queries.js';
import { ofPresentTenant } from '#platform/tenancy';

const CAPACITY = 10_000;

/**
 * Versions of stored rules, ready to be tried. Kept by the id of the version: what a version says never changes, and
 * which versions are active is read with each decision, so nothing here can be out of date.
 */
@Injectable()
export class StoredRules {
  private readonly kept = new Map<string, DecisionRule>();

  /** In the order of the ids. */
  async of(tx: Tx, ids: readonly string[]): Promise<DecisionRule[]> {
    const missing = ids.filter((id) => !this.kept.has(ofPresentTenant(id)));
    const found = new Map<string, DecisionRule>();
    if (missing.length > 0) {
      for (const row of await findRuleVersions(tx, [missing])) {
        found.set(row.business_rule_id, decisionRule(row));
      }
    }
    const rules = ids.flatMap((id) => this.kept.get(ofPresentTenant(id)) ?? found.get(id) ?? []);
    for (const [id, rule] of found) this.keep(id, rule);
    return rules;
  }

  private keep(id: string, rule: DecisionRule): void {
    this.kept.set(ofPresentTenant(id), rule);
    const [oldest] = this.kept.keys();
    if (this.kept.size > CAPACITY && oldest !== undefined) this.kept.delete(oldest);
  }
}

function decisionRule({ business_rule_id, target_action, ...rule }: StoredRuleRow): DecisionRule {
  return {
    ...rule,
    origin: 'stored',
    condition: compileCondition(rule.condition_expression),
    action: target_action as RoutingAction,
    is_active: true,
    version_id: business_rule_id,
  };
}
