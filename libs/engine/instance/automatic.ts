import type { CompiledDefinition } from '#engine/definition';
import {
  certaintySentences,
  type Decision,
  isTooUncertain,
  type RuleDecision,
  type TreeDecision,
  type TriedRule,
} from '#engine/routing';

import type { Progress } from './progress.js';
import type { DecidedMove, Deliberation, EndedStep, EventOf, InstanceEvent } from './events.js';

type Ending = Extract<InstanceEvent, { type: 'step_completed' | 'step_failed' | 'step_skipped' }>;

const NO_RULES: RuleDecision = { winner: null, alternatives: [], tried: [] };

/** What a tree decided when a step had ended. */
export function byTree(after: EndedStep, tree: TreeDecision): Deliberation | undefined {
  const { action, target_step_id, leaf_node_id } = tree;
  if (action === null) return undefined;
  return deliberation(after, {
    decided_by: 'tree',
    decided_by_id: leaf_node_id,
    action,
    target_step_id,
    applied_rules: [],
    tree,
    rules: NO_RULES,
  });
}

/**
 * What rules came to: the last that was tried, where it holds, else the order of the steps. None where nothing was asked.
 * @param tree asked first; it did not decide
 */
export function byRules(
  definition: CompiledDefinition,
  after: EndedStep,
  tried: TriedRule[],
  tree: TreeDecision | null = null,
): Deliberation | undefined {
  if (tried.length === 0 && !tree) return undefined;
  const last = tried.at(-1);
  const winner = last?.matched ? last : null;
  const next = ends(after) ? null : (definition.stepAfter(after.step_id)?.step_id ?? null);
  return deliberation(after, {
    decided_by: winner ? 'rule' : 'sequence',
    decided_by_id: winner?.rule_id ?? null,
    action: winner?.action ?? 'route_to_step',
    target_step_id: winner ? winner.target_step_id : next,
    applied_rules: winner ? [winner.rule_id] : [],
    tree,
    rules: { winner, alternatives: [], tried },
  });
}

/** The instance ends with such a step, unless a rule takes the case. */
function ends({ outcome }: EndedStep): boolean {
  return outcome === 'failed' || outcome === 'rejected';
}

function deliberation(
  after: EndedStep,
  decision: Omit<Decision, 'alternatives' | 'table'>,
): Deliberation {
  return { after, decision: { ...decision, alternatives: [], table: null } };
}

/**
 * Notes what was decided. True: in a workflow that asks for a minimum of confidence, it is less certain than that, so
 * the instance waits at the step that has ended until a person chooses.
 */
export function noteDecision(progress: Progress, deliberated: Deliberation | undefined): boolean {
  if (!deliberated) return false;
  const { certainty, newId, now } = progress.facts;
  const { data } = progress.state;
  const decision_id = newId();
  const move = decidedMove(deliberated.decision);
  const confidence = (certainty && move && certainty.confidenceIn(move, data)) ?? null;
  const awaits_person =
    confidence !== null && isTooUncertain(confidence, certainty?.minimum ?? null);
  const { step_id } = deliberated.after;
  if (certainty && move && confidence) {
    const judged = { ...move, confidence };
    const reason = certaintySentences(confidence, certainty.minimum).join(' ');
    const { target_step_id, action, tree } = deliberated.decision;
    const branches = tree?.branches ?? [];
    progress.emit(
      awaits_person
        ? {
            type: 'decision_awaited',
            step_id,
            decision_id,
            action,
            target_step_id,
            ...(branches.length > 0 && { branches }),
            reason,
            judged,
            ended_step: endedStep(progress),
          }
        : { type: 'decision_taken', step_id, decision_id, judged },
    );
  }
  const events_before = progress.events.length;
  progress.decisions.push({
    ...deliberated,
    decision_id,
    data,
    confidence,
    now,
    awaits_person,
    events_before,
  });
  return awaits_person;
}

/** A move that is evidence: of a tree, or of a rule of the workflow. A temporary route was set by a person. */
function decidedMove({
  decided_by,
  decided_by_id,
  target_step_id,
  tree,
  rules: { winner },
}: Decision): DecidedMove | null {
  if (decided_by_id === null || target_step_id === null) return null;
  if (decided_by === 'tree') {
    return { decided_by, decided_by_id, tree_id: tree?.tree_id ?? null, target_step_id };
  }
  if (decided_by !== 'rule' || winner?.origin !== 'workflow') return null;
  return { decided_by, decided_by_id, tree_id: null, target_step_id };
}

function endedStep({ events, definition }: Progress): EventOf<'decision_awaited'>['ended_step'] {
  const ended = events.findLast(isEnding);
  if (!ended) return null;
  const { step_id, step_execution_id, entry } = ended;
  const step_type = definition.step(step_id)?.step_type ?? 'user_task';
  return { step_execution_id, step_id, entry, step_type };
}

function isEnding(event: InstanceEvent): event is Ending {
  return (
    event.type === 'step_completed' || event.type === 'step_failed' || event.type === 'step_skipped'
  );
}
