import { compileCondition, entryExpression, type WorkflowDefinition } from '#engine/definition';
import { fieldNames } from '#engine/form';

import { inWords, pathTo } from './paths.js';
import type { Exploration, Finding } from './types.js';

/** Results of tasks stand in an instance's data under this name. */
const TASKS = 'tasks';

/** A condition, and when it is asked. */
interface Asked {
  /** As a sentence begins. */
  name: string;
  subject: string;
  pointer: string;
  expression: string;
  /** The steps at which an instance stands before or when it is asked; null: any. */
  at: readonly string[] | null;
  /** Whether what the step `setter` sets may be there by then. */
  mayKnow: (setter: string) => boolean;
}

/** Conditions that read what only a later step fills in: a form's field, or the result of a task. */
export function variableFindings(
  exploration: Exploration,
  definition: WorkflowDefinition,
): Finding[] {
  // a way that was not explored may lead there
  if (!exploration.complete) return [];
  const { steps } = definition;
  const fields = new Map<string, string[]>();
  const tasks = new Map<string, string[]>();
  let anyTask = false;
  for (const { step_id, step_type, form_schema, parallel } of steps) {
    for (const name of fieldNames(form_schema)) add(fields, name, step_id);
    for (const { task_id } of parallel?.tasks ?? []) add(tasks, task_id, step_id);
    anyTask ||= step_type === 'parallel' && parallel === null;
  }
  return asked(exploration.follows, definition).flatMap((condition) =>
    compileCondition(condition.expression).variables.flatMap((variable): Finding[] => {
      const [root = '', task] = variable.split('.');
      const ofTask = root === TASKS && task !== undefined && !fields.has(TASKS);
      const setters = ofTask ? (tasks.get(task) ?? (anyTask ? undefined : [])) : fields.get(root);
      if (!setters || setters.some(condition.mayKnow)) return [];
      const by =
        setters.length > 0
          ? `only ${setters.join(', ')} sets it, which never comes before`
          : 'no parallel step has such a task';
      const { name, subject, pointer } = condition;
      const path = wayTo(exploration, condition.at);
      const way = path.length > 0 ? `, as on ${inWords(path)}` : '';
      return [
        {
          code: 'variable_set_too_late',
          severity: 'warning',
          subject,
          pointer,
          message: `${name} reads ${variable}, but ${by}${way}; it holds only where the instance brings it along.`,
          path,
        },
      ];
    }),
  );
}

function asked(
  follows: Exploration['follows'],
  { steps, routing_rules, approval_hierarchies }: WorkflowDefinition,
): Asked[] {
  const approvals = steps.flatMap(({ step_id, step_type }) =>
    step_type === 'approval' ? [step_id] : [],
  );
  return [
    // a rule without a source is asked after every step; with one, after that
    ...routing_rules.map((rule, index): Asked => {
      const { rule_id, source_step_id: source, target_step_id: target } = rule;
      return {
        name: `The rule ${rule_id}`,
        subject: rule_id,
        pointer: `/routing_rules/${index}/condition_expression`,
        expression: rule.condition_expression,
        at: source === null ? null : [source],
        mayKnow: (setter) =>
          source === null
            ? setter !== target
            : setter === source || comesBefore(setter, source, follows),
      };
    }),
    ...steps.flatMap((step, index): Asked[] => {
      const expression = entryExpression(step);
      if (expression === undefined) return [];
      const { step_id } = step;
      return [
        {
          name: `The condition of ${step_id}`,
          subject: step_id,
          pointer: `/steps/${index}/conditions/expression`,
          expression,
          at: [step_id],
          mayKnow: (setter) => comesBefore(setter, step_id, follows),
        },
      ];
    }),
    ...approval_hierarchies.flatMap(({ level, bypass_conditions }, index) =>
      bypass_conditions.map((expression, place): Asked => ({
        name: `The bypass of approval level ${level}`,
        subject: String(level),
        pointer: `/approval_hierarchies/${index}/bypass_conditions/${place}`,
        expression,
        at: approvals,
        // a level that is asked later sees what was filled in at its own step
        mayKnow: (setter) =>
          approvals.some((step_id) => setter === step_id || comesBefore(setter, step_id, follows)),
      })),
    ),
  ];
}

function comesBefore(setter: string, step_id: string, follows: Exploration['follows']): boolean {
  const seen = new Set([setter]);
  const open = [setter];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const next of follows.get(at) ?? []) {
      if (next === step_id) return true;
      if (!seen.has(next)) open.push(next);
      seen.add(next);
    }
  }
  return false;
}

/** How an instance comes to one of these steps first; empty where it does not wait there. */
function wayTo(exploration: Exploration, steps: readonly string[] | null): Finding['path'] {
  const found = [...exploration.visited].find(([, { state }]) =>
    steps?.includes(state.current?.step_id ?? ''),
  );
  return found ? pathTo(exploration, found[0]) : [];
}

function add(map: Map<string, string[]>, key: string, value: string): void {
  map.set(key, [...(map.get(key) ?? []), value]);
}
