import { type ApiKeyEntity, statement } from '#persistence';

/** A key as those who administer it see it: without its hash. */
export type ApiKeyRow = Omit<ApiKeyEntity, 'key_hash'>;

export interface FoundKey extends Pick<
  ApiKeyEntity,
  'key_id' | 'name' | 'key_hash' | 'expires_at'
> {
  tenant_id: string;
  roles: string[];
}

const COLUMNS =
  'key_id, name, prefix, roles, created_by, created_at, expires_at, revoked_at, replaced_by, last_used_at';

export const findKey = statement<FoundKey, [prefix: string]>(
  'api_keys_find',
  `select key_id, tenant_id, name, key_hash, roles, expires_at from api_keys
   where prefix = $1 and revoked_at is null and (expires_at is null or expires_at > now())`,
);

export const insertKey = statement<
  ApiKeyRow,
  [
    key_id: string,
    name: string,
    prefix: string,
    key_hash: string,
    roles: string,
    created_by: string,
    expires_at: Date | null,
  ]
>(
  'api_keys_insert',
  `insert into api_keys (key_id, name, prefix, key_hash, roles, created_by, expires_at)
   values ($1, $2, $3, $4, $5, $6, $7)
   on conflict (name, tenant_id) where replaced_by is null and revoked_at is null do nothing
   returning ${COLUMNS}`,
);

export const lockKey = statement<ApiKeyRow, [key_id: string]>(
  'api_keys_lock',
  `select ${COLUMNS} from api_keys where key_id = $1 for update`,
);

export const replaceKey = statement<object, [key_id: string, by: string, until: Date]>(
  'api_keys_replace',
  `update api_keys set replaced_by = $2, expires_at = least(expires_at, $3) where key_id = $1`,
);

export const revokeKey = statement<ApiKeyRow, [key_id: string]>(
  'api_keys_revoke',
  `update api_keys set revoked_at = now() where key_id = $1 returning ${COLUMNS}`,
);

export const listKeys = statement<ApiKeyRow, [after: string | null, limit: number]>(
  'api_keys_list',
  `select ${COLUMNS} from api_keys where $1::uuid is null or key_id > $1 order by key_id limit $2`,
);

export const noteUses = statement<object, [key_ids: string[], used_at: Date[]]>(
  'api_keys_note_uses',
  `update api_keys set last_used_at = greatest(last_used_at, use.used_at)
   from unnest($1::uuid[], $2::timestamptz[]) as use (key_id, used_at) where api_keys.key_id = use.key_id`,
);
