import type { JsonObject } from '#engine/graph';

import { Draft, REQUEST } from './edit-draft.js';
import { editStep, unknownFields } from './edit-steps.js';
import type { DefinitionEdit, EditedDefinition } from './edit-types.js';
import type { WorkflowDefinition } from './types.js';

const GLOBALS = [
  'global_timeout_hours',
  'retry_configuration',
  'notification_escalation',
  'minimum_confidence',
  'approval_hierarchies',
  'routing_rules',
  'workflow_description',
  'category',
  'version',
];

/** Which instances an emergency bypass is for; it changes no definition. */
const BYPASS_GLOBALS = ['workflow_instance_ids'];

/**
 * A definition with a change as contract.md §70 asks for it: first `global_changes` (each names a whole field), then
 * the step modifications in their order, each by its own `modification_type`.
 */
export function editDefinition(
  definition: WorkflowDefinition,
  edit: DefinitionEdit,
): EditedDefinition {
  const draft = new Draft(definition);
  const bypass = edit.modification_type === 'emergency_bypass';
  const at = `${REQUEST}/global_changes`;
  unknownFields(draft, Object.keys(edit.global_changes), bypass ? BYPASS_GLOBALS : GLOBALS, at);
  if (!bypass) changeGlobals(draft, edit.global_changes, at);
  for (const [index, modification] of edit.step_modifications.entries()) {
    const pointer = `${REQUEST}/step_modifications/${index}`;
    if ((modification.modification_type === 'emergency_bypass') === bypass) {
      editStep(draft, modification, pointer);
    } else {
      const message =
        'An emergency_bypass leaves the definition as it is; send it apart from changes, with modification_type emergency_bypass in both places.';
      draft.fault(`${pointer}/modification_type`, 'misplaced_bypass', message);
    }
  }
  return {
    draft: draft.finished(),
    faults: draft.faults,
    pointerOf: (pointer) => draft.pointerOf(pointer),
  };
}

function changeGlobals(draft: Draft, changes: JsonObject, at: string): void {
  for (const field of GLOBALS) {
    if (!Object.hasOwn(changes, field)) continue;
    draft.globals.add(field);
    const value = changes[field];
    if (field !== 'routing_rules') draft.fields[field] = value;
    else if (isListOfObjects(value)) draft.rules = value.map((rule) => ({ ...rule }));
    else draft.fault(`${at}/${field}`, 'is_array', 'routing_rules is a list of rules.');
  }
}

function isListOfObjects(value: unknown): value is JsonObject[] {
  return (
    Array.isArray(value) &&
    value.every((item) => typeof item === 'object' && item !== null && !Array.isArray(item))
  );
}
