import { compileCondition, type RoutingRule, type WorkflowDefinition } from '#engine/definition';

import type { Exploration, Finding } from './types.js';

/** Results of tasks stand in an instance's data under this name. */
const TASKS = 'tasks';

/** Rules that read what only a later step fills in: a form's field, or the result of a task. */
export function variableFindings(
  { follows }: Exploration,
  { steps, routing_rules }: WorkflowDefinition,
): Finding[] {
  const fields = new Map<string, string[]>();
  const tasks = new Map<string, string[]>();
  let anyTask = false;
  for (const { step_id, step_type, form_schema, parallel } of steps) {
    for (const name of formFields(form_schema)) add(fields, name, step_id);
    for (const { task_id } of parallel?.tasks ?? []) add(tasks, task_id, step_id);
    anyTask ||= step_type === 'parallel' && parallel === null;
  }
  return routing_rules.flatMap((rule, index) =>
    compileCondition(rule.condition_expression).variables.flatMap((variable): Finding[] => {
      const [root = '', task] = variable.split('.');
      const ofTask = root === TASKS && task !== undefined && !fields.has(TASKS);
      const setters = ofTask ? (tasks.get(task) ?? (anyTask ? undefined : [])) : fields.get(root);
      if (!setters || setters.some((setter) => mayPrecede(setter, rule, follows))) return [];
      const by =
        setters.length > 0
          ? `only ${setters.join(', ')} sets it, which never comes before`
          : 'no parallel step has such a task';
      return [
        {
          code: 'variable_set_too_late',
          severity: 'warning',
          subject: rule.rule_id,
          pointer: `/routing_rules/${index}/condition_expression`,
          message: `The rule ${rule.rule_id} reads ${variable}, but ${by}; it holds only where the instance brings it along.`,
          path: [],
        },
      ];
    }),
  );
}

/** A rule without a source is asked after every step; with one, after that. */
function mayPrecede(
  setter: string,
  { source_step_id: source, target_step_id: target }: RoutingRule,
  follows: Exploration['follows'],
): boolean {
  if (source === null) return setter !== target;
  if (setter === source) return true;
  const seen = new Set([setter]);
  const open = [setter];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const next of follows.get(at) ?? []) {
      if (next === source) return true;
      if (!seen.has(next)) open.push(next);
      seen.add(next);
    }
  }
  return false;
}

/** The fields of a form by its JSON schema. */
function formFields({ properties }: Record<string, unknown>): string[] {
  return typeof properties === 'object' && properties !== null && !Array.isArray(properties)
    ? Object.keys(properties)
    : [];
}

function add(map: Map<string, string[]>, key: string, value: string): void {
  map.set(key, [...(map.get(key) ?? []), value]);
}
