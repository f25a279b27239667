import type { CompiledDefinition, StepDefinition } from '#engine/definition';
import { expandFanOuts, type JsonObject, type TaskGraphDefinition } from '#engine/graph';
import { graphOfStep } from '#engine/instance';
import type { Branch } from '#engine/routing';

import { type EndAtOnce, endAtOnce } from '../executions/execution-at-once.js';
import type { NewExecution } from '../executions/execution-rows.js';

interface StepWork extends Pick<NewExecution, 'alike'> {
  graph: TaskGraphDefinition;
  /** Where it is over as soon as it begins. */
  end: EndAtOnce | null;
}

/** Of steps whose work is over at once whatever the data: theirs. A step belongs to one version, which never changes. */
const overAtOnce = new WeakMap<StepDefinition, Pick<StepWork, 'graph' | 'end'> | null>();

/** The work of a step that is entered with this data. */
export function workOf(
  version: CompiledDefinition,
  step: StepDefinition,
  data: JsonObject,
  branches: readonly Branch[] = [],
): StepWork {
  const known = branches.length === 0 ? endOfStep(version, step) : null;
  // a parallel step's tasks bring their input; an automated step's has the instance's data
  if (known) return { ...known, alike: { to: step, input_data: step.parallel ? null : data } };
  const graph = expandFanOuts(graphOfStep(version, step, data, branches), data);
  return { graph, end: endAtOnce(graph) };
}

function endOfStep(
  version: CompiledDefinition,
  step: StepDefinition,
): Pick<StepWork, 'graph' | 'end'> | null {
  const known = overAtOnce.get(step);
  if (known !== undefined) return known;
  const graph = graphOfStep(version, step, {});
  const end = graph.tasks.some(({ for_each }) => for_each) ? null : endAtOnce(graph);
  const found = end && { graph, end };
  overAtOnce.set(step, found);
  return found;
}
