import type { Admission, RouteAccess } from '#platform/auth';
import type { Operation, Operations } from './operation.js';

/** What is known of a route before anybody asks for it. */
export interface Route {
  readonly method: string;
  /** As registered: `/api/v1/workflows/workflows/:workflow_id`. */
  readonly path: string;
  /** As the table of routes and roles names it: `GET /workflows/{workflow_id}`. */
  readonly key: string;
  /** Undefined where that table does not name it: closed. */
  readonly admission: Admission | undefined;
  /** Left out of the access log. */
  readonly quiet: boolean;
  /** Undefined until the application has started, and of a route that no controller made. */
  operation: Operation | undefined;
}

/** The routes that are really registered, as Fastify reports them. */
export class RouteTable {
  private readonly routes: Route[] = [];

  add(method: string, path: string, access: RouteAccess, quiet = false): Route {
    const route: Route = {
      method,
      path,
      key: access.keyOf(method, path),
      admission: access.admissionOf(method, path),
      quiet,
      operation: undefined,
    };
    this.routes.push(route);
    return route;
  }

  /**
   * Tells the routes of controllers what their methods take.
   * @throws Error where the two lists are not of the same routes: nothing may be answered unchecked
   */
  describe(
    operations: readonly Operations[],
    basePath: string,
    rootPaths: readonly string[],
  ): void {
    const known = new Map<string, Operation>();
    for (const { method, path, operation } of operations) {
      const prefix = rootPaths.includes(path.slice(1)) ? '' : basePath;
      known.set(`${method} ${prefix}${path}`, operation);
    }
    const described = new Set<string>();
    for (const route of this.routes) {
      const key = `${route.method === 'HEAD' ? 'GET' : route.method} ${route.path}`;
      route.operation = known.get(key);
      if (route.operation === undefined) throw new Error(`No controller answers ${key}.`);
      described.add(key);
    }
    const [unregistered] = [...known.keys()].filter((key) => !described.has(key));
    if (unregistered !== undefined) throw new Error(`${unregistered} is not registered.`);
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
