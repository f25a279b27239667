import { noticesOf } from '#engine/instance';
import type { NewNotification } from '#notifications';

import type { InstanceMove } from './instance-move.js';

/** What people are told of a move, as its steps and its workflow want it. */
export function notificationsOf(move: InstanceMove): NewNotification[] {
  const { instance_id, workflow_id, workflow_instance_id, ...more } = move.instance;
  const { last_sequence, correlation_id } = more;
  return noticesOf(move.definition, move.events, move.state).map(({ event_index, ...notice }) => ({
    ...notice,
    workflow_id,
    instance_id,
    workflow_instance_id,
    event_sequence: last_sequence + event_index + 1,
    correlation_id,
  }));
}
