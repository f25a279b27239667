import type { JsonObject } from '#engine/graph';
import type { Command, CurrentStep } from '#engine/instance';

import type { Work } from './work-history.js';

/** Nobody's vote is asked more often before a level counts as stuck. */
const MOST_VOTES = 50;

/** What a piece of work does to its instance when it ends: the first that the engine takes. */
export function commandsOf(current: CurrentStep, level: number | null, work: Work): Command[] {
  const { step_id } = current;
  const plain = level === null ? endOf(current, work) : decisionOf(current, level, work, 0);
  const { outcome, to_step_id } = work;
  if (outcome === 'bypassed') {
    return [{ type: 'bypass_step', step_id, reason: '' }, plain];
  }
  if (outcome === 'routed' && to_step_id !== null) {
    const routed = { type: 'route', action: 'route_to_step', from_step_id: step_id } as const;
    return [{ ...routed, target_step_id: to_step_id, decision_id: '', reason: '' }, plain];
  }
  if (outcome === 'sent_back' && to_step_id !== null && level !== null) {
    const approver = approverOf(current, level, 0);
    return [{ type: 'send_back', step_id, to_step_id, approver, comment: '' }, plain];
  }
  return [plain];
}

/** Further votes of a level that several decide, one after the other. */
export function furtherVotes(current: CurrentStep, level: number, work: Work): Command[] {
  const asked = current.levels?.find((one) => one.level === level);
  if (!asked?.policy) return [];
  const { voters } = asked.policy;
  const count = typeof voters === 'number' ? voters : (voters?.length ?? MOST_VOTES);
  return Array.from({ length: Math.min(count, MOST_VOTES) - 1 }, (_, index) =>
    decisionOf(current, level, work, index + 1),
  );
}

function decisionOf(current: CurrentStep, level: number, work: Work, voter: number): Command {
  return {
    type: 'decide_approval',
    step_id: current.step_id,
    level,
    decision: work.outcome === 'rejected' ? 'rejected' : 'approved',
    approver: approverOf(current, level, voter),
    comment: '',
    output: work.output,
  };
}

/** Somebody who may. */
function approverOf({ levels }: CurrentStep, level: number, voter: number) {
  const asked = levels?.find((one) => one.level === level);
  const voters = asked?.policy?.voters;
  const names: readonly string[] = typeof voters === 'object' ? (voters ?? []) : [];
  return {
    id: names[voter] ?? `voter ${voter + 1}`,
    roles: asked?.roles ?? [],
    department: asked?.department_required ?? null,
    management_level: asked?.minimum_level ?? null,
  };
}

function endOf({ step_id, step_type, step_execution_id }: CurrentStep, work: Work): Command {
  const { outcome, output } = work;
  if (step_type !== 'automated' && step_type !== 'parallel') {
    return { type: 'complete_step', step_id, output };
  }
  const tasks = step_type === 'automated' ? { [step_id]: output } : objectOr(output['tasks']);
  return {
    type: 'execution_ended',
    step_execution_id,
    execution_id: '',
    succeeded: outcome !== 'failed',
    output: { tasks },
    error: null,
  };
}

function objectOr(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
