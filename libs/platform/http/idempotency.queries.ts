import type { Pool } from 'pg';
import type { DataSource, EntityManager } from 'typeorm';
import { withinScope } from '#platform/tenancy';

/** Where keys are read and written: the work's own transaction, or one for each statement. */
export type KeyStore = Pick<EntityManager, 'query'>;

/** Outside of the work's transaction. Answers as TypeORM does: rows, of an update or delete with how many. */
export function keysOutside({ driver }: DataSource): KeyStore {
  return {
    async query<Answer>(text: string, values?: unknown[]): Promise<Answer> {
      const { master } = driver as unknown as { master: Pool };
      const { command, rows, rowCount } = await withinScope(master, (client) =>
        client.query(text, values),
      );
      return (command === 'UPDATE' || command === 'DELETE' ? [rows, rowCount] : rows) as Answer;
    },
  };
}

/** How long one run of a request may hold its key while its process lives; the longest call waits 30 s for work. */
const LOCK_SECONDS = 120;
const KEEP_HOURS = 24;

export interface RequestMark {
  principal: string;
  idempotency_key: string;
  method: string;
  path: string;
  request_hash: string;
}

export interface KnownRequest {
  method: string;
  path: string;
  request_hash: string;
  state: 'in_progress' | 'applied' | 'answered';
  response_status: number | null;
  /** The answer's very bytes, as a JSON string (jsonb would reorder an object's keys). */
  response_body: string | null;
  response_etag: string | null;
  /** Nobody works on it any more: its process is gone, or had its time. */
  abandoned: boolean;
  expired: boolean;
}

/** An advisory lock that another session can take is one that nobody holds: its process is gone (see ProcessPresence). */
const ABANDONED = `(locked_until < clock_timestamp() or coalesce(pg_try_advisory_xact_lock_shared(holder), false))`;

/**
 * A key need not reach the disk before its request is carried out, and each of its commits waits for it: when PostgreSQL
 * crashes in between, the request is gone as well.
 */
const HURRIED = `with hurried as materialized (select set_config('synchronous_commit', 'off', true))`;

/**
 * Takes a key that nobody has used. The fence tells this run from a later one that took the key over.
 * @param holder the advisory lock by which others see that this process lives; null: there is none just now
 */
export async function insertKey(
  db: KeyStore,
  mark: RequestMark,
  holder: number | null,
): Promise<string | undefined> {
  const rows = await db.query<{ fence: string }[]>(
    `${HURRIED}
     insert into idempotency_keys
       (principal, idempotency_key, method, path, request_hash, holder, state, locked_until, created_at, expires_at)
     select $1, $2, $3, $4, $5, $6, 'in_progress',
       clock_timestamp() + make_interval(secs => ${LOCK_SECONDS}), now(), now() + make_interval(hours => ${KEEP_HOURS})
     from hurried
     on conflict (principal, idempotency_key, tenant_id) do nothing
     returning locked_until::text as fence`,
    [mark.principal, mark.idempotency_key, mark.method, mark.path, mark.request_hash, holder],
  );
  return rows[0]?.fence;
}

export async function readKey(db: KeyStore, mark: RequestMark): Promise<KnownRequest | undefined> {
  const rows = await db.query<KnownRequest[]>(
    `select method, path, request_hash, state, response_status, response_body #>> '{}' as response_body,
       response_etag,
       state <> 'answered' and ${ABANDONED} as abandoned, expires_at < clock_timestamp() as expired
     from idempotency_keys where principal = $1 and idempotency_key = $2`,
    [mark.principal, mark.idempotency_key],
  );
  return rows[0];
}

/** Takes over a key whose run died before it changed anything, or that has expired. */
export async function takeOverKey(
  db: KeyStore,
  mark: RequestMark,
  holder: number | null,
): Promise<string | undefined> {
  const [rows] = await db.query<[{ fence: string }[], number]>(
    `update idempotency_keys
     set method = $3, path = $4, request_hash = $5, holder = $6, state = 'in_progress', response_status = null,
       response_body = null, response_etag = null, locked_until = clock_timestamp() + make_interval(secs => ${LOCK_SECONDS}),
       created_at = now(), expires_at = now() + make_interval(hours => ${KEEP_HOURS})
     where principal = $1 and idempotency_key = $2
       and (expires_at < clock_timestamp() or (state = 'in_progress' and ${ABANDONED}))
     returning locked_until::text as fence`,
    [mark.principal, mark.idempotency_key, mark.method, mark.path, mark.request_hash, holder],
  );
  return rows[0]?.fence;
}

/**
 * Marks the key within a transaction that has written something; one that only read leaves no mark,
 * because after a crash there would be nothing to find.
 * @returns false when another run has taken the key over
 */
export async function markApplied(
  db: KeyStore,
  mark: RequestMark,
  fence: string,
): Promise<boolean> {
  const [, changed] = await db.query<[unknown[], number]>(
    `update idempotency_keys set state = case state when 'answered' then state else 'applied' end
     where principal = $1 and idempotency_key = $2 and locked_until = $3::timestamptz
       and pg_current_xact_id_if_assigned() is not null`,
    [mark.principal, mark.idempotency_key, fence],
  );
  if (changed === 1) return true;
  const [transaction] = await db.query<{ has_written: boolean }[]>(
    'select pg_current_xact_id_if_assigned() is not null as has_written',
  );
  return transaction?.has_written !== true;
}

export interface Answer {
  status: number;
  body: string | undefined;
  etag: string | undefined;
}

export interface KeptAnswer {
  mark: RequestMark;
  fence: string;
  answer: Answer;
}

/** @returns whether each of them was kept; false: another run has taken that key over */
export async function storeAnswers(db: KeyStore, kept: readonly KeptAnswer[]): Promise<boolean> {
  const [, changed] = await db.query<[unknown[], number]>(
    `update idempotency_keys k set state = 'answered', response_status = a.status, response_body = to_jsonb(a.body),
       response_etag = a.etag
     from unnest($1::text[], $2::text[], $3::timestamptz[], $4::int[], $5::text[], $6::text[])
       as a (principal, idempotency_key, fence, status, body, etag)
     where k.principal = a.principal and k.idempotency_key = a.idempotency_key and k.locked_until = a.fence`,
    [
      kept.map(({ mark }) => mark.principal),
      kept.map(({ mark }) => mark.idempotency_key),
      kept.map(({ fence }) => fence),
      kept.map(({ answer }) => answer.status),
      kept.map(({ answer }) => answer.body ?? null),
      kept.map(({ answer }) => answer.etag ?? null),
    ],
  );
  return changed === kept.length;
}

/** Lets the key go: forgotten when nothing was changed, else kept so that nobody changes it twice. */
export async function releaseKey(db: KeyStore, mark: RequestMark, fence: string): Promise<void> {
  await db.query(
    `with forgotten as (
       delete from idempotency_keys
       where principal = $1 and idempotency_key = $2 and locked_until = $3::timestamptz and state = 'in_progress'
     )
     update idempotency_keys set locked_until = clock_timestamp()
     where principal = $1 and idempotency_key = $2 and locked_until = $3::timestamptz and state = 'applied'`,
    [mark.principal, mark.idempotency_key, fence],
  );
}

/** @returns how many were deleted; `limit` bounds one round. */
export async function deleteExpiredKeys(db: KeyStore, limit: number): Promise<number> {
  const [, deleted] = await db.query<[unknown[], number]>(
    `delete from idempotency_keys where (principal, idempotency_key) in (
       select principal, idempotency_key from idempotency_keys where expires_at < now()
       order by expires_at limit $1 for update skip locked)`,
    [limit],
  );
  return deleted;
}
