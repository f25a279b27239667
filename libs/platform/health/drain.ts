import { Injectable } from '@nestjs/common';

/** How far the process is: starting, serving, or letting go of its work before it ends. */
@Injectable()
export class Drain {
  private readonly controller = new AbortController();
  private started = false;

  /** Aborted when the process begins to end: long answers (SSE, held-open claims) finish on it. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get isStarted(): boolean {
    return this.started;
  }

  /** Whether new requests should come here. */
  get isReady(): boolean {
    return this.started && !this.signal.aborted;
  }

  markStarted(): void {
    this.started = true;
  }

  begin(): void {
    this.controller.abort();
  }
}
