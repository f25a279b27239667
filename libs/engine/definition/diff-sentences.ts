import type { Change, FieldChanges } from './diff-types.js';
import type { WorkflowDefinition } from './types.js';

/** Changes in words, one sentence each; a field of JSON is named, its content left to the data. */
export function sentencesOf(changes: readonly Change[], after: WorkflowDefinition): string[] {
  return changes.flatMap((change) => {
    switch (change.kind) {
      case 'fields_changed':
        return fieldSentences('The workflow', change.fields);
      case 'step_added':
        return [
          `Step ${change.step.step_id} (“${change.step.step_name}”, ${change.step.step_type}) is added ${placeOf(after, change.step.step_id)}.`,
        ];
      case 'step_removed':
        return [`Step ${change.step.step_id} (“${change.step.step_name}”) is removed.`];
      case 'step_changed':
        return fieldSentences(`Step ${change.step_id}`, change.fields);
      case 'rule_added':
        return [
          `Rule ${change.rule.rule_id} is added: when ${change.rule.condition_expression}, go to ${change.rule.target_step_id}.`,
        ];
      case 'rule_removed':
        return [
          `Rule ${change.rule.rule_id} (when ${change.rule.condition_expression}, go to ${change.rule.target_step_id}) is removed.`,
        ];
      case 'rule_changed':
        return fieldSentences(`Rule ${change.rule_id}`, change.fields);
      case 'rules_ordered':
        return sameOrder(change.before, change.after)
          ? []
          : [`Rules are tried in the order ${change.after.join(', ')}.`];
      case 'level_added':
        return [`Approval level ${change.level.level} (${change.level.role_required}) is added.`];
      case 'level_removed':
        return [`Approval level ${change.level.level} (${change.level.role_required}) is removed.`];
      case 'level_changed':
        return fieldSentences(`Approval level ${change.level}`, change.fields);
    }
  });
}

function fieldSentences(subject: string, fields: FieldChanges): string[] {
  return Object.entries(fields).map(
    ([name, { before, after }]) =>
      `${subject}: ${name} changes from ${inWords(before)} to ${inWords(after)}.`,
  );
}

const LONGEST_VALUE = 80;

function inWords(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  const text = typeof value === 'string' ? `“${value}”` : JSON.stringify(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}

function placeOf({ steps }: WorkflowDefinition, stepId: string): string {
  const ordered = steps.toSorted((a, b) => a.order_sequence - b.order_sequence);
  const before = ordered[ordered.findIndex((step) => step.step_id === stepId) - 1];
  return before ? `after ${before.step_id}` : 'as the first step';
}

/** Whether the rules that both have stand in the same order. */
function sameOrder(before: readonly string[], after: readonly string[]): boolean {
  const [old, current] = [new Set(before), new Set(after)];
  const kept = after.filter((id) => old.has(id));
  return before.filter((id) => current.has(id)).every((id, index) => id === kept[index]);
}
