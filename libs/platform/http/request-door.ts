import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DomainError, ValidationError } from '#engine/errors';
import { runWithAll } from '#platform/ambient';
import { admit, ANONYMOUS, type Authenticator, type Principal, principalOf } from '#platform/auth';
import { isLoopback, type Role } from '#platform/config';
import type { RateLimits } from '#platform/limits';
import { asCorrelation } from '#platform/logging';
import { asTenant } from '#platform/tenancy';
import type { Cors } from './cors.js';
import { presentRequest } from './present-request.js';
import { queryFaults } from './request-reader.js';

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
  const isHome = homeHosts();
  fastify.addHook('onRequest', (request, reply, done) => {
    request.route = request.routeOptions.config.route ?? null;
    reply.headers(SECURITY_HEADERS).header('x-correlation-id', request.id);
    if (!options.authenticator.required) refuseStrangers(request, options.cors, isHome);
    if (options.cors.answer(request, reply)) return void reply.code(204).send();
    const entering = letIn(request, reply, options);
    if (entering) entering.then(() => done(), done);
    else done();
    return undefined;
  });
  // The body's stream loses the async context, so it is entered only when the body is there.
  fastify.addHook('preValidation', (request, _reply, done) => {
    runWithin(request, () => {
      const faults = queryFaults(request.query, request.route?.operation);
      if (faults.length > 0) done(new ValidationError(faults));
      else done();
    });
  });
}

/** Everything that the request does is for the tenant of its principal, whatever it names. */
function runWithin(request: FastifyRequest, work: () => void): void {
  const tenant = asTenant(principalOf(request).tenant_id);
  runWithAll([tenant, asCorrelation(request.id), presentRequest.as(request)], work);
}

/** At once where who asks is known to this process and nothing is counted: most requests wait for nothing here. */
function letIn(
  request: FastifyRequest,
  reply: FastifyReply,
  options: DoorOptions,
): Promise<void> | undefined {
  const { authenticator, limits } = options;
  const open = request.route?.admission === 'everybody';
  const principal = open ? ANONYMOUS : authenticator.authenticate(request.headers.authorization);
  if (principal instanceof Promise || (!open && limits.onRequests)) {
    return letInLater(principal, request, reply, options);
  }
  request.principal = principal;
  admitTo(request, options);
  return undefined;
}

async function letInLater(
  asked: Principal | Promise<Principal>,
  request: FastifyRequest,
  reply: FastifyReply,
  options: DoorOptions,
): Promise<void> {
  const principal = await asked;
  request.principal = principal;
  await count(principal, reply, options.limits);
  admitTo(request, options);
}

function admitTo(request: FastifyRequest, { role, operatorPaths }: DoorOptions): void {
  // a path that there is not is answered 404, to those who may know
  if (!request.is404) admit(principalOf(request), request.route?.admission);
  if (role === 'worker' && !operatorPaths(request.url.split('?', 1)[0] ?? '')) {
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
function refuseStrangers(
  request: FastifyRequest,
  cors: Cors,
  isHome: (host: string | undefined) => boolean,
): void {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (!isHome(request.headers.host)) {
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

/** Whether a `Host` names this machine. Most requests have the one of the request before. */
function homeHosts(): (host: string | undefined) => boolean {
  let latest: string | undefined;
  return (host) => {
    if (latest !== undefined && host === latest) return true;
    if (!isLoopback(hostnameOf(host))) return false;
    latest = host;
    return true;
  };
}
