import type { ApprovalLevel, RoutingRule, StepDefinition } from './types.js';

export interface FieldChange {
  before: unknown;
  after: unknown;
}

export type FieldChanges = Readonly<Record<string, FieldChange>>;

/** One difference between two definitions, with all that is needed to go either way. */
export type Change =
  | { kind: 'fields_changed'; fields: FieldChanges }
  | { kind: 'step_added'; step: StepDefinition }
  | { kind: 'step_removed'; step: StepDefinition }
  | { kind: 'step_changed'; step_id: string; fields: FieldChanges }
  | { kind: 'rule_added'; rule: RoutingRule }
  | { kind: 'rule_removed'; rule: RoutingRule }
  | { kind: 'rule_changed'; rule_id: string; fields: FieldChanges }
  /** Rules of one priority are tried as written. */
  | { kind: 'rules_ordered'; before: readonly string[]; after: readonly string[] }
  | { kind: 'level_added'; level: ApprovalLevel }
  | { kind: 'level_removed'; level: ApprovalLevel }
  | { kind: 'level_changed'; level: number; fields: FieldChanges };

export interface DefinitionDiff {
  changes: Change[];
  /** The same in words. */
  sentences: string[];
}
