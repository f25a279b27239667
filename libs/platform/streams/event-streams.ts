import { Injectable, type MessageEvent } from '@nestjs/common';
import { Observable } from 'rxjs';

import { DomainError } from '#engine/errors';
import { Drain } from '#platform/health';

/** What other processes write is seen after so long at the latest. */
const RECHECK_MS = 500;
const HEARTBEAT_MS = 15_000;
/** Of one kind and process: each looks into the tables again and again. */
const MOST_OPEN = 500;
const RETRY_AFTER_SECONDS = 5;

/** Reads what is new since the last time. `more`: there is more of it already; `ended`: nothing will come after it. */
export type Look = () => Promise<{ events: MessageEvent[]; more: boolean; ended: boolean }>;

/**
 * Server-sent events that are read from the tables: sent until there will be no more, the reader leaves, or the process
 * begins to end; the reader then goes on elsewhere by its `Last-Event-ID`. A comment every 15 s without news keeps
 * connections open.
 */
@Injectable()
export class EventStreams {
  private open = 0;

  constructor(private readonly drain: Drain) {}

  /** For a guard: a handler may be too late to refuse. @throws DomainError too_many_requests */
  requireRoom(): void {
    if (this.open < MOST_OPEN) return;
    throw new DomainError(
      'too_many_requests',
      `This process has ${MOST_OPEN} readers of such events already; try again soon.`,
      { retry_after_seconds: RETRY_AFTER_SECONDS },
    );
  }

  /** @param onChange calls back when a look may find something sooner; returns how to stop that */
  stream(look: Look, onChange?: (wake: () => void) => () => void): Observable<MessageEvent> {
    return new Observable((subscriber) => {
      const gone = new AbortController();
      const until = AbortSignal.any([gone.signal, this.drain.signal]);
      const send = (event: MessageEvent): void => subscriber.next(event);
      this.open += 1;
      follow(look, onChange, until, send)
        .finally(() => (this.open -= 1))
        .then(
          () => subscriber.complete(),
          (error: unknown) => subscriber.error(error),
        );
      return () => gone.abort();
    });
  }
}

async function follow(
  look: Look,
  onChange: ((wake: () => void) => () => void) | undefined,
  until: AbortSignal,
  send: (event: MessageEvent) => void,
): Promise<void> {
  let quietSince = performance.now();
  while (!until.aborted) {
    // before the look, so that what is written after it is not waited past
    const change = nextChange(onChange, until);
    try {
      const { events, more, ended } = await look();
      for (const event of events) send(event);
      if (events.length > 0) quietSince = performance.now();
      if (more) continue;
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

function nextChange(
  onChange: ((wake: () => void) => () => void) | undefined,
  until: AbortSignal,
): { happened: Promise<void>; stop: () => void } {
  let stop = (): void => undefined;
  const happened = new Promise<void>((resolve) => {
    const wake = (): void => resolve();
    const off = onChange?.(wake);
    const timer = setTimeout(wake, RECHECK_MS);
    until.addEventListener('abort', wake);
    stop = () => {
      off?.();
      clearTimeout(timer);
      until.removeEventListener('abort', wake);
    };
  });
  return { happened, stop };
}
