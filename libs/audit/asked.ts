import type { FastifyRequest } from 'fastify';
import { type Principal, principalOf } from '#platform/auth';
import { CHANGING_METHODS } from '#platform/http';

/** What is to be told of a person, sealed under their own key. */
export interface ToldPerson {
  subject: string;
  data: Record<string, unknown>;
}

/** What the audit will say of a request, once a transaction of it writes something. */
export interface PendingAudit {
  actor_kind: string;
  /** Of a program; a person is sealed. */
  actor: string | null;
  person: ToldPerson | null;
  behalf: ToldPerson | null;
  /** The route: `POST /workflows/{workflow_id}/activate`. */
  operation: string;
  /** What its path named. */
  resource: Record<string, unknown>;
  /** The fields that were sent, by name. */
  fields: readonly string[];
  correlation_id: string;
}

/** Where a caller says for whom they act. */
const ON_BEHALF = [
  'on_behalf_of',
  'completed_by',
  'decided_by',
  'started_by',
  'requested_by',
  'approved_by',
  'rejected_by',
  'applied_by',
  'created_by',
];
const MAX_NAME_LENGTH = 200;
const MAX_FIELDS = 100;

const made = new WeakMap<FastifyRequest, readonly PendingAudit[]>();

/** What the audit is to say of a request: made when a transaction of it wants to know, once. */
export function auditsOf(request: FastifyRequest): readonly PendingAudit[] {
  if (!CHANGING_METHODS.has(request.method)) return [];
  let audits = made.get(request);
  if (audits === undefined) {
    audits = [auditOf(request)];
    made.set(request, audits);
  }
  return audits;
}

function auditOf(request: FastifyRequest): PendingAudit {
  const principal = principalOf(request);
  const sent = isRecord(request.sent) ? request.sent : {};
  const behalf = behalfOf(sent, principal);
  const { id, subject } = principal;
  const isPerson = subject !== null;
  return {
    actor_kind: principal.kind,
    actor: isPerson ? null : id,
    person: isPerson ? { subject, data: { id, address: request.ip } } : null,
    behalf: behalf === undefined ? null : { subject: behalf, data: { id: behalf } },
    operation: request.route?.key ?? '',
    resource: {
      ...(request.params as Record<string, unknown>),
      ...(typeof sent.workflow_id === 'string' && {
        workflow_id: sent.workflow_id.slice(0, MAX_NAME_LENGTH),
      }),
      ...(!isPerson && { address: request.ip }),
    },
    fields: Object.keys(sent)
      .slice(0, MAX_FIELDS)
      .map((name) => name.slice(0, MAX_NAME_LENGTH)),
    correlation_id: request.id,
  };
}

function behalfOf(sent: Record<string, unknown>, { id, subject }: Principal): string | undefined {
  const named = ON_BEHALF.map((field) => sent[field]).find((name) => typeof name === 'string');
  if (typeof named !== 'string' || named === '' || named.length > MAX_NAME_LENGTH) return undefined;
  return named === id || named === subject ? undefined : named;
}

function isRecord(body: unknown): body is Record<string, unknown> {
  return typeof body === 'object' && body !== null && !Array.isArray(body);
}
