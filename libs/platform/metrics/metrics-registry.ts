import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, type Metric, Registry } from 'prom-client';
import { RequestDurations } from './request-durations.js';

/**
 * Every metric of this process. Other modules inject it and register theirs:
 * `new Counter({ name: 'jobs_failed_total', help: '…', registers: [registry] })`.
 */
@Injectable()
export class MetricsRegistry extends Registry {
  readonly requests = new RequestDurations();

  constructor() {
    super();
    collectDefaultMetrics({ register: this });
    this.registerMetric(this.requests as unknown as Metric);
  }
}
