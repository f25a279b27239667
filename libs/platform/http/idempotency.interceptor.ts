import {
  Injectable,
  Logger,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { catchError, concatMap, of, type Observable } from 'rxjs';
import { DataSource } from 'typeorm';
import { principalOf } from '#platform/auth';
import { claimKey, markOf, runWithClaim, settle, type Claim } from './idempotency.js';
import { type Answer, keysOutside, type KeyStore } from './idempotency.queries.js';
import { PROBLEM_TYPE, problemOf } from './problem.js';
import { ProcessPresence } from './process-presence.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    secretAnswer?: boolean;
  }
}

/** The answer of this operation is for its caller alone: it is not kept, so a repetition is told that it is lost. */
export const SecretAnswer = (): MethodDecorator => RouteConfig({ secretAnswer: true });

const CHANGING_METHODS = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** A repeated request with the same `Idempotency-Key` has one effect and gets the same answer. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  private readonly logger = new Logger('Idempotency');

  private readonly keys: KeyStore;

  constructor(
    @InjectDataSource() dataSource: DataSource,
    private readonly presence: ProcessPresence,
  ) {
    this.keys = keysOutside(dataSource);
  }

  /** Most requests carry no key, and pay for nothing here. */
  intercept(
    context: ExecutionContext,
    next: CallHandler,
  ): Observable<unknown> | Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const key = request.headers['idempotency-key'];
    if (typeof key !== 'string' || !CHANGING_METHODS.has(request.method)) return next.handle();
    return this.once(key, request, context.switchToHttp().getResponse<FastifyReply>(), next);
  }

  private async once(
    key: string,
    request: FastifyRequest,
    reply: FastifyReply,
    next: CallHandler,
  ): Promise<Observable<unknown>> {
    const { method, url, body } = request;
    const mark = markOf({ principal: principalOf(request).id, key, method, url, body });
    const { holder } = this.presence;
    const keys = { db: this.keys, holder };
    const claim = await claimKey(keys, mark, reply.statusCode);
    if (!('mark' in claim)) return of(this.replay(reply, claim));
    return runWithClaim(claim, () => next.handle()).pipe(
      catchError(async (error: unknown) => {
        const problem = problemOf(error, request);
        const { status } = problem;
        const body = JSON.stringify(problem.body);
        await this.settle(claim, { status, body, etag: undefined });
        throw error;
      }),
      concatMap(async (value: unknown) => {
        const etag = reply.getHeader('etag')?.toString();
        const answer = { status: reply.statusCode, body: JSON.stringify(value), etag };
        await this.settle(claim, answer, request.routeOptions.config.secretAnswer !== true);
        return value;
      }),
    );
  }

  private replay(reply: FastifyReply, answer: Answer): string | undefined {
    reply.status(answer.status).header('idempotent-replayed', 'true');
    if (answer.etag !== undefined) reply.header('etag', answer.etag);
    if (answer.body !== undefined) {
      reply.type(answer.status < 400 ? 'application/json; charset=utf-8' : PROBLEM_TYPE);
    }
    return answer.body;
  }

  /** The work is done or refused whatever becomes of the note about it; a lost note is told to the next caller. */
  private async settle(claim: Claim, answer: Answer, keep = true): Promise<void> {
    try {
      await settle(this.keys, claim, answer, keep);
    } catch (error) {
      this.logger.error('The answer to a request with an Idempotency-Key was not kept.', error);
    }
  }
}
