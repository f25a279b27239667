import { pointerTo } from '#engine/errors';
import type { JsonObject } from '#engine/graph';

import type { Draft } from './edit-draft.js';
import type { ModificationType, StepModification } from './edit-types.js';

const STEP_FIELDS = [
  'step_name',
  'step_type',
  'order_sequence',
  'required_roles',
  'estimated_duration_minutes',
  'auto_escalation_hours',
  'conditions',
  'form_schema',
  'notification_settings',
  'handler',
  'parallel',
  'decision_tree_id',
  'different_person_from',
  'working_time',
];

const RULE_FIELDS = ['condition_expression', 'priority', 'source_step_id', 'description'];

/** What each kind of step modification may carry. */
const ACCEPTED: Record<
  ModificationType,
  { configuration: readonly string[] | null; insert_after?: true; routing?: true }
> = {
  add_step: { configuration: STEP_FIELDS, insert_after: true, routing: true },
  remove_step: { configuration: null },
  modify_step: { configuration: STEP_FIELDS, insert_after: true },
  update_routing: { configuration: null, routing: true },
  change_approval: { configuration: ['required_roles', 'different_person_from'] },
  update_timeout: {
    configuration: ['estimated_duration_minutes', 'auto_escalation_hours', 'working_time'],
  },
  modify_notification: { configuration: ['notification_settings'] },
  emergency_bypass: { configuration: null },
};

/** Carries out one step modification on the draft; what cannot be done becomes a fault at its place in the request. */
export function editStep(draft: Draft, modification: StepModification, at: string): void {
  if (!accepts(draft, modification, at)) return;
  const { step_id, modification_type } = modification;
  if (modification_type === 'add_step') return addStep(draft, modification, at);
  const step = draft.step(step_id);
  if (!step) {
    const message = `${JSON.stringify(step_id)} is no step of this workflow; name one of its step_ids.`;
    return draft.fault(`${at}/step_id`, 'unknown_step', message);
  }
  switch (modification_type) {
    case 'remove_step':
      return removeStep(draft, step, at);
    case 'modify_step':
      configure(draft, step, modification, at);
      return insertAfter(draft, step, modification, at);
    case 'change_approval':
    case 'update_timeout':
    case 'modify_notification':
      return configure(draft, step, modification, at);
    case 'update_routing':
      return route(draft, modification, at);
    case 'emergency_bypass':
      return;
  }
}

function accepts(draft: Draft, modification: StepModification, at: string): boolean {
  const { modification_type: type, new_configuration, insert_after_step } = modification;
  const { configuration, insert_after, routing } = ACCEPTED[type];
  const known = draft.faults.length;
  const misplaced = (field: string): void =>
    draft.fault(`${at}/${field}`, 'misplaced_field', `${type} takes no ${field}; leave it out.`);
  if (new_configuration && !configuration) misplaced('new_configuration');
  if (insert_after_step !== null && !insert_after) misplaced('insert_after_step');
  if (modification.routing_conditions && !routing) misplaced('routing_conditions');
  const movesOnly = type === 'modify_step' && insert_after_step !== null;
  if (configuration && !new_configuration && !movesOnly) {
    const message = `${type} needs new_configuration with any of ${configuration.join(', ')}.`;
    draft.fault(`${at}/new_configuration`, 'required', message);
  }
  if (type === 'update_routing' && !modification.routing_conditions) {
    const message =
      'update_routing needs routing_conditions: a condition_expression, or a rule_id with remove.';
    draft.fault(`${at}/routing_conditions`, 'required', message);
  }
  if (configuration && new_configuration) {
    // a client may repeat the id in the configuration
    const sent = Object.keys(new_configuration).filter(
      (key) => key !== 'step_id' || new_configuration['step_id'] !== modification.step_id,
    );
    unknownFields(draft, sent, configuration, `${at}/new_configuration`);
  }
  if (routing && modification.routing_conditions) {
    const fields = [...RULE_FIELDS, 'rule_id', ...(type === 'update_routing' ? ['remove'] : [])];
    const sent = Object.keys(modification.routing_conditions);
    unknownFields(draft, sent, fields, `${at}/routing_conditions`);
  }
  return draft.faults.length === known;
}

/** A fault for each key that is none of the fields. */
export function unknownFields(
  draft: Draft,
  sent: readonly string[],
  fields: readonly string[],
  at: string,
): void {
  for (const key of sent) {
    if (fields.includes(key)) continue;
    const pointer = pointerTo(at, key);
    const message = `${key} cannot be changed here; what can is ${fields.join(', ')}.`;
    draft.fault(pointer, 'unknown_field', message);
  }
}

function addStep(draft: Draft, modification: StepModification, at: string): void {
  const { step_id, new_configuration } = modification;
  if (draft.step(step_id)) {
    const message = `The workflow already has a step ${step_id}; choose another step_id, or modify_step.`;
    return draft.fault(`${at}/step_id`, 'duplicate_step_id', message);
  }
  const step: JsonObject = { ...new_configuration, step_id };
  draft.touch(step, at);
  if (modification.insert_after_step !== null) {
    draft.steps.push(step);
    insertAfter(draft, step, modification, at);
  } else if (step['order_sequence'] === undefined) {
    draft.place(step, undefined);
  } else {
    draft.steps.push(step);
  }
  if (modification.routing_conditions) route(draft, modification, at);
}

function insertAfter(
  draft: Draft,
  step: JsonObject,
  { step_id, insert_after_step, new_configuration }: StepModification,
  at: string,
): void {
  if (insert_after_step === null) return;
  const pointer = `${at}/insert_after_step`;
  const after = draft.step(insert_after_step);
  if (!after || insert_after_step === step_id) {
    const message = `${JSON.stringify(insert_after_step)} is no other step of this workflow; name one of its step_ids.`;
    return draft.fault(pointer, 'unknown_step', message);
  }
  if (new_configuration && 'order_sequence' in new_configuration) {
    const message = 'Give either insert_after_step or order_sequence.';
    return draft.fault(pointer, 'misplaced_field', message);
  }
  draft.touch(step, at);
  draft.place(step, after);
}

function removeStep(draft: Draft, step: JsonObject, at: string): void {
  if (draft.steps.length === 1) {
    const message = 'It is the only step; a workflow has at least one.';
    return draft.fault(`${at}/step_id`, 'last_step', message);
  }
  const { step_id } = step;
  draft.steps = draft.steps.filter((other) => other !== step);
  draft.rules = draft.rules.filter(
    (rule) => rule['target_step_id'] !== step_id && rule['source_step_id'] !== step_id,
  );
}

function configure(
  draft: Draft,
  step: JsonObject,
  { new_configuration }: StepModification,
  at: string,
): void {
  Object.assign(step, new_configuration);
  draft.touch(step, at);
}

/** Sets, or takes away, the rule that leads to the step. */
function route(draft: Draft, { step_id, routing_conditions }: StepModification, at: string): void {
  const { rule_id, remove, ...fields } = routing_conditions ?? {};
  const known = draft.rules.find((rule) => rule['rule_id'] === rule_id);
  if (remove !== undefined && typeof remove !== 'boolean') {
    const message = 'remove is true or false.';
    return draft.fault(`${at}/routing_conditions/remove`, 'is_boolean', message);
  }
  if (remove === true) {
    if (!known) {
      const message = `There is no rule ${JSON.stringify(rule_id ?? null)} to remove; name one of the workflow's rule_ids.`;
      return draft.fault(`${at}/routing_conditions/rule_id`, 'unknown_rule', message);
    }
    draft.rules = draft.rules.filter((rule) => rule !== known);
    return;
  }
  const rule = known ?? { rule_id: rule_id ?? freeRuleId(draft, step_id) };
  if (!known) draft.rules.push(rule);
  Object.assign(rule, fields, { target_step_id: step_id });
  draft.touch(rule, at);
}

const LONGEST_ID = 100;

function freeRuleId(draft: Draft, stepId: string): string {
  const taken = new Set(draft.rules.map((rule) => rule['rule_id']));
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 ? '' : `_${number}`;
    const ruleId = `to_${stepId}`.slice(0, LONGEST_ID - suffix.length) + suffix;
    if (!taken.has(ruleId)) return ruleId;
  }
}
