import type { Command } from '#engine/instance';
import { newId, type Tx, unawaited } from '#persistence';

import type { InstanceMove } from './instance-move.js';
import { insertVote } from './instances.queries.js';

/** A vote, where the command that the move has carried out was one, is a row of its own beside its event. */
export function recordVote(tx: Tx, { instance, events }: InstanceMove, command: Command): void {
  if (command.type !== 'decide_approval') return;
  const { approver, comment } = command;
  for (const event of events) {
    if (event.type !== 'approval_decided') continue;
    const vote = insertVote(tx, [
      newId(),
      event.step_execution_id,
      instance.instance_id,
      event.level,
      event.decision,
      approver.id,
      comment,
      JSON.stringify({ ...approver }),
    ]);
    unawaited(tx, vote);
  }
}
