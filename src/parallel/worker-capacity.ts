import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Gauge } from 'prom-client';

import { type AdaptiveLimit, nextLimit } from '#engine/graph';
import { MetricsRegistry } from '#platform/metrics';

const BOUNDS = { least: 10, most: 400 };
const FIRST = 200;
const EVERY_MS = 1_000;
const NANOSECONDS = 1e6;

/**
 * How many attempts this process makes at a time: most of them wait for somebody else's answer, and what they cost here
 * is seen in the event loop and in how long results take to record. Work that opts out of `adaptive_scaling` does not
 * move it.
 */
@Injectable()
export class WorkerCapacity implements OnApplicationBootstrap, OnModuleDestroy {
  private state: AdaptiveLimit = { limit: FIRST, usual_ms: null };
  private readonly delay: IntervalHistogram = monitorEventLoopDelay({ resolution: 20 });
  private recorded = { results: 0, milliseconds: 0 };
  private mostInHand = 0;
  private adapts = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(registry: MetricsRegistry) {
    new Gauge({
      name: 'worker_concurrency_limit',
      help: 'Attempts of built-in tasks that this process makes at a time, as it has adapted.',
      registers: [registry],
      collect: this.collectInto(() => this.state.limit),
    });
    new Gauge({
      name: 'worker_result_seconds_usual',
      help: 'What recording a result takes when nothing is wrong; the measure of slowness.',
      registers: [registry],
      collect: this.collectInto(() => (this.state.usual_ms ?? 0) / 1_000),
    });
  }

  get limit(): number {
    return this.state.limit;
  }

  onApplicationBootstrap(): void {
    this.delay.enable();
    this.timer = setInterval(() => this.adapt(), EVERY_MS);
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
    this.delay.disable();
  }

  /** @param inHand attempts, with the one that begins */
  began(inHand: number, adaptive: boolean): void {
    this.mostInHand = Math.max(this.mostInHand, inHand);
    this.adapts ||= adaptive;
  }

  resultTook(milliseconds: number): void {
    this.recorded.results += 1;
    this.recorded.milliseconds += milliseconds;
  }

  private adapt(): void {
    const { results, milliseconds } = this.recorded;
    if (this.adapts) {
      const seen = {
        latency_ms: results === 0 ? null : milliseconds / results,
        event_loop_delay_ms: this.delay.percentile(99) / NANOSECONDS,
        most_in_hand: this.mostInHand,
      };
      this.state = nextLimit(this.state, seen, BOUNDS);
    }
    this.delay.reset();
    this.recorded = { results: 0, milliseconds: 0 };
    this.mostInHand = 0;
    this.adapts = false;
  }

  private collectInto(value: () => number): (this: Gauge) => void {
    return function () {
      this.set(value());
    };
  }
}
