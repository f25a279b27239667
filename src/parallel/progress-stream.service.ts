import { Injectable, type MessageEvent } from '@nestjs/common';
import type { Observable } from 'rxjs';

import { OPEN_EXECUTION_STATUSES } from '#engine/graph';
import { Database } from '#persistence';
import { EventStreams } from '#platform/streams';
import { ExecutionRuntime } from '#runtime';

import { listEvents, readStatus } from './parallel.queries.js';

const PAGE = 500;

/** The history of an execution as server-sent events: from any event on, until the execution has ended. */
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
    return this.streams.stream(
      async () => {
        // the status first: what was written before the end is then read after it
        const ended = !isOpen(await this.statusOf(execution_id));
        const rows = await listEvents(this.database.read, [execution_id, last, PAGE]);
        last = rows.at(-1)?.event_id ?? last;
        const events = rows.map(({ event_id, event_type, ...data }) => ({
          id: String(event_id),
          type: event_type,
          data,
        }));
        return { events, more: rows.length === PAGE, ended };
      },
      (wake) => this.executions.onMoved(execution_id, wake),
    );
  }

  private async statusOf(execution_id: string): Promise<string | undefined> {
    const [row] = await readStatus(this.database.read, [execution_id]);
    return row?.overall_status;
  }
}

function isOpen(status: string | undefined): boolean {
  return OPEN_EXECUTION_STATUSES.some((open) => open === status);
}
