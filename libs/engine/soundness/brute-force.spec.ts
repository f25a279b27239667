import fc from 'fast-check';

import {
  newDefinition,
  newLevel,
  newRule,
  newStep,
} from '../../../test/factories/definition.factory.js';
import { compileDefinition, type WorkflowDefinition } from '#engine/definition';
import { type Command, decide, type InstanceState, NEW_INSTANCE } from '#engine/instance';
import { explore } from './explore.js';

/** More than these steps can be entered in one go without a loop. */
const MOST_ENTRIES = 25;
const STEPS = ['a', 'b', 'c', 'd'];

const OF_OUTCOME = [
  'outcome = "completed"',
  'outcome = "rejected"',
  'outcome = "skipped"',
  'step.id = "b"',
];

const conditions = (more: readonly string[]): fc.Arbitrary<string> =>
  fc.letrec<{ condition: string }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 2 },
      fc.constantFrom(
        'true',
        'false',
        'x',
        'x = false',
        'n > 3',
        'n <= 7',
        'n = 3',
        'n != 7',
        'n in [3..7)',
        'n between 4 and 9',
        'kind = "u"',
        'kind in ("u", "v")',
        'kind = null',
        ...more,
      ),
      tie('condition').map((inner) => `not(${inner})`),
      fc.tuple(tie('condition'), tie('condition')).map(([one, other]) => `(${one}) and (${other})`),
      fc.tuple(tie('condition'), tie('condition')).map(([one, other]) => `(${one}) or (${other})`),
    ),
  })).condition;

const definitions: fc.Arbitrary<WorkflowDefinition> = fc
  .record({
    steps: fc.array(
      fc.record({
        step_type: fc.constantFrom(
          'user_task' as const,
          'approval' as const,
          'conditional' as const,
        ),
        expression: fc.option(conditions([]), { freq: 3 }),
      }),
      { minLength: 1, maxLength: STEPS.length },
    ),
    rules: fc.array(
      fc.record({
        source: fc.option(fc.nat(3), { freq: 3 }),
        target: fc.nat(3),
        condition: conditions(OF_OUTCOME),
        priority: fc.integer({ min: 1, max: 3 }),
      }),
      { maxLength: 5 },
    ),
    levelled: fc.boolean(),
  })
  .map(({ steps, rules, levelled }) => {
    const stepId = (index: number): string => STEPS[index % steps.length] ?? 'a';
    return newDefinition({
      steps: steps.map(({ step_type, expression }, index) =>
        newStep({
          step_id: stepId(index),
          order_sequence: index,
          step_type,
          conditions: expression === null ? {} : { expression },
        }),
      ),
      routing_rules: rules.map((rule, index) =>
        newRule({
          rule_id: `r${index}`,
          target_step_id: stepId(rule.target),
          source_step_id: rule.source === null ? null : stepId(rule.source),
          condition_expression: rule.condition,
          priority: rule.priority,
        }),
      ),
      approval_hierarchies: levelled ? [newLevel({ level: 1 })] : [],
    });
  });

const DATA = [true, false, null].flatMap((x) =>
  [1, 3, 3.5, 5, 7, 8, 10, null].flatMap((n) =>
    ['u', 'v', 'w', null].map((kind) => ({ x, n, kind })),
  ),
);

/** Runs the engine itself on all data, at every position. */
function simulate(definition: WorkflowDefinition) {
  const compiled = compileDefinition({ workflow_id: '', version_number: 1 }, definition);
  const facts = {
    now: 0,
    newId: () => '',
    overrides: [],
    trees: new Map(),
    certainty: null,
    max_step_entries: MOST_ENTRIES,
  };
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
    const decision = decide(compiled, { ...state, total_entries: 0 }, command, facts);
    if ('rejection' in decision) throw decision.rejection;
    for (const event of decision.events) {
      if (event.type === 'incident_raised') runaway = true;
      if (event.type === 'step_entered') entered.add(event.step_id);
      if ('routed_by' in event && event.routed_by === 'rule') rules.add(String(event.routed_by_id));
    }
    const key = keyOf(decision.state);
    if (from !== null) next.get(from)?.add(key);
    if (states.has(key)) return;
    states.set(key, decision.state);
    next.set(key, new Set());
    open.push(key);
  };
  for (const data of DATA) run(NEW_INSTANCE, null, { type: 'start', data });
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
  return { entered, rules, runaway, stuck: withoutEnd(next) };
}

/** Whether there is a position that no way leads from to the end. */
function withoutEnd(next: ReadonlyMap<string, ReadonlySet<string>>): boolean {
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

describe('exploration', () => {
  it('agrees with running the engine on all data', () => {
    fc.assert(
      fc.property(definitions, (definition) => {
        const explored = explore(
          compileDefinition({ workflow_id: '', version_number: 1 }, definition),
          { max_step_entries: MOST_ENTRIES },
        );
        const simulated = simulate(definition);
        expect(explored.complete).toBe(true);
        expect([...explored.entered].sort()).toEqual([...simulated.entered].sort());
        expect([...explored.rules].sort()).toEqual([...simulated.rules].sort());
        expect(explored.runaways.length > 0).toBe(simulated.runaway);
        const next = new Map([...explored.visited].map(([key, position]) => [key, position.next]));
        expect(withoutEnd(next)).toBe(simulated.stuck);
      }),
      { numRuns: 60 },
    );
  });
});
