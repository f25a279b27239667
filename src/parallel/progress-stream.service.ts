import { Injectable, type MessageEvent } from '@nestjs/common';
import { Observable } from 'rxjs';

import { OPEN_EXECUTION_STATUSES } from '#engine/graph';
import { Database } from '#persistence';
import { Drain } from '#platform/health';
import { ExecutionRuntime } from '#runtime';

import { listEvents, readStatus } from './parallel.queries.js';

const PAGE = 500;
/** What other processes write is seen after so long at the latest. */
const RECHECK_MS = 500;
const HEARTBEAT_MS = 15_000;

/** The history of an execution as server-sent events: from any event on, until the execution has ended. */
@Injectable()
export class ProgressStream {
  constructor(
    private readonly database: Database,
    private readonly executions: ExecutionRuntime,
    private readonly drain: Drain,
  ) {}

  /**
   * @param after the id of the last event that the reader has seen; 0 for all
   */
  open(execution_id: string, after: number): Observable<MessageEvent> {
    return new Observable((subscriber) => {
      const gone = new AbortController();
      const until = AbortSignal.any([gone.signal, this.drain.signal]);
      const send = (event: MessageEvent): void => subscriber.next(event);
      this.follow(execution_id, after, until, send).then(
        () => subscriber.complete(),
        (error: unknown) => subscriber.error(error),
      );
      return () => gone.abort();
    });
  }

  private async follow(
    execution_id: string,
    after: number,
    until: AbortSignal,
    send: (event: MessageEvent) => void,
  ): Promise<void> {
    let last = after;
    let quietSince = performance.now();
    while (!until.aborted) {
      const change = this.nextChange(execution_id, until);
      try {
        // the status first: what was written before the end is then read after it
        const ended = !isOpen(await this.statusOf(execution_id));
        const events = await listEvents(this.database.read, [execution_id, last, PAGE]);
        for (const { event_id, event_type, ...data } of events) {
          send({ id: String(event_id), type: event_type, data });
          last = event_id;
        }
        if (events.length > 0) quietSince = performance.now();
        if (events.length === PAGE) continue;
        if (ended) return;
        if (performance.now() - quietSince > HEARTBEAT_MS) {
          send({ comment: 'heartbeat' });
          quietSince = performance.now();
        }
        await change.happened;
      } finally {
        change.stop();
      }
    }
  }

  private nextChange(
    execution_id: string,
    until: AbortSignal,
  ): { happened: Promise<void>; stop: () => void } {
    let stop = (): void => undefined;
    const happened = new Promise<void>((resolve) => {
      const wake = (): void => resolve();
      const off = this.executions.onMoved(execution_id, wake);
      const timer = setTimeout(wake, RECHECK_MS);
      until.addEventListener('abort', wake);
      stop = () => {
        off();
        clearTimeout(timer);
        until.removeEventListener('abort', wake);
      };
    });
    return { happened, stop };
  }

  private async statusOf(execution_id: string): Promise<string | undefined> {
    const [row] = await readStatus(this.database.read, [execution_id]);
    return row?.overall_status;
  }
}

function isOpen(status: string | undefined): boolean {
  return OPEN_EXECUTION_STATUSES.some((open) => open === status);
}
