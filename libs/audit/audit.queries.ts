import { statement } from '#persistence';

/**
 * One entry a request, where its transaction has written something: what changed is what the triggers of the watched
 * tables have told that transaction. Its place in the chain comes later, so that requests do not wait for each other.
 */
export const insertEntries = statement<object, [entries: string]>(
  'audit_insert',
  `with written as (
     insert into audit_entries (audit_id, actor_kind, actor, actor_key_id, actor_sealed, behalf_key_id, behalf_sealed,
       operation, resource, fields, changes, correlation_id)
     select audit_id, actor_kind, actor, actor_key_id, decode(actor_sealed, 'base64'), behalf_key_id,
       decode(behalf_sealed, 'base64'), operation, resource, fields,
       coalesce(nullif(current_setting('app.audit_changes', true), ''), '[]')::jsonb, correlation_id
     from jsonb_to_recordset($1::jsonb) as e (audit_id uuid, actor_kind text, actor text, actor_key_id uuid,
       actor_sealed text, behalf_key_id uuid, behalf_sealed text, operation text, resource jsonb, fields jsonb,
       correlation_id text)
     where pg_current_xact_id_if_assigned() is not null
     returning audit_id
   )
   insert into audit_unchained (audit_id) select audit_id from written`,
);

/** An entry as its hash sees it: every column as text that does not depend on a setting of the session. */
export interface HashedEntry {
  audit_id: string;
  tenant_id: string;
  content: (string | null)[];
}

const CONTENT = `array[e.audit_id::text, e.tenant_id, (extract(epoch from e.occurred_at) * 1000000)::bigint::text,
  e.actor_kind, e.actor, e.actor_key_id::text, encode(e.actor_sealed, 'hex'), e.behalf_key_id::text,
  encode(e.behalf_sealed, 'hex'), e.operation, e.resource::text, e.fields::text, e.changes::text, e.correlation_id]`;

export const takeUnchained = statement<HashedEntry, [limit: number]>(
  'audit_take_unchained',
  `with taken as (
     delete from audit_unchained where audit_id in (select audit_id from audit_unchained order by audit_id limit $1)
     returning audit_id
   )
   select e.audit_id, e.tenant_id, ${CONTENT} as content from audit_entries e join taken using (audit_id)
   order by e.audit_id`,
);

export interface ChainHead {
  position: number;
  chain_hash: Buffer;
}

export const readHead = statement<ChainHead, [tenant_id: string]>(
  'audit_chain_head',
  'select position, chain_hash from audit_chain where tenant_id = $1 order by position desc limit 1',
);

export const appendLinks = statement<
  object,
  [
    tenant_ids: string[],
    positions: number[],
    audit_ids: string[],
    entry_hashes: Buffer[],
    chain_hashes: Buffer[],
  ]
>(
  'audit_chain_append',
  `insert into audit_chain (tenant_id, position, audit_id, entry_hash, chain_hash)
   select * from unnest($1::text[], $2::bigint[], $3::uuid[], $4::bytea[], $5::bytea[])`,
);

export interface ChainRow extends ChainHead {
  audit_id: string;
  entry_hash: Buffer;
  /** Null where the entry is gone. */
  content: (string | null)[] | null;
}

export const readChain = statement<ChainRow, [tenant_id: string, after: number, limit: number]>(
  'audit_chain_read',
  `select c.position, c.audit_id, c.entry_hash, c.chain_hash,
     case when e.audit_id is not null then ${CONTENT} end as content
   from audit_chain c left join audit_entries e using (audit_id)
   where c.tenant_id = $1 and c.position > $2 order by c.position limit $3`,
);

export const readTenants = statement<{ tenant_id: string }>(
  'audit_tenants',
  'select distinct tenant_id from audit_entries union select distinct tenant_id from audit_chain order by 1',
);

/** An entry that neither stands in the chain nor waits for it. */
export const findStray = statement<{ audit_id: string }>(
  'audit_find_stray',
  `select audit_id from audit_entries e
   where not exists (select from audit_chain c where c.audit_id = e.audit_id)
     and not exists (select from audit_unchained u where u.audit_id = e.audit_id)
   order by audit_id limit 1`,
);

export interface AuditRow {
  audit_id: string;
  occurred_at: Date;
  actor_kind: string;
  actor: string | null;
  actor_key_id: string | null;
  actor_sealed: Buffer | null;
  actor_key: Buffer | null;
  behalf_key_id: string | null;
  behalf_sealed: Buffer | null;
  behalf_key: Buffer | null;
  operation: string;
  resource: Record<string, unknown>;
  fields: string[];
  changes: Record<string, unknown>[];
  correlation_id: string | null;
  position: number | null;
}

export type AuditFilter = [
  before: string | null,
  actor: string | null,
  subject: string | null,
  operation: string | null,
  resource: string | null,
  from: Date | null,
  to: Date | null,
  limit: number,
];

/** Latest first. Ids are UUIDv7, so their order is that of time. */
export const listEntries = statement<AuditRow, AuditFilter>(
  'audit_list',
  `select e.audit_id, e.occurred_at, e.actor_kind, e.actor, e.actor_key_id, e.actor_sealed, a.key as actor_key,
     e.behalf_key_id, e.behalf_sealed, b.key as behalf_key, e.operation, e.resource, e.fields, e.changes,
     e.correlation_id, c.position
   from audit_entries e
     left join audit_subjects a on a.subject_key_id = e.actor_key_id
     left join audit_subjects b on b.subject_key_id = e.behalf_key_id
     left join audit_chain c using (audit_id)
   where ($1::uuid is null or e.audit_id < $1)
     and ($2::text is null or e.actor = $2)
     and ($3::text is null or a.subject = $3 or b.subject = $3)
     and ($4::text is null or e.operation = $4)
     and ($5::text is null or exists (select from jsonb_each_text(e.resource) as named where named.value = $5))
     and ($6::timestamptz is null or e.occurred_at >= $6) and ($7::timestamptz is null or e.occurred_at < $7)
   order by e.audit_id desc limit $8`,
);

export interface SubjectKey {
  subject_key_id: string;
  key: Buffer;
}

/**
 * The person's key, if they have one; else the given one becomes it, where the transaction has written something. No row
 * where it has not, or where another transaction has made one meanwhile, which the next statement sees.
 */
export const keyOfSubject = statement<
  SubjectKey & { is_new: boolean },
  [subject_key_id: string, subject: string, key: Buffer]
>(
  'audit_subject_key',
  `with known as (
     select subject_key_id, key, xmin is not distinct from pg_current_xact_id_if_assigned()::xid as is_new
     from audit_subjects where subject = $2),
   made as (
     insert into audit_subjects (subject_key_id, subject, key)
     select $1, $2, $3 where pg_current_xact_id_if_assigned() is not null and not exists (select from known)
     on conflict (tenant_id, subject) where subject is not null do nothing returning subject_key_id, key
   )
   select subject_key_id, key, is_new from known
   union all select subject_key_id, key, true from made`,
);

export const hasWritten = statement<{ has_written: boolean }>(
  'audit_has_written',
  'select pg_current_xact_id_if_assigned() is not null as has_written',
);

export const eraseSubject = statement<
  { subject_key_id: string; erased_at: Date },
  [subject: string]
>(
  'audit_subject_erase',
  `update audit_subjects set subject = null, key = null, erased_at = now() where subject = $1
   returning subject_key_id, erased_at`,
);

export const countEntriesOf = statement<{ entries: number }, [subject_key_id: string]>(
  'audit_subject_entries',
  'select count(*) as entries from audit_entries where actor_key_id = $1 or behalf_key_id = $1',
);
