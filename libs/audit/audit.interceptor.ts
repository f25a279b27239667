import {
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import { type Principal, principalOf, RouteAccess } from '#platform/auth';
import { type PendingAudit, runWithAudits } from './pending.js';

const CHANGING_METHODS = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
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

/** Tells the transactions of a request what the audit is to say of it; they write it themselves, with their effect. */
@Injectable()
export class AuditInterceptor implements NestInterceptor {
  constructor(private readonly access: RouteAccess) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (!CHANGING_METHODS.has(request.method)) return next.handle();
    return runWithAudits([this.pendingOf(request)], () => next.handle());
  }

  private pendingOf(request: FastifyRequest): PendingAudit {
    const principal = principalOf(request);
    const sent = isRecord(request.body) ? request.body : {};
    const behalf = behalfOf(sent, principal);
    const { id, subject } = principal;
    const isPerson = subject !== null;
    return {
      actor_kind: principal.kind,
      actor: isPerson ? null : id,
      person: isPerson ? { subject, data: { id, address: request.ip } } : null,
      behalf: behalf === undefined ? null : { subject: behalf, data: { id: behalf } },
      operation: this.access.keyOf(request.method, request.routeOptions.url ?? ''),
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
}

function behalfOf(sent: Record<string, unknown>, { id, subject }: Principal): string | undefined {
  const named = ON_BEHALF.map((field) => sent[field]).find((name) => typeof name === 'string');
  if (typeof named !== 'string' || named === '' || named.length > MAX_NAME_LENGTH) return undefined;
  return named === id || named === subject ? undefined : named;
}

function isRecord(body: unknown): body is Record<string, unknown> {
  return typeof body === 'object' && body !== null && !Array.isArray(body);
}
