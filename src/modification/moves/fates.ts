import { type StepMapping, stepMapping, type WorkflowDefinition } from '#engine/definition';

/** Open instances at one step of one version. */
export interface Position {
  version_number: number;
  step_id: string | null;
  instances: number;
  /** Of them, those that the change moves, or takes past the step. */
  moving: number;
}

export interface Fate {
  version_number: number;
  step_id: string | null;
  instances: number;
  moving: number;
  /** Where those that move stand afterwards; null: nowhere, they complete, or nothing moves. */
  to_step_id: string | null;
  what_happens: string;
}

/**
 * What happens to open instances, position by position.
 * @param versions the definitions that they run on, by version number
 * @param after null: an emergency bypass, which changes no definition
 */
export function fatesOf(
  positions: readonly Position[],
  versions: ReadonlyMap<number, WorkflowDefinition>,
  after: WorkflowDefinition | null,
  explicit: StepMapping,
): Fate[] {
  return positions.map((position) => {
    const { version_number, step_id, instances, moving } = position;
    const stay = `stay on version ${version_number}`;
    if (moving === 0) return { ...position, to_step_id: null, what_happens: `They ${stay}.` };
    const rest = moving < instances ? `; the other ${instances - moving} are not touched` : '';
    if (!after) {
      const what_happens = `${moving} leave the step as bypassed and go on${rest}.`;
      return { ...position, to_step_id: null, what_happens };
    }
    const before = versions.get(version_number);
    const mapping = before ? stepMapping(before, after, explicit) : {};
    const to_step_id =
      step_id !== null && Object.hasOwn(mapping, step_id) ? (mapping[step_id] ?? null) : step_id;
    return { ...position, to_step_id, what_happens: moved(step_id, to_step_id, before, after) };
  });
}

function moved(
  from: string | null,
  to: string | null,
  before: WorkflowDefinition | undefined,
  after: WorkflowDefinition,
): string {
  if (to === null) return 'They complete: nothing is left for them to do.';
  if (to !== from) return `They leave ${from} and enter ${to}.`;
  const typeIn = (definition: WorkflowDefinition | undefined): string | undefined =>
    definition?.steps.find((step) => step.step_id === to)?.step_type;
  return typeIn(before) === typeIn(after)
    ? `They go on at ${to}; an approval is asked anew where its levels have changed.`
    : `They enter ${to} anew, as its type has changed.`;
}
