import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DomainError, ValidationError } from '#engine/errors';
import {
  admit,
  ANONYMOUS,
  type Authenticator,
  type Principal,
  principalOf,
  type RouteAccess,
} from '#platform/auth';
import { isLoopback, type Role } from '#platform/config';
import type { RateLimits } from '#platform/limits';
import { runWithCorrelation } from '#platform/logging';
import { runAsTenant } from '#platform/tenancy';
import { inspectJson } from './body-check.js';
import type { Cors } from './cors.js';

const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
};

export interface DoorOptions {
  authenticator: Authenticator;
  access: RouteAccess;
  limits: RateLimits;
  cors: Cors;
  role: Role;
  /** Paths that a process answers which otherwise only works (ROLE=worker). */
  operatorPaths: (path: string) => boolean;
}

/**
 * What every request passes before its body is read: headers set, principal known, and the request
 * refused when it may not come in. Closed unless the table of routes and roles says otherwise, unknown routes included.
 */
export function installDoor(fastify: FastifyInstance, options: DoorOptions): void {
  fastify.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS).header('x-correlation-id', request.id);
    if (!options.authenticator.required) refuseStrangers(request, options.cors);
    if (options.cors.answer(request, reply)) return reply.code(204).send();
    await letIn(request, reply, options);
    return undefined;
  });
  // The body's stream loses the async context, so it is entered only when the body is there.
  fastify.addHook('preValidation', (request, _reply, done) => {
    runWithin(request, () => {
      const faults = inspectJson(request.query).map((fault) => ({
        ...fault,
        pointer: `?${fault.pointer.slice(1)}`,
      }));
      if (faults.length > 0) done(new ValidationError(faults));
      else done();
    });
  });
}

/** Everything that the request does is for the tenant of its principal, whatever it names. */
function runWithin(request: FastifyRequest, work: () => void): void {
  runAsTenant(principalOf(request).tenant_id, () => runWithCorrelation(request.id, work));
}

async function letIn(
  request: FastifyRequest,
  reply: FastifyReply,
  options: DoorOptions,
): Promise<void> {
  const { url } = request.routeOptions;
  const admission = url === undefined ? undefined : options.access.admissionOf(request.method, url);
  request.principal =
    admission === 'everybody'
      ? ANONYMOUS
      : await options.authenticator.authenticate(request.headers.authorization);
  if (admission !== 'everybody') await count(request.principal, reply, options.limits);
  // a path that there is not is answered 404, to those who may know
  if (url !== undefined) admit(request.principal, admission);
  const path = request.url.split('?', 1)[0] ?? '';
  if (options.role === 'worker' && !options.operatorPaths(path)) {
    throw new DomainError(
      'route_not_found',
      'This process only does the work (ROLE=worker). Ask one that runs with ROLE=api or ROLE=all.',
    );
  }
}

/** The fields are those of the IETF's draft "RateLimit header fields for HTTP", in the form that clients know. */
async function count(principal: Principal, reply: FastifyReply, limits: RateLimits): Promise<void> {
  const allowance = await limits.request(principal);
  if (allowance === undefined) return;
  reply.headers({
    'ratelimit-limit': allowance.limit,
    'ratelimit-remaining': allowance.remaining,
    'ratelimit-reset': allowance.reset_seconds,
  });
}

/**
 * Without authentication the service trusts this machine, not the web pages that its browser shows: a page of
 * another site (Sec-Fetch-Site, Origin) or of a name rebound to 127.0.0.1 (Host) is turned away.
 */
function refuseStrangers(request: FastifyRequest, cors: Cors): void {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (!isLoopback(hostnameOf(request.headers.host))) {
    throw new DomainError(
      'forbidden',
      'Without authentication this service only answers under localhost, 127.0.0.1 or [::1]. Use one of these, or set API_KEYS.',
    );
  }
  if (cors.allows(origin)) return;
  const foreign =
    site === 'cross-site' || (origin !== undefined && !isLoopback(hostnameOf(hostOf(origin))));
  if (foreign) {
    throw new DomainError(
      'forbidden',
      'Without authentication this service answers no page of another site. Call it from this machine, or set API_KEYS.',
    );
  }
}

function hostOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).host : '';
}

function hostnameOf(host: string | undefined): string {
  return (host ?? '').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}
