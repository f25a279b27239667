import { entryExpression, type StepDefinition } from '#engine/definition';
import type { JsonObject } from '#engine/graph';
import {
  areWork,
  type Branch,
  decideByTree,
  routingContext,
  runsBranches,
  type TreeDecision,
  type TriedRule,
  tryCondition,
  tryRule,
} from '#engine/routing';

import { bypassOf, levelsOf, nextToAsk } from './approvals.js';
import { byRules, byTree, noteDecision } from './automatic.js';
import type { Progress } from './progress.js';
import { routesAfter } from './routes.js';
import type { Deliberation, EndedStep, RoutedBy, StepReference } from './events.js';
import type { CurrentStep, InstanceState, StepOutcome } from './types.js';

/** Where an instance goes, and what sent it there. */
export interface Move {
  step_id: string;
  routed_by: RoutedBy;
  /** The rule, override, tree or decision. */
  routed_by_id: string | null;
  /** Conditions on the way that could not be evaluated, in words. */
  warnings: readonly string[];
  /** Where a tree or rules were asked. */
  deliberation?: Deliberation | undefined;
  /** Of a fork that leads here. */
  branches?: readonly Branch[] | undefined;
}

/** A step that has ended, with the tree that was asked first and did not decide. */
interface Ended extends EndedStep {
  tree?: TreeDecision;
}

/**
 * Takes an instance through every step that does not wait (design.md §4), up to one that does or to its end. The limit
 * on step entries ends a loop of such steps as well.
 */
export function walk(progress: Progress, first: Move | undefined): void {
  let move = first;
  while (move) {
    if (noteDecision(progress, move.deliberation)) return;
    const ended = enter(progress, move);
    if (!ended) return;
    move = ended.next ?? moveAfter(progress, ended);
  }
  progress.emit({ type: 'instance_completed', outcome: 'completed' });
}

/** The move after a step: an override or a rule that holds, else the order of the steps. Undefined after the last. */
export function moveAfter(progress: Progress, ended: Ended): Move | undefined {
  const { move, deliberation, warnings } = routedMove(progress, ended);
  if (move) return move;
  const next = progress.definition.stepAfter(ended.step_id);
  if (next) {
    const { step_id } = next;
    return { step_id, routed_by: 'sequence', routed_by_id: null, warnings, deliberation };
  }
  noteDecision(progress, deliberation);
  return undefined;
}

interface Routed {
  move?: Move;
  deliberation: Deliberation | undefined;
  warnings: readonly string[];
}

/** The move that the first override or routing rule that holds makes after this step; none where none holds. */
export function routedMove(progress: Progress, { tree, ...ended }: Ended): Routed {
  const { definition, state, facts } = progress;
  const context = contextAfter(state, ended);
  const warnings: string[] = [];
  const rules: TriedRule[] = [];
  for (const route of routesAfter(definition, facts.overrides, ended.step_id, state)) {
    const { routed_by, routed_by_id, rule } = route;
    const { tried } = tryRule(rule, context, facts.now);
    rules.push(tried);
    warnings.push(...tried.warnings.map((warning) => `${routed_by_id}: ${warning}`));
    if (!tried.matched || tried.target_step_id === null) continue;
    const deliberation = byRules(definition, ended, rules, tree);
    const step_id = tried.target_step_id;
    return {
      move: { step_id, routed_by, routed_by_id, warnings, deliberation },
      deliberation,
      warnings,
    };
  }
  return { deliberation: byRules(definition, ended, rules, tree), warnings };
}

/** Asks the next levels of the current approval step, bypassing those that need not be asked. True when no level is left. */
export function askLevels(progress: Progress): boolean {
  for (;;) {
    const { current } = progress.state;
    const asking = nextToAsk(current?.levels ?? []);
    if (!current || asking.length === 0) break;
    const reference = referenceTo(current);
    for (const level of asking) {
      const { definition, state, facts } = progress;
      const condition = bypassOf(definition, level, state.data, facts.now);
      progress.emit(
        condition === undefined
          ? { type: 'approval_asked', ...reference, level: level.level, roles: level.roles }
          : { type: 'approval_bypassed', ...reference, level: level.level, condition },
      );
    }
  }
  return progress.state.current?.levels?.every(({ status }) => status !== 'asked') ?? true;
}

/** The number of the next entry: no two of an instance's history have the same. */
export function nextEntry({ step_entries }: InstanceState, stepId: string): number {
  const entries = Object.hasOwn(step_entries, stepId) ? (step_entries[stepId] ?? 0) : 0;
  return Math.abs(entries) + 1;
}

/** Whether the instance only waits there to go on. */
export function hasEnded({ awaiting }: CurrentStep): boolean {
  return awaiting?.step_ended ?? false;
}

/** Calls off the work at the current step, where there is any left. */
export function leaveCurrent(progress: Progress, reason: string): void {
  const { current } = progress.state;
  if (!current || hasEnded(current)) return;
  progress.emit({ type: 'step_cancelled', ...referenceTo(current), reason });
}

export function referenceTo({ step_execution_id, step_id, entry }: CurrentStep): StepReference {
  return { step_execution_id, step_id, entry };
}

/**
 * Puts a client's own instance at the step at which it is said to stand. Somebody is at work there already: its
 * condition is not asked, a conditional step does not decide, and no execution starts.
 */
export function stand(progress: Progress, step_id: string): void {
  const { definition, state, facts } = progress;
  const step = definition.step(step_id);
  if (!step) return;
  progress.emit({
    type: 'step_entered',
    step_execution_id: facts.newId(),
    step_id,
    entry: nextEntry(state, step_id),
    step_type: step.step_type,
    status: 'waiting',
    levels: step.step_type === 'approval' ? levelsOf(definition, step) : null,
    routed_by: 'mention',
    routed_by_id: null,
    warnings: [],
  });
  if (step.step_type === 'approval') askLevels(progress);
}

/** Enters a step. Undefined when the instance now waits there, or has failed; else the step has already ended. */
function enter(progress: Progress, move: Move): (Ended & { next?: Move | undefined }) | undefined {
  const { state, definition, facts } = progress;
  const step = definition.step(move.step_id);
  if (!step) {
    fail(
      progress,
      'step_missing',
      move.step_id,
      `There is no step ${move.step_id} in version ${definition.version_number}.`,
    );
    return undefined;
  }
  if (state.total_entries >= facts.max_step_entries) {
    fail(
      progress,
      'step_entry_limit',
      move.step_id,
      `The instance has entered ${state.total_entries} steps, the limit; its rules run in a loop.`,
    );
    return undefined;
  }
  const reference = {
    step_execution_id: facts.newId(),
    step_id: step.step_id,
    entry: nextEntry(state, step.step_id),
  };
  const { routed_by, routed_by_id } = move;
  const context = contextBefore(state);
  const condition = definition.entryCondition(step.step_id);
  if (condition && !tryCondition(condition, context, facts.now).matched) {
    const reason = `Its condition does not hold: ${entryExpression(step)}`;
    progress.emit({ type: 'step_skipped', ...reference, reason, routed_by, routed_by_id });
    return { step_id: step.step_id, outcome: 'skipped' };
  }
  progress.emit({
    type: 'step_entered',
    ...reference,
    step_type: step.step_type,
    status: step.step_type === 'conditional' ? 'running' : 'waiting',
    levels: step.step_type === 'approval' ? levelsOf(definition, step) : null,
    routed_by,
    routed_by_id,
    warnings: move.warnings,
    ...(hasBranches(progress, step, move) && { branches: move.branches }),
  });
  switch (step.step_type) {
    case 'user_task':
    case 'automated':
    case 'parallel':
      return undefined;
    case 'approval': {
      if (!askLevels(progress)) return undefined;
      const reason = 'Every level was bypassed.';
      progress.emit({
        type: 'step_completed',
        ...reference,
        outcome: 'approved',
        output: {},
        reason,
      });
      return { step_id: step.step_id, outcome: 'approved' };
    }
    case 'conditional':
      return decideAtOnce(progress, step, reference, context);
  }
}

/** A conditional step: its tree decides where it goes, or the rules after it. Undefined when the tree ends the instance. */
function decideAtOnce(
  progress: Progress,
  step: StepDefinition,
  reference: StepReference,
  context: JsonObject,
): (Ended & { next?: Move | undefined }) | undefined {
  const decided = (reason: string | null, outcome: StepOutcome = 'decided'): EndedStep => {
    progress.emit({ type: 'step_completed', ...reference, outcome, output: {}, reason });
    return { step_id: step.step_id, outcome };
  };
  const treeId = step.decision_tree_id;
  if (treeId === null) return decided(null);
  const compiled = progress.facts.trees.get(treeId);
  if (!compiled) return decided(`There is no active decision tree ${treeId}.`);
  const stepOf = (stepId: string): StepDefinition | undefined => progress.definition.step(stepId);
  const tree = decideByTree(compiled, context, { now: progress.facts.now, stepOf });
  const { action, target_step_id } = tree;
  if (action === null) return { ...decided(tree.undecided_because), tree };
  const reason = `Node ${tree.leaf_node_id} of decision tree ${treeId}.`;
  if (target_step_id !== null) {
    const after = decided(reason);
    const next: Move = {
      step_id: target_step_id,
      routed_by: 'tree',
      routed_by_id: treeId,
      warnings: [],
      deliberation: byTree(after, tree),
      branches: tree.branches,
    };
    return { ...after, next };
  }
  if (action !== 'reject') {
    const after = decided(reason, action === 'auto_approve' ? 'approved' : 'decided');
    noteDecision(progress, byTree(after, tree));
    return after;
  }
  noteDecision(progress, byTree(decided(reason, 'rejected'), tree));
  progress.emit({ type: 'instance_completed', outcome: 'rejected' });
  return undefined;
}

function hasBranches({ definition }: Progress, step: StepDefinition, { branches }: Move): boolean {
  return runsBranches(step) && areWork(branches ?? [], (stepId) => definition.step(stepId));
}

function fail(
  progress: Progress,
  kind: 'step_entry_limit' | 'step_missing',
  step_id: string,
  message: string,
): void {
  progress.emit({ type: 'incident_raised', kind, step_id, message });
  progress.emit({ type: 'instance_failed', reason: message });
}

function contextBefore(state: InstanceState): JsonObject {
  return routingContext({ workflow_data: state.data });
}

function contextAfter(state: InstanceState, ended: EndedStep): JsonObject {
  return routingContext({
    workflow_data: state.data,
    step: { id: ended.step_id, outcome: ended.outcome },
  });
}
