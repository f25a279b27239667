import { DomainError } from '#engine/errors';
import { PRODUCT_ROLES, type Principal, type ProductRole } from './principal.js';

/** Who may call a route: everybody, whoever has a credential, or the holders of one of these roles. */
export type Admission = 'everybody' | 'authenticated' | readonly ProductRole[];

/** `GET /workflows/{workflow_id}` → who may call it. Paths are below the base path, or else below the root. */
export type AccessRows = Readonly<Record<string, Admission>>;

/** The one table of route × role, which the door asks and the documentation is made from. What it does not name, nobody may. */
export class RouteAccess {
  /** By method and path, of which there are as many as routes. */
  private readonly keys = new Map<string, string>();

  constructor(
    readonly rows: AccessRows,
    private readonly basePath: string,
  ) {}

  /** @param path as registered (`/base/workflows/:workflow_id`) or as documented (`…/{workflow_id}`) */
  admissionOf(method: string, path: string): Admission | undefined {
    const key = this.keyOf(method, path);
    return Object.hasOwn(this.rows, key) ? this.rows[key] : undefined;
  }

  keyOf(method: string, path: string): string {
    const asked = `${method} ${path}`;
    const key = this.keys.get(asked) ?? this.makeKey(method, path);
    this.keys.set(asked, key);
    return key;
  }

  private makeKey(method: string, path: string): string {
    const below = path.startsWith(`${this.basePath}/`) ? path.slice(this.basePath.length) : path;
    return `${method === 'HEAD' ? 'GET' : method} ${below.replace(/:(\w+)/g, '{$1}')}`;
  }
}

/** The roles of which one is enough; none for a route that is not in the table. */
export function rolesOf(admission: Admission | undefined): readonly ProductRole[] {
  if (admission === undefined) return [];
  return typeof admission === 'string' ? PRODUCT_ROLES : admission;
}

/** @throws DomainError `forbidden` naming the roles that may */
export function admit(principal: Principal, admission: Admission | undefined): void {
  if (admission === 'everybody' || admission === 'authenticated') return;
  if (admission === undefined) {
    throw new DomainError(
      'forbidden',
      'Nobody may call this route: the table of routes and roles does not name it.',
    );
  }
  if (admission.some((role) => principal.roles.includes(role))) return;
  throw new DomainError(
    'forbidden',
    `This needs the role ${inWords(admission)}. Ask an administrator of this service.`,
    { roles: admission },
  );
}

/** `a, b or c` */
export function inWords(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
