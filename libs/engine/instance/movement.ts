import { entryExpression, type StepDefinition } from '#engine/definition';
import type { JsonObject } from '#engine/graph';
import { decideByTree, routingContext, tryCondition } from '#engine/routing';

import { bypassOf, levelsOf, nextToAsk } from './approvals.js';
import { leftToAPerson } from './certainty.js';
import type { Progress } from './progress.js';
import type {
  CurrentStep,
  DecidedMove,
  InstanceState,
  RoutedBy,
  StepOutcome,
  StepReference,
} from './types.js';

/** Where an instance goes, and what sent it there. */
export interface Move {
  step_id: string;
  routed_by: RoutedBy;
  /** The rule, override, tree or decision. */
  routed_by_id: string | null;
  /** Conditions on the way that could not be evaluated, in words. */
  warnings: readonly string[];
  /** What was decided by whom, where a rule or a tree did. */
  decided?: DecidedMove;
}

/** A step that has ended, as the rules after it see it. */
export interface EndedStep {
  step_id: string;
  outcome: StepOutcome;
}

/**
 * Takes an instance through every step that does not wait (design.md §4), up to one that does or to its end. The limit
 * on step entries ends a loop of such steps as well.
 */
export function walk(progress: Progress, first: Move | undefined): void {
  let move = first;
  while (move) {
    if (leftToAPerson(progress, move.decided)) return;
    const ended = enter(progress, move);
    if (!ended) return;
    move = ended.next ?? moveAfter(progress, ended);
  }
  progress.emit({ type: 'instance_completed', outcome: 'completed' });
}

/** The move after a step: an override or a rule that holds, else the order of the steps. Undefined after the last. */
export function moveAfter(progress: Progress, ended: EndedStep): Move | undefined {
  const { move, warnings } = routedMove(progress, ended);
  if (move) return move;
  const next = progress.definition.stepAfter(ended.step_id);
  return next && { step_id: next.step_id, routed_by: 'sequence', routed_by_id: null, warnings };
}

/** The move that the first override or routing rule that holds makes after this step; none where none holds. */
export function routedMove(
  progress: Progress,
  ended: EndedStep,
): { move?: Move; warnings: readonly string[] } {
  const { definition, state, facts } = progress;
  const context = contextAfter(state, ended);
  const warnings: string[] = [];
  const routes = [
    ...facts.overrides.map((override) => ({
      ...override,
      by: 'override' as const,
      id: override.routing_id,
    })),
    ...definition.rules.map((rule) => ({ ...rule, by: 'rule' as const, id: rule.rule_id })),
  ];
  for (const route of routes) {
    if (!appliesAfter(route, ended.step_id, state)) continue;
    const tried = tryCondition(route.condition, context, facts.now);
    warnings.push(...tried.warnings.map((warning) => `${route.id}: ${warning}`));
    if (tried.matched) {
      return {
        move: {
          step_id: route.target_step_id,
          routed_by: route.by,
          routed_by_id: route.id,
          warnings,
          ...(route.by === 'rule' && {
            decided: {
              decided_by: route.by,
              decided_by_id: route.id,
              tree_id: null,
              target_step_id: route.target_step_id,
            },
          }),
        },
        warnings,
      };
    }
  }
  return { warnings };
}

/** A route with a source holds after that step alone, and may loop; one without never leads back to a step entered before. */
export function appliesAfter(
  route: { source_step_id: string | null; target_step_id: string },
  stepId: string,
  state: InstanceState,
): boolean {
  return route.source_step_id === null
    ? timesEntered(state, route.target_step_id) === 0
    : route.source_step_id === stepId;
}

/** Asks the next levels of the current approval step, bypassing those that need not be asked. True when no level is left. */
export function askLevels(progress: Progress): boolean {
  for (;;) {
    const { current } = progress.state;
    const asking = nextToAsk(current?.levels ?? []);
    if (!current || asking.length === 0) break;
    const reference = referenceTo(current);
    for (const level of asking) {
      const condition = bypassOf(progress, level);
      progress.emit(
        condition === undefined
          ? { type: 'approval_asked', ...reference, level: level.level, roles: level.roles }
          : { type: 'approval_bypassed', ...reference, level: level.level, condition },
      );
    }
  }
  return progress.state.current?.levels?.every(({ status }) => status !== 'asked') ?? true;
}

/** Entries that count: those that a restoration has undone do not. */
export function timesEntered(state: InstanceState, stepId: string): number {
  return Math.max(0, entriesOf(state, stepId));
}

/** The number of the next entry: no two of an instance's history have the same. */
export function nextEntry(state: InstanceState, stepId: string): number {
  return Math.abs(entriesOf(state, stepId)) + 1;
}

function entriesOf({ step_entries }: InstanceState, stepId: string): number {
  return Object.hasOwn(step_entries, stepId) ? (step_entries[stepId] ?? 0) : 0;
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
function enter(
  progress: Progress,
  move: Move,
): (EndedStep & { next?: Move | undefined }) | undefined {
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
): (EndedStep & { next?: Move | undefined }) | undefined {
  const decided = (reason: string | null, outcome: StepOutcome = 'decided'): EndedStep => {
    progress.emit({ type: 'step_completed', ...reference, outcome, output: {}, reason });
    return { step_id: step.step_id, outcome };
  };
  const treeId = step.decision_tree_id;
  if (treeId === null) return decided(null);
  const tree = progress.facts.trees.get(treeId);
  if (!tree) return decided(`There is no active decision tree ${treeId}.`);
  const decision = decideByTree(tree, context, { now: progress.facts.now });
  if (decision.undecided_because !== null) return decided(decision.undecided_because);
  const reason = `Node ${decision.leaf_node_id} of decision tree ${treeId}.`;
  if (decision.target_step_id !== null && decision.leaf_node_id !== null) {
    const { target_step_id, leaf_node_id } = decision;
    const next: Move = {
      step_id: target_step_id,
      routed_by: 'tree',
      routed_by_id: treeId,
      warnings: [],
      decided: {
        decided_by: 'tree',
        decided_by_id: leaf_node_id,
        tree_id: treeId,
        target_step_id,
      },
    };
    return { ...decided(reason), next };
  }
  if (decision.action !== 'reject') {
    return decided(reason, decision.action === 'auto_approve' ? 'approved' : 'decided');
  }
  decided(reason, 'rejected');
  progress.emit({ type: 'instance_completed', outcome: 'rejected' });
  return undefined;
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
