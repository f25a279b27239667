import { compileDefinition, withoutForms, type WorkflowDefinition } from '#engine/definition';
import type { InstanceState } from '#engine/instance';
import type { CompiledTree } from '#engine/routing';

import { explore, isEnd } from './explore.js';
import { joinFindings } from './joins.js';
import { inWords, pathTo } from './paths.js';
import type { Exploration, Finding, SoundnessReport } from './types.js';
import { variableFindings } from './variables.js';

const NO_KEY = { workflow_id: '', version_number: 0 };

export interface SoundnessOptions {
  /** Stored decision trees by id; one that is not known may lead anywhere. */
  trees?: ReadonlyMap<string, CompiledTree>;
}

/**
 * Whether instances of a definition without faults can always come to an end, and every part of it has an effect.
 *
 * It is explored as a state space: van der Aalst's soundness of workflow nets ("The application of Petri nets to
 * workflow management", 1998), with data that may be anything whenever an instance waits. What it says of unreachable
 * steps and of ways without an end is certain; conditions that compare more than one field with fixed values are taken
 * for possibly true, so it may miss some.
 */
export function checkSoundness(
  definition: WorkflowDefinition,
  options: SoundnessOptions = {},
): SoundnessReport {
  const compiled = withoutForms(compileDefinition(NO_KEY, definition));
  const exploration = explore(compiled, options);
  return {
    findings: [
      ...endFindings(exploration, definition),
      ...joinFindings(definition),
      ...(exploration.complete ? reachFindings(exploration, definition) : []),
      ...variableFindings(exploration, definition),
    ],
    complete: exploration.complete,
    states: exploration.visited.size,
  };
}

/** Whether instances that stand in these states of a definition can still come to an end. */
export function checkPositions(
  definition: WorkflowDefinition,
  states: readonly InstanceState[],
  { trees }: SoundnessOptions = {},
): SoundnessReport {
  const compiled = withoutForms(compileDefinition(NO_KEY, definition));
  const exploration = explore(compiled, { starts: states, ...(trees && { trees }) });
  return {
    findings: endFindings(exploration, definition),
    complete: exploration.complete,
    states: exploration.visited.size,
  };
}

function endFindings(exploration: Exploration, { steps }: WorkflowDefinition): Finding[] {
  const pointerTo = (stepId: string | undefined): string => {
    const index = steps.findIndex((step) => step.step_id === stepId);
    return index === -1 ? '/steps' : `/steps/${index}`;
  };
  const findings: Finding[] = [];
  const runaways = exploration.runaways.filter(({ certainty }) => certainty !== 'unknown');
  const runaway = runaways.find(({ certainty }) => certainty === 'certain') ?? runaways[0];
  if (runaway) {
    const path = pathTo(exploration, runaway.from, runaway.way);
    const [last] = path.slice(-1);
    findings.push({
      code: 'runaway_loop',
      severity: runaway.certainty === 'certain' ? 'error' : 'warning',
      subject: last?.step_id ?? '',
      pointer: pointerTo(last?.step_id),
      message: `Steps follow each other in a loop that never waits, until the instance fails: ${inWords(path)} → … Let a step of it wait, or its rule end.`,
      path,
    });
  }
  const stuck = exploration.complete ? firstWithoutEnd(exploration) : undefined;
  if (stuck !== undefined) {
    const path = pathTo(exploration, stuck);
    const [last] = path.slice(-1);
    findings.push({
      code: 'never_ends',
      severity: 'error',
      subject: last?.step_id ?? '',
      pointer: pointerTo(last?.step_id),
      message: `From here no way leads to the end of the workflow: ${inWords(path)}. Add a rule that leads out, or a condition to one that leads back.`,
      path,
    });
  }
  return findings;
}

/** The first position, nearest to a start, from which no end can be reached. A failure of its own is told by itself. */
function firstWithoutEnd({ visited }: Exploration): string | undefined {
  const before = new Map<string, string[]>();
  for (const [key, { next }] of visited) {
    for (const following of next) before.set(following, [...(before.get(following) ?? []), key]);
  }
  const ending = new Set([...visited.keys()].filter(isEnd));
  const open = [...ending];
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    for (const earlier of before.get(key) ?? []) {
      if (ending.has(earlier)) continue;
      ending.add(earlier);
      open.push(earlier);
    }
  }
  return [...visited].find(
    ([key, { state }]) => state.status === 'running' && !ending.has(key),
  )?.[0];
}

function reachFindings(
  { entered, skipped, rules }: Exploration,
  { steps, routing_rules }: WorkflowDefinition,
): Finding[] {
  return [
    ...steps.flatMap(({ step_id }, index): Finding[] => {
      if (entered.has(step_id)) return [];
      const never = skipped.has(step_id);
      return [
        {
          code: never ? 'step_never_done' : 'step_unreachable',
          severity: 'warning',
          subject: step_id,
          pointer: `/steps/${index}`,
          message: never
            ? `${step_id} is always skipped: its condition never holds.`
            : `No instance ever comes to ${step_id}: no rule leads there, and the step before it never goes on in order.`,
          path: [],
        },
      ];
    }),
    ...routing_rules.flatMap(({ rule_id, target_step_id }, index): Finding[] =>
      rules.has(rule_id)
        ? []
        : [
            {
              code: 'rule_never_applies',
              severity: 'warning',
              subject: rule_id,
              pointer: `/routing_rules/${index}`,
              message: `The rule ${rule_id} never leads to ${target_step_id}: its condition cannot hold where it is asked, or a rule before it always does.`,
              path: [],
            },
          ],
    ),
  ];
}
