import type { Command } from '#engine/instance';
import { newId, type Tx } from '#persistence';

import type { InstanceMove } from './instance-move.js';
import { insertVote } from './instances.queries.js';

/** A vote is a row of its own beside its event. */
export async function recordVote(
  tx: Tx,
  { instance, events }: InstanceMove,
  { approver, comment }: Extract<Command, { type: 'decide_approval' }>,
): Promise<void> {
  for (const event of events) {
    if (event.type !== 'approval_decided') continue;
    await insertVote(tx, [
      newId(),
      event.step_execution_id,
      instance.instance_id,
      event.level,
      event.decision,
      approver.id,
      comment,
      JSON.stringify({ ...approver }),
    ]);
  }
}
