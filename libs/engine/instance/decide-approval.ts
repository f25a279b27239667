import {
  type Approver,
  type Decision,
  type LevelPolicy,
  type LevelState,
  settle,
  weightOf,
} from '#engine/approval';
import { DomainError } from '#engine/errors';

import { entitlementFaults } from './approvals.js';
import { noteDecision } from './automatic.js';
import type { CommandOf } from './commands.js';
import { keepApart, refuseOwnApproval, refuseSecondVote, related } from './duties.js';
import { requireForm } from './form-output.js';
import { holds, withDraft } from './holding.js';
import { askLevels, moveAfter, referenceTo, routedMove, walk } from './movement.js';
import type { Progress } from './progress.js';
import { currentStep } from './rejections.js';
import type { CurrentStep } from './types.js';

/**
 * One person's decision on one asked level of an approval step. A level that several decide closes as soon as nothing
 * that is still to come could turn it. The last approved level completes the step; a rejected one ends it at once, and
 * the instance too (outcome `rejected`) unless a rule after the step takes the case.
 */
export function decideApproval(progress: Progress, command: CommandOf<'decide_approval'>): void {
  const { current, level } = deciding(progress, command);
  const { comment } = command;
  const decision = counted(progress, current, level, command);
  if (!decision) return endMark(progress);
  if (decision === 'approved' && level.escalated) supersede(progress, level);
  if (decision === 'approved' && !askLevels(progress)) return endMark(progress);
  const { step_id } = current;
  // whoever rejects need not fill in what the approval would have needed
  const output = decision === 'approved' ? withDraft(current, command.output) : command.output;
  if (decision === 'approved' || Object.keys(output).length > 0) {
    requireForm(progress, step_id, output);
  }
  progress.emit({
    type: 'step_completed',
    ...referenceTo(current),
    outcome: decision,
    output,
    reason: comment || null,
  });
  const ended = { step_id, outcome: decision };
  if (decision === 'approved') return walk(progress, moveAfter(progress, ended));
  const { move, deliberation } = routedMove(progress, ended);
  if (move) return walk(progress, move);
  noteDecision(progress, deliberation);
  progress.emit({ type: 'instance_completed', outcome: 'rejected' });
}

/**
 * The approval at which the instance stands, and the level that this person decides on.
 * @throws DomainError step_not_waiting, approval_not_asked, approval_already_given, approver_not_entitled,
 *   own_approval, duties_not_separate
 */
export function deciding(
  progress: Progress,
  command: { step_id: string; level?: number; approver: Approver },
): { current: CurrentStep; level: LevelState } {
  const { current, step } = currentStep(progress, command.step_id);
  const { step_id, step_type } = step;
  if (!current.levels) {
    throw new DomainError('step_not_waiting', `${step_id} is ${step_type}, not an approval.`, {
      step_id,
      step_type,
    });
  }
  const approver = related(progress, command.approver);
  const level = levelFor(current, { ...command, approver });
  refuseOwnApproval(progress, step_id);
  keepApart(progress, step_id);
  return { current, level };
}

/** Counts a vote. @returns what the level has come to; undefined while it is open */
function counted(
  progress: Progress,
  current: CurrentStep,
  { level, policy }: LevelState,
  { decision, comment, approver }: CommandOf<'decide_approval'>,
): Decision | undefined {
  const { id, on_behalf_of, roles } = approver;
  const reference = referenceTo(current);
  if (policy) refuseSecondVote(progress, level);
  const names = approver.names ?? [id];
  progress.emit({
    type: 'approval_decided',
    ...reference,
    level,
    decision,
    decided_by: id,
    comment,
    ...(on_behalf_of && { on_behalf_of }),
    ...(policy && {
      vote: {
        voter: voterOf(policy, names) ?? on_behalf_of ?? id,
        weight: weightOf(policy, names, roles),
        veto: policy.veto_roles.some((role) => roles.includes(role)),
      },
    }),
  });
  if (!policy) return decision;
  const now = progress.state.current?.levels?.find((known) => known.level === level);
  const settlement = settle(policy, now?.votes ?? []);
  if (!settlement) return undefined;
  progress.emit({ type: 'level_settled', ...reference, level, ...settlement });
  return settlement.decision;
}

/** The mark of who looks at an approval goes when they have voted, or when the next levels ask other people. */
function endMark(progress: Progress): void {
  const { current } = progress.state;
  if (!current?.assignment) return;
  const { assignee } = current.assignment;
  const released = (comment: string): void =>
    progress.emit({ type: 'step_released', ...referenceTo(current), assignee, comment });
  if (holds(progress)) return released('They have voted.');
  if (progress.events.some(({ type }) => type === 'approval_asked')) {
    released('The next level is asked.');
  }
}

/** What a level decides that was asked for others goes for them. */
function supersede(progress: Progress, { level: by_level }: LevelState): void {
  const { current } = progress.state;
  for (const { level, status } of current?.levels ?? []) {
    if (!current || status !== 'asked' || level >= by_level) continue;
    progress.emit({ type: 'level_superseded', ...referenceTo(current), level, by_level });
  }
}

/** The level that this person decides on: the one they name, else the lowest asked one that they are entitled to. */
function levelFor(
  current: CurrentStep,
  { level: wanted, approver }: { level?: number; approver: Approver },
): LevelState {
  const levels = current.levels ?? [];
  const asked = levels.filter(
    ({ status, level }) => status === 'asked' && (wanted ?? level) === level,
  );
  if (asked.length === 0) {
    const named = levels.find(({ level }) => level === wanted);
    if (named && named.decided_by !== null) {
      throw new DomainError(
        'approval_already_given',
        `Level ${named.level} was already ${named.status} by ${named.decided_by}.`,
        { level: named.level, decision: named.status },
      );
    }
    const now = levels.filter(({ status }) => status === 'asked').map(({ level }) => level);
    throw new DomainError(
      'approval_not_asked',
      `Level ${wanted} is not asked now; asked: ${now.join(', ')}.`,
      {
        level: wanted,
        asked_levels: now,
      },
    );
  }
  const faultsOf = (level: LevelState): string[] => [
    ...entitlementFaults(level, approver),
    ...voterFaults(level, approver),
  ];
  const entitled = asked.find((level) => faultsOf(level).length === 0);
  if (!entitled) {
    const reasons = asked.flatMap(faultsOf);
    throw new DomainError('approver_not_entitled', reasons.join(' '), {
      step_id: current.step_id,
      reasons,
    });
  }
  return entitled;
}

function voterFaults({ level, policy }: LevelState, approver: Approver): string[] {
  if (!policy || !Array.isArray(policy.voters)) return [];
  return voterOf(policy, approver.names ?? [approver.id]) === undefined
    ? [`Level ${level} is voted on by ${policy.voters.join(', ')} alone.`]
    : [];
}

function voterOf(
  { voters }: Pick<LevelPolicy, 'voters'>,
  names: readonly string[],
): string | undefined {
  return Array.isArray(voters) ? names.find((name) => voters.includes(name)) : undefined;
}
