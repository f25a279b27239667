import type { JsonObject } from '#engine/graph';

import { sentencesOf } from './diff-sentences.js';
import type { Change, DefinitionDiff, FieldChanges } from './diff-types.js';
import type { RoutingRule, WorkflowDefinition } from './types.js';

/** What differs between two definitions without faults. Steps are told apart by step_id, rules by rule_id, levels by level. */
export function diffDefinitions(
  before: WorkflowDefinition,
  after: WorkflowDefinition,
): DefinitionDiff {
  const fields = fieldChanges(fieldsOf(before), fieldsOf(after));
  const ruleIds = (definition: WorkflowDefinition): string[] =>
    inOrder(definition).routing_rules.map((rule) => rule.rule_id);
  const changes: Change[] = [
    ...(fields ? [{ kind: 'fields_changed' as const, fields }] : []),
    ...itemChanges(before.steps, after.steps, (step) => step.step_id, {
      added: (step) => ({ kind: 'step_added', step }),
      removed: (step) => ({ kind: 'step_removed', step }),
      changed: ({ step_id }, changed) => ({ kind: 'step_changed', step_id, fields: changed }),
    }),
    ...itemChanges(before.routing_rules, after.routing_rules, (rule) => rule.rule_id, {
      added: (rule) => ({ kind: 'rule_added', rule }),
      removed: (rule) => ({ kind: 'rule_removed', rule }),
      changed: ({ rule_id }, changed) => ({ kind: 'rule_changed', rule_id, fields: changed }),
    }),
    ...itemChanges(before.approval_hierarchies, after.approval_hierarchies, (l) => l.level, {
      added: (level) => ({ kind: 'level_added', level }),
      removed: (level) => ({ kind: 'level_removed', level }),
      changed: ({ level }, changed) => ({ kind: 'level_changed', level, fields: changed }),
    }),
  ];
  const order = { before: ruleIds(before), after: ruleIds(after) };
  if (!sameJson(order.before, order.after)) changes.push({ kind: 'rules_ordered', ...order });
  return { changes, sentences: sentencesOf(changes, after) };
}

/** The definition that the diff leads to from this one; parts in order: see `inOrder`. */
export function applyDiff(
  definition: WorkflowDefinition,
  { changes }: Pick<DefinitionDiff, 'changes'>,
): WorkflowDefinition {
  let fields: JsonObject = fieldsOf(definition);
  const steps = byKey(definition.steps, (step) => step.step_id);
  const rules = byKey(definition.routing_rules, (rule) => rule.rule_id);
  const levels = byKey(definition.approval_hierarchies, (level) => level.level);
  let ruleOrder: readonly string[] = definition.routing_rules.map((rule) => rule.rule_id);
  for (const change of changes) {
    switch (change.kind) {
      case 'fields_changed':
        fields = withChanges(fields, change.fields);
        break;
      case 'step_added':
        steps.set(change.step.step_id, change.step);
        break;
      case 'step_removed':
        steps.delete(change.step.step_id);
        break;
      case 'step_changed':
        update(steps, change.step_id, change.fields);
        break;
      case 'rule_added':
        rules.set(change.rule.rule_id, change.rule);
        break;
      case 'rule_removed':
        rules.delete(change.rule.rule_id);
        break;
      case 'rule_changed':
        update(rules, change.rule_id, change.fields);
        break;
      case 'rules_ordered':
        ruleOrder = change.after;
        break;
      case 'level_added':
        levels.set(change.level.level, change.level);
        break;
      case 'level_removed':
        levels.delete(change.level.level);
        break;
      case 'level_changed':
        update(levels, change.level, change.fields);
        break;
    }
  }
  const place = new Map(ruleOrder.map((rule_id, index) => [rule_id, index]));
  const placeOf = (rule: RoutingRule): number => place.get(rule.rule_id) ?? place.size;
  return inOrder({
    ...(fields as unknown as WorkflowDefinition),
    steps: [...steps.values()],
    routing_rules: [...rules.values()].sort((a, b) => placeOf(a) - placeOf(b)),
    approval_hierarchies: [...levels.values()],
  });
}

/** The diff that leads back. */
export function invertDiff({ changes }: Pick<DefinitionDiff, 'changes'>): Change[] {
  return changes.map(inverse);
}

function inverse(change: Change): Change {
  switch (change.kind) {
    case 'step_added':
      return { ...change, kind: 'step_removed' };
    case 'step_removed':
      return { ...change, kind: 'step_added' };
    case 'rule_added':
      return { ...change, kind: 'rule_removed' };
    case 'rule_removed':
      return { ...change, kind: 'rule_added' };
    case 'level_added':
      return { ...change, kind: 'level_removed' };
    case 'level_removed':
      return { ...change, kind: 'level_added' };
    case 'rules_ordered':
      return { kind: change.kind, before: change.after, after: change.before };
    case 'fields_changed':
    case 'step_changed':
    case 'rule_changed':
    case 'level_changed':
      return { ...change, fields: swapped(change.fields) };
  }
}

/** As the tables give a definition back: steps in sequence, rules by priority and then as written, levels from 1. */
export function inOrder(definition: WorkflowDefinition): WorkflowDefinition {
  return {
    ...definition,
    steps: definition.steps.toSorted((a, b) => a.order_sequence - b.order_sequence),
    routing_rules: definition.routing_rules.toSorted((a, b) => a.priority - b.priority),
    approval_hierarchies: definition.approval_hierarchies.toSorted((a, b) => a.level - b.level),
  };
}

/** Equal as JSON: the order of keys does not matter, an undefined member is none. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const defined = (value: object): [string, unknown][] =>
    Object.entries(value).filter(([, member]) => member !== undefined);
  const members = new Map(defined(b));
  const own = defined(a);
  return (
    own.length === members.size &&
    own.every(([key, value]) => members.has(key) && sameJson(value, members.get(key)))
  );
}

function fieldsOf(definition: WorkflowDefinition): JsonObject {
  const { steps, routing_rules, approval_hierarchies, ...fields } = definition;
  return fields;
}

function fieldChanges(before: object, after: object): FieldChanges | null {
  const old = new Map<string, unknown>(Object.entries(before));
  const current = new Map<string, unknown>(Object.entries(after));
  const names = [...new Set([...old.keys(), ...current.keys()])];
  const changed = names
    .filter((name) => !sameJson(old.get(name), current.get(name)))
    .map((name) => [name, { before: old.get(name), after: current.get(name) }] as const);
  return changed.length === 0 ? null : Object.fromEntries(changed);
}

function itemChanges<Item extends object>(
  before: readonly Item[],
  after: readonly Item[],
  keyOf: (item: Item) => unknown,
  as: {
    added: (item: Item) => Change;
    removed: (item: Item) => Change;
    changed: (item: Item, fields: FieldChanges) => Change;
  },
): Change[] {
  const [old, current] = [byKey(before, keyOf), byKey(after, keyOf)];
  return [
    ...before.filter((item) => !current.has(keyOf(item))).map(as.removed),
    ...after.flatMap((item) => {
      const earlier = old.get(keyOf(item));
      if (earlier === undefined) return [as.added(item)];
      const fields = fieldChanges(earlier, item);
      return fields ? [as.changed(item, fields)] : [];
    }),
  ];
}

function byKey<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item> {
  return new Map(items.map((item) => [keyOf(item), item]));
}

function update<Key, Item extends object>(
  items: Map<Key, Item>,
  key: Key,
  fields: FieldChanges,
): void {
  const item = items.get(key);
  if (item) items.set(key, withChanges(item, fields));
}

function withChanges<Item extends object>(item: Item, fields: FieldChanges): Item {
  const changed = Object.entries(fields).map(([name, { after }]) => [name, after] as const);
  return { ...item, ...Object.fromEntries(changed) };
}

function swapped(fields: FieldChanges): FieldChanges {
  return Object.fromEntries(
    Object.entries(fields).map(([name, { before, after }]) => [
      name,
      { before: after, after: before },
    ]),
  );
}
