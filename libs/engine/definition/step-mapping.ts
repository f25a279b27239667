import type { WorkflowDefinition } from './types.js';

/** step_id → where its instances go; null: nothing is left for them to do. */
export type StepMapping = Readonly<Record<string, string | null>>;

/**
 * Where instances go that move from one version to another, either way: as told, else, at a step that the other
 * version lacks, to the next one in the order of the version they come from that the other has. Steps that both have
 * stand only in the answer when told.
 */
export function stepMapping(
  from: Pick<WorkflowDefinition, 'steps'>,
  to: Pick<WorkflowDefinition, 'steps'>,
  explicit: StepMapping = {},
): StepMapping {
  const kept = new Set(to.steps.map((step) => step.step_id));
  const ordered = from.steps.toSorted((a, b) => a.order_sequence - b.order_sequence);
  let next: string | null = null;
  const entries: [string, string | null][] = [];
  for (const { step_id } of ordered.reverse()) {
    if (Object.hasOwn(explicit, step_id)) entries.push([step_id, explicit[step_id] ?? null]);
    else if (!kept.has(step_id)) entries.push([step_id, next]);
    if (kept.has(step_id)) next = step_id;
  }
  return Object.fromEntries(entries.reverse());
}
