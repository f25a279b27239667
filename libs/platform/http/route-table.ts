export interface Route {
  method: string;
  /** As registered: `/api/v1/workflows/workflows/:workflow_id`. */
  path: string;
}

/** The routes that are really registered, as Fastify reports them. */
export class RouteTable {
  private readonly routes: Route[] = [];

  add(methods: string | readonly string[], path: string): void {
    for (const method of [methods].flat()) this.routes.push({ method, path });
  }

  all(): readonly Route[] {
    return this.routes;
  }

  /** The methods that a path of a request answers to; none when there is no such path. */
  methodsOf(url: string): string[] {
    const asked = segmentsOf(url.split('?', 1)[0] ?? '');
    const methods = this.routes
      .filter((route) => matches(segmentsOf(route.path), asked))
      .map((route) => route.method);
    return [...new Set(methods)].sort();
  }
}

function segmentsOf(path: string): string[] {
  return path.split('/').slice(1);
}

function matches(template: readonly string[], asked: readonly string[]): boolean {
  return (
    template.length === asked.length &&
    template.every((part, at) => (part.startsWith(':') ? asked[at] !== '' : part === asked[at]))
  );
}
