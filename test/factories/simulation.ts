import { compileDefinition, type WorkflowDefinition } from '#engine/definition';
import { type Command, decide, type InstanceState, NEW_INSTANCE } from '#engine/instance';

import { DATA } from './definition.arbitrary.js';

/** More than these steps can be entered in one go without a loop. */
export const MOST_ENTRIES = 25;
export const FACTS = {
  now: 0,
  newId: () => '',
  overrides: [],
  trees: new Map(),
  certainty: null,
  max_step_entries: MOST_ENTRIES,
};

/** Runs the engine itself on all data, at every position. @param starts left out: new instances */
export function simulate(definition: WorkflowDefinition, starts?: readonly InstanceState[]) {
  const compiled = compileDefinition({ workflow_id: '', version_number: 1 }, definition);
  const next = new Map<string, Set<string>>();
  const states = new Map<string, InstanceState>();
  const entered = new Set<string>();
  const rules = new Set<string>();
  let runaway = false;
  const keyOf = ({ status, current, step_entries }: InstanceState): string =>
    status === 'running'
      ? JSON.stringify([current?.step_id, Object.keys(step_entries).sort()])
      : String(status);
  const open: string[] = [];
  const run = (state: InstanceState, from: string | null, command: Command): void => {
    const decision = decide(compiled, { ...state, total_entries: 0 }, command, FACTS);
    if ('rejection' in decision) throw decision.rejection;
    for (const event of decision.events) {
      if (event.type === 'incident_raised') runaway = true;
      if (event.type === 'step_entered') entered.add(event.step_id);
      if ('routed_by' in event && event.routed_by === 'rule') rules.add(String(event.routed_by_id));
    }
    if (from !== null) next.get(from)?.add(keyOf(decision.state));
    reach(decision.state);
  };
  const reach = (state: InstanceState): void => {
    const key = keyOf(state);
    if (states.has(key)) return;
    states.set(key, state);
    next.set(key, new Set());
    open.push(key);
  };
  for (const state of starts ?? []) reach(state);
  if (!starts) for (const data of DATA) run(NEW_INSTANCE, null, { type: 'start', data });
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    const state = states.get(key);
    if (!state?.current) continue;
    const { step_id, step_type, levels } = state.current;
    const approver = {
      id: 'p',
      roles: levels?.flatMap(({ roles }) => roles) ?? [],
      department: null,
      management_level: 9,
    };
    for (const output of DATA) {
      if (step_type === 'user_task') run(state, key, { type: 'complete_step', step_id, output });
      else {
        for (const decision of ['approved', 'rejected'] as const) {
          run(state, key, {
            type: 'decide_approval',
            step_id,
            decision,
            approver,
            comment: '',
            output,
          });
        }
      }
    }
  }
  return { states, entered, rules, runaway, stuck: withoutEnd(next) };
}

/** Whether there is a position that no way leads from to the end. */
export function withoutEnd(next: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  const ending = new Set(['completed']);
  for (let grown = true; grown;) {
    grown = false;
    for (const [key, following] of next) {
      if (ending.has(key) || ![...following].some((other) => ending.has(other))) continue;
      ending.add(key);
      grown = true;
    }
  }
  return [...next.keys()].some((key) => key.startsWith('[') && !ending.has(key));
}
