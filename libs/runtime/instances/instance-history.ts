import { Injectable } from '@nestjs/common';

import { evolve, type InstanceEvent, type InstanceState, NEW_INSTANCE } from '#engine/instance';
import { statement, type Tx } from '#persistence';

interface EventRow {
  instance_id: string;
  event_type: string;
  payload: Record<string, unknown>;
}

/** Of several instances, each up to a sequence of its own. */
const readEvents = statement<EventRow, [instance_ids: readonly string[], up_to: readonly number[]]>(
  'read_events_up_to',
  `select e.instance_id, e.event_type, e.payload
   from unnest($1::uuid[], $2::int[]) as asked (instance_id, up_to)
   join instance_events e on e.instance_id = asked.instance_id and e.sequence <= asked.up_to
   order by e.instance_id, e.sequence`,
);

/** What instances were, read from what happened. */
@Injectable()
export class InstanceHistory {
  /** The state of each instance right after the event of that sequence. */
  async statesAt(
    tx: Tx,
    points: readonly { instance_id: string; sequence: number }[],
  ): Promise<Map<string, InstanceState>> {
    const rows = await readEvents(tx, [
      points.map(({ instance_id }) => instance_id),
      points.map(({ sequence }) => sequence),
    ]);
    const states = new Map<string, InstanceState>();
    for (const { instance_id, event_type: type, payload } of rows) {
      const event = { ...payload, type } as unknown as InstanceEvent;
      states.set(instance_id, evolve(states.get(instance_id) ?? NEW_INSTANCE, event));
    }
    return states;
  }
}
