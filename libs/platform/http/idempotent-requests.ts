import { Injectable, Logger } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { InjectDataSource } from '@nestjs/typeorm';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DataSource } from 'typeorm';
import { principalOf } from '#platform/auth';
import { type Claim, claimKey, markOf, settle } from './idempotency.js';
import { type Answer, keysOutside, type KeyStore } from './idempotency.queries.js';
import { PROBLEM_TYPE } from './problem.js';
import { ProcessPresence } from './process-presence.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    secretAnswer?: boolean;
  }
}

/** The answer of this operation is for its caller alone: it is not kept, so a repetition is told that it is lost. */
export const SecretAnswer = (): MethodDecorator => RouteConfig({ secretAnswer: true });

export const CHANGING_METHODS: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** The `Idempotency-Key` of a request that can have one. Most have none, and pay for nothing more. */
export function idempotencyKeyOf({ headers, method }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key'];
  return typeof key === 'string' && CHANGING_METHODS.has(method) ? key : undefined;
}

/** A repeated request with the same `Idempotency-Key` has one effect and gets the same answer. */
@Injectable()
export class IdempotentRequests {
  private readonly logger = new Logger('Idempotency');
  private readonly keys: KeyStore;
  private readonly claims = new WeakMap<FastifyRequest, Claim>();

  constructor(
    @InjectDataSource() dataSource: DataSource,
    private readonly presence: ProcessPresence,
  ) {
    this.keys = keysOutside(dataSource);
  }

  /**
   * @param status of the answer, where the work names no other
   * @returns undefined where this request is a repetition, which is answered by now
   */
  async claim(
    key: string,
    status: number,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<Claim | undefined> {
    const { method, url, body } = request;
    const mark = markOf({ principal: principalOf(request).id, key, method, url, body });
    const { holder } = this.presence;
    const claim = await claimKey({ db: this.keys, holder }, mark, status);
    if ('mark' in claim) {
      this.claims.set(request, claim);
      return claim;
    }
    replay(reply, claim);
    return undefined;
  }

  /** What is to be done with the answer to a request that has claimed a key, before it is sent. */
  settling(
    request: FastifyRequest,
    reply: FastifyReply,
    payload: unknown,
  ): Promise<void> | undefined {
    const claim = this.claims.get(request);
    if (claim === undefined) return undefined;
    this.claims.delete(request);
    const body = typeof payload === 'string' ? payload : undefined;
    const etag = reply.getHeader('etag')?.toString();
    const secret = request.routeOptions.config.secretAnswer === true && reply.statusCode < 400;
    return this.settle(claim, { status: reply.statusCode, body, etag }, !secret);
  }

  /** The work is done or refused whatever becomes of the note about it; a lost note is told to the next caller. */
  private async settle(claim: Claim, answer: Answer, keep: boolean): Promise<void> {
    try {
      await settle(this.keys, claim, answer, keep);
    } catch (error) {
      this.logger.error('The answer to a request with an Idempotency-Key was not kept.', error);
    }
  }
}

function replay(reply: FastifyReply, answer: Answer): void {
  reply.status(answer.status).header('idempotent-replayed', 'true');
  if (answer.etag !== undefined) reply.header('etag', answer.etag);
  if (answer.body !== undefined) {
    reply.type(answer.status < 400 ? 'application/json; charset=utf-8' : PROBLEM_TYPE);
  }
  void reply.send(answer.body);
}
