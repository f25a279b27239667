import type { CompiledDefinition, CompiledLevel, CompiledRule } from '#engine/definition';
import { entryExpression } from '#engine/definition';
import type { CompiledExpression } from '#engine/expression';
import {
  type AwaitedDecision,
  type Command,
  type CurrentStep,
  decide,
  DEFAULT_MAX_STEP_ENTRIES,
  type Facts,
  hasEnded,
  type InstanceEvent,
  type InstanceState,
  NEW_INSTANCE,
} from '#engine/instance';
import type { CompiledTree } from '#engine/routing';

import { certaintyOf, examplesOf, Probe } from './probe.js';
import { probedTree, unknownTree } from './probed-trees.js';
import { pathItems } from './paths.js';
import type { Exploration, PathStep, Visited } from './types.js';

/** Some tenths of a second at the most; a definition of ten steps with five rules takes some 100 runs. */
const MOST_RUNS = 3_000;
const MOST_STATES = 1_000;

const OUTCOME: ReadonlySet<string> = new Set(['outcome', 'step']);
const COMPLETED = 'completed';

/**
 * Explores a definition as a state space, with the engine itself as its transition function. A state is where an
 * instance waits, with what its levels have decided and which targets of rules without a source it has entered; the
 * data may be anything whenever it waits, and stays the same on the way from there to where it waits next.
 *
 * @param starts where instances stand already; left out: a new instance
 * @param trees those that are known; a tree that is not may lead anywhere
 */
export function explore(
  compiled: CompiledDefinition,
  {
    starts,
    trees = new Map(),
    max_step_entries = DEFAULT_MAX_STEP_ENTRIES,
  }: {
    starts?: readonly InstanceState[];
    trees?: ReadonlyMap<string, CompiledTree>;
    max_step_entries?: number;
  } = {},
): Exploration {
  return new Explorer(compiled, trees, max_step_entries).explore(starts);
}

class Explorer {
  private readonly probe = new Probe();
  private readonly definition: CompiledDefinition;
  private readonly facts: Facts;
  private readonly remembered: ReadonlySet<string>;
  private readonly visited = new Map<string, Visited>();
  private readonly entered = new Set<string>();
  private readonly skipped = new Set<string>();
  private readonly rules = new Set<string>();
  private readonly follows = new Map<string, Set<string>>();
  private readonly runaways: Exploration['runaways'] = [];
  private runs = 0;
  private complete = true;

  constructor(
    compiled: CompiledDefinition,
    trees: ReadonlyMap<string, CompiledTree>,
    max_step_entries: number,
  ) {
    this.definition = probed(compiled, this.probe);
    this.facts = {
      now: 0,
      newId: () => '',
      overrides: [],
      trees: new Map(
        compiled.steps.flatMap(({ decision_tree_id: id }) =>
          id === null ? [] : [[id, this.treeOf(id, trees.get(id), compiled)] as const],
        ),
      ),
      certainty: null,
      max_step_entries,
    };
    this.remembered = new Set(
      compiled.rules
        .filter((rule) => rule.source_step_id === null)
        .map((rule) => rule.target_step_id),
    );
  }

  explore(starts: readonly InstanceState[] | undefined): Exploration {
    const open: string[] = [];
    if (starts) {
      for (const state of starts) this.reach(this.normal(state), null, [], open);
    } else {
      this.act(NEW_INSTANCE, null, { type: 'start', data: {} }, open);
    }
    for (let key = open.shift(); key !== undefined; key = open.shift()) {
      const state = this.visited.get(key)?.state;
      if (!state) continue;
      for (const command of this.commandsAt(state)) this.act(state, key, command, open);
    }
    const { complete, visited, entered, skipped, rules, follows, runaways } = this;
    return { complete, visited, entered, skipped, rules, follows, runaways };
  }

  /** Everything that may come to an instance that waits. */
  private commandsAt({ current }: InstanceState): Command[] {
    if (!current) return [];
    const choices = current.awaiting ? this.choicesOf(current.awaiting) : [];
    return hasEnded(current) ? choices : [...choices, ...this.workAt(current)];
  }

  /** A person confirms what was decided; where that is no step of this version, they choose any other. */
  private choicesOf({ decision_id, target_step_id: decided }: AwaitedDecision): Command[] {
    const { steps } = this.definition;
    const stands = decided === null || this.definition.step(decided) !== undefined;
    const targets = stands ? [null] : steps.map(({ step_id }) => step_id);
    return targets.map((target_step_id) => ({
      type: 'choose',
      decision_id,
      target_step_id,
      comment: '',
    }));
  }

  private workAt({ step_id, step_type, step_execution_id, levels }: CurrentStep): Command[] {
    switch (step_type) {
      case 'user_task':
        return [{ type: 'complete_step', step_id, output: {} }];
      case 'approval': {
        const level = levels?.find(({ status }) => status === 'asked');
        if (!level) return [];
        const approver = {
          id: 'somebody',
          roles: level.roles,
          department: level.department_required,
          management_level: level.minimum_level,
        };
        return (['approved', 'rejected'] as const).map((decision) => ({
          type: 'decide_approval',
          step_id,
          decision,
          level: level.level,
          approver,
          comment: '',
          output: {},
        }));
      }
      case 'automated':
      case 'parallel':
        return [true, false].map((succeeded) => ({
          type: 'execution_ended',
          step_execution_id,
          execution_id: '',
          succeeded,
          output: { tasks: {} },
          error: null,
        }));
      case 'conditional':
        // only a client's own instance stands here, and goes on by its decision
        return [
          {
            type: 'route',
            action: 'auto_approve',
            from_step_id: step_id,
            target_step_id: null,
            decision_id: '',
            reason: '',
          },
        ];
    }
  }

  private act(state: InstanceState, from: string | null, command: Command, open: string[]): void {
    const ways = this.probe.ways(
      () => decide(this.definition, state, command, this.facts),
      () => (this.runs += 1) <= MOST_RUNS,
    );
    if (!ways) this.complete = false;
    for (const { result, assumptions } of ways ?? []) {
      if ('rejection' in result) throw result.rejection;
      const way = pathItems(result.events, examplesOf(assumptions));
      this.note(result.events, state);
      if (result.events.some((event) => event.type === 'incident_raised')) {
        this.runaways.push({ from, way, certainty: certaintyOf(assumptions) });
      }
      this.reach(this.normal(result.state), from, way, open);
    }
  }

  private reach(state: InstanceState, from: string | null, way: PathStep[], open: string[]): void {
    const key = this.keyOf(state);
    if (from !== null) this.visited.get(from)?.next.add(key);
    if (this.visited.has(key)) return;
    if (this.visited.size >= MOST_STATES) {
      this.complete = false;
      return;
    }
    this.visited.set(key, { state, from, way, next: new Set() });
    open.push(key);
  }

  /** What of a state decides how it goes on. */
  private normal(state: InstanceState): InstanceState {
    const known = Object.keys(state.step_entries).filter(
      (step_id) => this.remembered.has(step_id) && (state.step_entries[step_id] ?? 0) > 0,
    );
    const open = state.status === 'running' || state.status === 'suspended';
    return {
      ...state,
      status: open ? 'running' : state.status,
      data: {},
      step_entries: Object.fromEntries(known.sort().map((step_id) => [step_id, 1])),
      total_entries: 0,
    };
  }

  private keyOf({ status, current, step_entries }: InstanceState): string {
    if (status !== 'running') return String(status);
    const levels = current?.levels?.map((level) => level.status) ?? [];
    const awaited = current?.awaiting;
    const choice = awaited ? [awaited.target_step_id, awaited.step_ended] : null;
    return JSON.stringify([current?.step_id ?? null, levels, choice, Object.keys(step_entries)]);
  }

  private note(events: readonly InstanceEvent[], { current }: InstanceState): void {
    let before = current?.step_id;
    for (const event of events) {
      if (event.type !== 'step_entered' && event.type !== 'step_skipped') continue;
      (event.type === 'step_entered' ? this.entered : this.skipped).add(event.step_id);
      if (event.routed_by === 'rule' && event.routed_by_id !== null)
        this.rules.add(event.routed_by_id);
      if (before !== undefined) {
        const after = this.follows.get(before) ?? new Set();
        this.follows.set(before, after.add(event.step_id));
      }
      before = event.step_id;
    }
  }

  private treeOf(
    id: string,
    tree: CompiledTree | undefined,
    { steps }: CompiledDefinition,
  ): CompiledTree {
    return tree ? probedTree(tree, this.probe) : unknownTree(id, steps, this.probe);
  }
}

/** Whether an instance ends properly there: not by a failure. */
export function isEnd(key: string): boolean {
  return key === COMPLETED;
}

/** The definition with conditions that are asked by the probe. */
function probed(compiled: CompiledDefinition, probe: Probe): CompiledDefinition {
  const asked = (source: string): CompiledExpression =>
    probe.condition(source, (root) => OUTCOME.has(root));
  const ofData = (source: string): CompiledExpression => probe.condition(source, () => false);
  const entries = new Map(
    compiled.steps.flatMap((step) => {
      const source = entryExpression(step);
      return source === undefined ? [] : [[step.step_id, ofData(source)] as const];
    }),
  );
  return {
    ...compiled,
    rules: compiled.rules.map((rule): CompiledRule => ({
      ...rule,
      condition: asked(rule.condition_expression),
    })),
    levels: compiled.levels.map((level): CompiledLevel => ({
      ...level,
      bypasses: level.bypasses.map(({ source }) => ({ source, condition: ofData(source) })),
    })),
    entryCondition: (stepId) => entries.get(stepId),
  };
}
