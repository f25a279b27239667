import { Injectable, type MessageEvent } from '@nestjs/common';
import type { Observable } from 'rxjs';

import { OPEN_EXECUTION_STATUSES } from '#engine/graph';
import { Database } from '#persistence';
import { EventStreams } from '#platform/streams';
import { ExecutionRuntime } from '#runtime';

import { listEvents, readStanding, type StandingRow } from './parallel.queries.js';

const PAGE = 500;

/**
 * The history of an execution as server-sent events: from any event on, until the execution has ended. Between them, at
 * its `monitoring_interval_seconds`, how it stands.
 */
@Injectable()
export class ProgressStream {
  constructor(
    private readonly database: Database,
    private readonly executions: ExecutionRuntime,
    private readonly streams: EventStreams,
  ) {}

  /**
   * @param after the id of the last event that the reader has seen; 0 for all
   */
  open(execution_id: string, after: number): Observable<MessageEvent> {
    let last = after;
    let toldAt = performance.now();
    return this.streams.stream(
      async () => {
        // the status first: what was written before the end is then read after it
        const [standing] = await readStanding(this.database.read, [execution_id]);
        const ended = !isOpen(standing?.overall_status);
        const rows = await listEvents(this.database.read, [execution_id, last, PAGE]);
        last = rows.at(-1)?.event_id ?? last;
        const events: MessageEvent[] = rows.map(({ event_id, event_type, ...data }) => ({
          id: String(event_id),
          type: event_type,
          data,
        }));
        const due = toldAt + 1_000 * (standing?.monitoring_interval_seconds ?? Infinity);
        if (standing && !ended && performance.now() >= due) {
          events.push(standingEvent(standing, last));
          toldAt = performance.now();
        }
        return { events, more: rows.length === PAGE, ended };
      },
      (wake) => this.executions.onMoved(execution_id, wake),
    );
  }
}

/** No event of the history, so that it has the id of the last one: who resumes after it misses and repeats nothing. */
function standingEvent(
  { monitoring_interval_seconds: _, now, ...standing }: StandingRow,
  last: number,
): MessageEvent {
  return { id: String(last), type: 'progress', data: { ...standing, occurred_at: now } };
}

function isOpen(status: string | undefined): boolean {
  return OPEN_EXECUTION_STATUSES.some((open) => open === status);
}
