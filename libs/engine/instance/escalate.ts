import { DomainError } from '#engine/errors';

import { bypassOf } from './approvals.js';
import type { CommandOf } from './commands.js';
import { hasEnded, referenceTo } from './movement.js';
import type { Progress } from './progress.js';
import type { CurrentStep } from './types.js';

/** @throws DomainError step_not_current */
export function remind(progress: Progress, command: CommandOf<'remind'>): void {
  const { percentage } = command;
  progress.emit({ type: 'step_reminded', ...referenceTo(stillAt(progress, command)), percentage });
}

/**
 * A step was not done in time. Of an approval, the next level above is asked as well (one that is bypassed is passed
 * over); what that decides goes for those below. At the top there is nobody left to ask.
 * @throws DomainError step_not_current
 */
export function escalate(progress: Progress, command: CommandOf<'escalate'>): void {
  const reference = referenceTo(stillAt(progress, command));
  progress.emit({ type: 'step_escalated', ...reference, reason: command.reason });
  const { definition, facts, state } = progress;
  const highest = Math.max(
    ...(state.current?.levels ?? []).flatMap(({ status, level }) =>
      status === 'asked' ? [level] : [],
    ),
  );
  for (const level of state.current?.levels ?? []) {
    if (level.status !== 'pending' || level.level < highest) continue;
    const condition = bypassOf(definition, level, state.data, facts.now);
    if (condition === undefined) {
      const { roles } = level;
      const asked = { level: level.level, roles, escalated: true } as const;
      return progress.emit({ type: 'approval_asked', ...reference, ...asked });
    }
    progress.emit({ type: 'approval_bypassed', ...reference, level: level.level, condition });
  }
}

function stillAt(
  { state: { current } }: Progress,
  command: { step_execution_id: string },
): CurrentStep {
  if (current?.step_execution_id === command.step_execution_id && !hasEnded(current))
    return current;
  throw new DomainError(
    'step_not_current',
    'The instance has left the step that was to be escalated.',
  );
}
