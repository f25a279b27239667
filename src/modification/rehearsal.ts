import {
  compileDefinition,
  type StepMapping,
  stepMapping,
  type WorkflowDefinition,
} from '#engine/definition';
import {
  decide,
  DEFAULT_MAX_STEP_ENTRIES,
  type InstanceState,
  NEW_INSTANCE,
} from '#engine/instance';
import { checkPositions } from '#engine/soundness';

import type { PositionSample } from './impact.queries.js';

export interface Rehearsal {
  /** Instances that begin the work at their step anew, by the step that they stand at. */
  redone: { step_id: string; instances: number }[];
  /** Positions from which an instance that is moved could not go on to its end, in words. */
  unsound: string[];
}

/**
 * Moves one instance of each position by the engine itself, and writes nothing: what begins anew, what is refused, and
 * from where no way leads to the end.
 * @param versions the definitions that the samples run on, by version number
 */
export function rehearse(
  samples: readonly PositionSample[],
  versions: ReadonlyMap<number, WorkflowDefinition>,
  after: WorkflowDefinition,
  explicit: StepMapping,
): Rehearsal {
  const compiled = compileDefinition({ workflow_id: '', version_number: 0 }, after);
  const redone = new Map<string, number>();
  const unsound: string[] = [];
  for (const sample of samples) {
    const before = versions.get(sample.version_number);
    const { current_step: current } = sample;
    if (!before || !current) continue;
    const step_mapping = stepMapping(before, after, explicit);
    const decision = decide(
      compiled,
      stateOf(sample),
      {
        type: 'migrate',
        from_version: sample.version_number,
        to_version: 0,
        step_mapping,
        reason: '',
      },
      {
        now: 0,
        newId: () => '',
        overrides: [],
        trees: new Map(),
        max_step_entries: DEFAULT_MAX_STEP_ENTRIES,
        certainty: null,
      },
    );
    const who = describe(sample, current.step_id);
    if ('rejection' in decision) {
      unsound.push(`${who} cannot be moved: ${decision.rejection.message}`);
      continue;
    }
    const { state } = decision;
    if (state.current && state.current.step_execution_id !== current.step_execution_id) {
      redone.set(current.step_id, (redone.get(current.step_id) ?? 0) + sample.instances);
    }
    const [finding] = state.status === 'running' ? checkPositions(after, [state]).findings : [];
    if (finding) unsound.push(`${who}: ${finding.message}`);
  }
  return {
    redone: [...redone].map(([step_id, instances]) => ({ step_id, instances })),
    unsound,
  };
}

function stateOf({
  data,
  current_step: current,
  step_entries,
  total_entries,
}: PositionSample): InstanceState {
  return { ...NEW_INSTANCE, status: 'running', data, current, step_entries, total_entries };
}

function describe({ instances, workflow_instance_id }: PositionSample, stepId: string): string {
  return instances === 1
    ? `The instance ${workflow_instance_id} at ${stepId}`
    : `${instances} instances at ${stepId}, such as ${workflow_instance_id}`;
}
