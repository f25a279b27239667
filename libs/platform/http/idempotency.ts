import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import { DomainError, ValidationError } from '#engine/errors';
import {
  insertKey,
  markApplied,
  readKey,
  releaseKey,
  storeAnswer,
  takeOverKey,
  type KnownRequest,
  type RequestMark,
} from './idempotency.queries.js';

const WAIT_MS = 5_000;
const POLL_MS = 50;
const USABLE_KEY = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/;

const current = new AsyncLocalStorage<Claim>();

/** This run's hold on a key, until it has answered. */
export interface Claim {
  mark: RequestMark;
  fence: string;
  settled: boolean;
}

export interface Answer {
  status: number;
  body: string | undefined;
}

export function markOf(request: {
  principal: string;
  key: string;
  method: string;
  url: string;
  body: unknown;
}): RequestMark {
  if (!USABLE_KEY.test(request.key)) {
    const message = 'Idempotency-Key must be 1 to 255 printable ASCII characters.';
    throw new ValidationError([{ pointer: '', code: 'idempotency_key_invalid', message }]);
  }
  const sent = JSON.stringify(request.body) ?? '';
  return {
    principal: request.principal,
    idempotency_key: request.key,
    method: request.method,
    path: request.url.slice(0, 2000),
    request_hash: createHash('sha256').update(`${request.url}\n${sent}`).digest('hex'),
  };
}

/**
 * Finds out whether this request is the first under its key (a Claim: run it), a repetition (its
 * Answer), or neither.
 * @throws DomainError `idempotency_key_reused`, `idempotency_in_progress`, `idempotency_answer_lost`
 */
export async function claimKey(db: EntityManager, mark: RequestMark): Promise<Claim | Answer> {
  const deadline = performance.now() + WAIT_MS;
  let fence = await insertKey(db, mark);
  while (fence === undefined) {
    const known = await readKey(db, mark);
    if (known === undefined) fence = await insertKey(db, mark);
    else if (isFree(known, mark)) fence = await takeOverKey(db, mark);
    else if (known.state === 'answered') return answerOf(known);
    else if (performance.now() > deadline) throw stillInProgress();
    if (fence === undefined) await pause(POLL_MS);
  }
  return { mark, fence, settled: false };
}

function isFree(known: KnownRequest, mark: RequestMark): boolean {
  if (known.expired) return true;
  if (known.method !== mark.method || known.request_hash !== mark.request_hash) {
    throw new DomainError(
      'idempotency_key_reused',
      'This Idempotency-Key was sent with another request. Send a new key with a new request.',
    );
  }
  if (known.state === 'applied' && known.lock_expired) {
    throw new DomainError(
      'idempotency_answer_lost',
      'This request was carried out, but the process died before its answer was kept. Read what it was to change to see the outcome.',
    );
  }
  return known.state === 'in_progress' && known.lock_expired;
}

function answerOf(known: KnownRequest): Answer {
  return { status: known.response_status ?? 200, body: known.response_body ?? undefined };
}

function stillInProgress(): DomainError {
  return new DomainError(
    'idempotency_in_progress',
    'The first request with this Idempotency-Key is still running. Send it again in a second.',
  );
}

/** Which answers are kept: what was decided, not what never got so far (400, 401, 429) nor our own failures. */
function isKept(status: number): boolean {
  return status < 500 && status !== 400 && status !== 401 && status !== 429;
}

/** Ends the claim: keeps the answer, or lets the key go. */
export async function settle(db: EntityManager, claim: Claim, answer: Answer): Promise<void> {
  claim.settled = true;
  if (isKept(answer.status)) await storeAnswer(db, claim.mark, claim.fence, answer);
  else await releaseKey(db, claim.mark, claim.fence);
}

/** Runs `work` so that its transactions join the claim by `markIdempotencyApplied`. */
export function runWithClaim<T>(claim: Claim, work: () => T): T {
  return current.run(claim, work);
}

/**
 * Joins the current request's key to a writing transaction: both commit or neither, so that a
 * repetition after a crash knows that the work was done. Without a key it does nothing.
 * @throws DomainError `idempotency_in_progress` when another run took the key over meanwhile
 */
export async function markIdempotencyApplied(tx: EntityManager): Promise<void> {
  const claim = current.getStore();
  if (claim === undefined || claim.settled) return;
  if (!(await markApplied(tx, claim.mark, claim.fence))) throw stillInProgress();
}
