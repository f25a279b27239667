import type { JsonObject, SynchronizationStatus } from '#engine/graph';

/**
 * Events of one execution and one moment share a row: its own event, and the others in `following`. They have the ids
 * after its own, for which the identity of `execution_events` leaves room.
 */
export const EVENTS_OF_A_ROW = 1_000;

export interface MomentaryEvent {
  event_type: string;
  task_id?: string;
  /** Left out: `{}`. */
  payload?: JsonObject;
}

export function pointEvent(
  sync_id: string,
  status: SynchronizationStatus,
  reason: string | null,
): MomentaryEvent & { payload: JsonObject } {
  const payload = { sync_id, status, ...(reason !== null && { reason }) };
  return { event_type: 'synchronization_point', payload };
}

/** Rows of `execution_events`, in their order, but for what the statement adds. */
export function rowsOfOneMoment(
  events: readonly MomentaryEvent[],
): (MomentaryEvent & { payload: JsonObject; following: MomentaryEvent[] | null })[] {
  return chunks(events, EVENTS_OF_A_ROW).flatMap(([first, ...following]) =>
    first ? [{ payload: {}, ...first, following: following.length > 0 ? following : null }] : [],
  );
}

export function chunks<T>(list: readonly T[], size: number): T[][] {
  const count = Math.ceil(list.length / size);
  return Array.from({ length: count }, (_, i) => list.slice(i * size, (i + 1) * size));
}
