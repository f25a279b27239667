/** Seconds; from a cached read to the longest call that is held open (30 s). */
const BOUNDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** How long requests of one kind took. */
interface Durations {
  readonly labels: { readonly method: string; readonly route: string; readonly status: number };
  /** How many were within each bound and above the one before; last those above all. */
  readonly within: number[];
  seconds: number;
}

export interface RequestTotals {
  requests: number;
  /** Answered with 5xx. */
  failures: number;
  /** Of all of them together. */
  seconds: number;
}

/**
 * The histogram `http_request_duration_seconds`, as prom-client's registry reads it. Its own `Histogram` takes 4 of the
 * 110 µs of a request, for it looks for labels by their text and for bounds by their digits; this one a tenth of that.
 */
export class RequestDurations {
  readonly name = 'http_request_duration_seconds';
  readonly help = 'Time to answer a request, by route template.';
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  private readonly routes = new Map<string, Durations[]>();

  observe(method: string, route: string, status: number, seconds: number): void {
    const kind = this.kindOf(method, route, status);
    let bound = 0;
    while (bound < BOUNDS.length && seconds > BOUNDS[bound]!) bound += 1;
    kind.within[bound]! += 1;
    kind.seconds += seconds;
  }

  totals(): RequestTotals {
    const totals = { requests: 0, failures: 0, seconds: 0 };
    for (const { labels, within, seconds } of this.kinds()) {
      const requests = sum(within);
      totals.requests += requests;
      totals.seconds += seconds;
      if (labels.status >= 500) totals.failures += requests;
    }
    return totals;
  }

  /** What the registry asks each of its metrics. */
  get(): Promise<object> {
    const { name, help, type, aggregator } = this;
    const values = this.kinds().flatMap(({ labels, within, seconds }) => {
      const upTo = (bounds: number): number => sum(within.slice(0, bounds));
      const count = sum(within);
      return [
        ...BOUNDS.map((le, at) => bucket({ le, ...labels }, upTo(at + 1))),
        bucket({ le: '+Inf', ...labels }, count),
        { labels, value: seconds, metricName: `${name}_sum` },
        { labels, value: count, metricName: `${name}_count` },
      ];
    });
    return Promise.resolve({ name, help, type, values, aggregator });

    function bucket(of: object, value: number): object {
      return { labels: of, value, metricName: `${name}_bucket` };
    }
  }

  private kindOf(method: string, route: string, status: number): Durations {
    let kinds = this.routes.get(route);
    if (kinds === undefined) this.routes.set(route, (kinds = []));
    for (const kind of kinds) {
      if (kind.labels.status === status && kind.labels.method === method) return kind;
    }
    const within = new Array<number>(BOUNDS.length + 1).fill(0);
    const kind = { labels: { method, route, status }, within, seconds: 0 };
    kinds.push(kind);
    return kind;
  }

  private kinds(): Durations[] {
    return [...this.routes.values()].flat();
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
