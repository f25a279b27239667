import fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { MetricsRegistry } from './metrics-registry.js';
import { RequestDurations } from './request-durations.js';

const BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

const requests = fc.array(
  fc.record({
    method: fc.constantFrom('GET', 'POST'),
    route: fc.constantFrom('/a', '/b/:id', 'unknown'),
    status: fc.constantFrom(200, 404, 503),
    seconds: fc.oneof(fc.constantFrom(0, ...BUCKETS), fc.double({ min: 0, max: 40, noNaN: true })),
  }),
  { maxLength: 50 },
);

const linesOf = (text: string): string[] => text.trim().split('\n').toSorted();

describe('RequestDurations', () => {
  it('tells what a histogram of prom-client tells of the same requests', async () => {
    await fc.assert(
      fc.asyncProperty(requests, async (observed) => {
        const ours = new MetricsRegistry();
        const theirs = new Registry();
        const histogram = new Histogram({
          name: ours.requests.name,
          help: ours.requests.help,
          labelNames: ['method', 'route', 'status'],
          buckets: BUCKETS,
          registers: [theirs],
        });
        for (const { method, route, status, seconds } of observed) {
          ours.requests.observe(method, route, status, seconds);
          histogram.observe({ method, route, status }, seconds);
        }
        const told = await ours.getSingleMetricAsString(ours.requests.name);
        expect(linesOf(told)).toEqual(linesOf(await theirs.metrics()));
      }),
    );
  });

  it('adds up all requests, and those that failed', () => {
    const durations = new RequestDurations();
    durations.observe('GET', '/a', 200, 0.25);
    durations.observe('GET', '/a', 503, 0.5);
    durations.observe('POST', '/a', 500, 40);
    expect(durations.totals()).toEqual({ requests: 3, failures: 2, seconds: 40.75 });
  });
});
