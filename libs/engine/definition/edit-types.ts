import type { Fault } from '#engine/errors';
import type { JsonObject } from '#engine/graph';

/** The words of contract.md §70. */
export const MODIFICATION_TYPES = [
  'add_step',
  'remove_step',
  'modify_step',
  'update_routing',
  'change_approval',
  'update_timeout',
  'modify_notification',
  'emergency_bypass',
] as const;
export type ModificationType = (typeof MODIFICATION_TYPES)[number];

export interface StepModification {
  step_id: string;
  modification_type: ModificationType;
  /** Fields of the step that get these values. */
  new_configuration: JsonObject | null;
  insert_after_step: string | null;
  /** A rule that leads to the step: `rule_id`, `condition_expression`, `priority`, `source_step_id`, `description`, `remove`. */
  routing_conditions: JsonObject | null;
}

/** A change of a definition as it is asked for. Its inner values are unchecked JSON. */
export interface DefinitionEdit {
  modification_type: ModificationType;
  step_modifications: readonly StepModification[];
  global_changes: JsonObject;
}

export interface EditedDefinition {
  /** The changed definition, its fields unchecked: `definitionFaults` and the shape come after. */
  draft: JsonObject;
  /** What is wrong with the edit itself; pointers into the request. */
  faults: Fault[];
  /** Where in the request a part of the draft (JSON pointer) comes from; `/workflow_modification` when nowhere. */
  pointerOf: (draftPointer: string) => string;
}
