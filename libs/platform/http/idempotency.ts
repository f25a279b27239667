import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { EntityManager } from 'typeorm';
import { DomainError, ValidationError } from '#engine/errors';
import { AmbientValue } from '#platform/ambient';
import {
  insertKey,
  markApplied,
  readKey,
  releaseKey,
  storeAnswers,
  takeOverKey,
  type Answer,
  type KeptAnswer,
  type KeyStore,
  type KnownRequest,
  type RequestMark,
} from './idempotency.queries.js';

const WAIT_MS = 5_000;
const POLL_MS = 50;
const USABLE_KEY = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/;

const current = new AmbientValue<Claim>();

/** This run's hold on a key, until it has answered. */
export interface Claim {
  mark: RequestMark;
  fence: string;
  settled: boolean;
  /** Of an answer, where the work itself does not name another. */
  status: number;
  /** What a transaction keeps as the answer; it counts once that has committed. */
  kept?: { answer: Answer; tx: EntityManager };
}

interface Keys {
  db: KeyStore;
  holder: number | null;
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
export async function claimKey(
  { db, holder }: Keys,
  mark: RequestMark,
  status: number,
): Promise<Claim | Answer> {
  const deadline = performance.now() + WAIT_MS;
  let fence = await insertKey(db, mark, holder);
  while (fence === undefined) {
    const known = await readKey(db, mark);
    if (known === undefined) fence = await insertKey(db, mark, holder);
    else if (isFree(known, mark)) fence = await takeOverKey(db, mark, holder);
    else if (known.state === 'answered') return answerOf(known);
    else if (performance.now() > deadline) throw stillInProgress();
    if (fence === undefined) await pause(POLL_MS);
  }
  return { mark, fence, settled: false, status };
}

function isFree(known: KnownRequest, mark: RequestMark): boolean {
  if (known.expired) return true;
  if (known.method !== mark.method || known.request_hash !== mark.request_hash) {
    throw new DomainError(
      'idempotency_key_reused',
      'This Idempotency-Key was sent with another request. Send a new key with a new request.',
    );
  }
  if (known.state === 'applied' && known.abandoned) {
    throw new DomainError(
      'idempotency_answer_lost',
      'This request was carried out, but the process died before its answer was kept. Read what it was to change to see the outcome.',
    );
  }
  return known.state === 'in_progress' && known.abandoned;
}

function answerOf(known: KnownRequest): Answer {
  return {
    status: known.response_status ?? 200,
    body: known.response_body ?? undefined,
    etag: known.response_etag ?? undefined,
  };
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

/**
 * Ends the claim: keeps the answer, unless the work's transaction has, or lets the key go.
 * @param keep false of an answer that must not be stored
 */
export async function settle(
  db: KeyStore,
  claim: Claim,
  answer: Answer,
  keep = true,
): Promise<void> {
  claim.settled = true;
  if (claim.kept && isDeepStrictEqual(claim.kept.answer, answer)) return;
  if (keep && isKept(answer.status)) await storeAnswers(db, [{ ...claim, answer }]);
  else await releaseKey(db, claim.mark, claim.fence);
}

/** Runs `work` so that its transactions join the claim by `markIdempotencyApplied`. */
export function runWithClaim<T>(claim: Claim, work: () => T): T {
  return current.run(claim, work);
}

/** The present request's key, for work that is done outside of it, together with that of others; without one undefined. */
export function presentClaim(): Claim | undefined {
  return current.get();
}

/**
 * Joins the present request's key to a writing transaction: both commit or neither, so that a
 * repetition after a crash knows that the work was done. Without a key it does nothing.
 * @throws DomainError `idempotency_in_progress` when another run took the key over meanwhile
 */
export async function markIdempotencyApplied(tx: EntityManager): Promise<void> {
  const claim = current.get();
  if (claim === undefined || claim.settled || claim.kept?.tx === tx) return;
  if (!(await markApplied(tx, claim.mark, claim.fence))) throw stillInProgress();
}

interface WorkAnswer {
  body: unknown;
  /** Where it is not the one that the route declares. */
  status?: number;
  etag?: string;
}

/**
 * Keeps what the present request will be answered with in the transaction that does its work, so that a repetition gets
 * it however the process ends. Without a key it does nothing.
 * @throws as `markIdempotencyApplied`
 */
export async function keepAnswer(tx: EntityManager, answer: WorkAnswer): Promise<void> {
  const claim = current.get();
  if (claim) await keepAnswers(tx, [{ claim, ...answer }]);
}

/** As `keepAnswer`, of an answer that is the work's very result. @returns it */
export async function keepBody<Body>(tx: EntityManager, body: Body): Promise<Body> {
  await keepAnswer(tx, { body });
  return body;
}

/** As `keepAnswer`, of an answer with its ETag. @returns it */
export async function keepTagged<Tagged extends { view: unknown; etag: string }>(
  tx: EntityManager,
  tagged: Tagged,
): Promise<Tagged> {
  await keepAnswer(tx, { body: tagged.view, etag: tagged.etag });
  return tagged;
}

/** As `keepAnswer`, for requests whose work one transaction does together. */
export async function keepAnswers(
  tx: EntityManager,
  answers: readonly ({ claim: Claim } & WorkAnswer)[],
): Promise<void> {
  const kept: KeptAnswer[] = answers.map(({ claim, body, status = claim.status, etag }) => {
    const answer: Answer = { status, body: JSON.stringify(body), etag };
    claim.kept = { answer, tx };
    return { mark: claim.mark, fence: claim.fence, answer };
  });
  if (kept.length > 0 && !(await storeAnswers(tx, kept))) throw stillInProgress();
}
