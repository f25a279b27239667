import { Injectable } from '@nestjs/common';
import { DomainError } from '#engine/errors';
import { Database, newId, type Tx } from '#persistence';
import type { ProductRole } from '#platform/auth';
import { AppConfig } from '#platform/config';
import {
  type ApiKeyRow,
  insertKey,
  listKeys,
  lockKey,
  replaceKey,
  revokeKey,
} from './api-keys.queries.js';
import { KnownKeys } from './known-keys.js';
import { makeKey } from './key.js';

export interface KeyRequest {
  name: string;
  roles: readonly ProductRole[];
  created_by: string;
  /** Null: it does not expire. */
  expires_at: Date | null;
}

export interface MadeKey extends ApiKeyRow {
  /** The key itself; it cannot be shown again. */
  key: string;
}

/** Makes, rotates and revokes the stored keys. */
@Injectable()
export class ApiKeys {
  constructor(
    private readonly database: Database,
    private readonly config: AppConfig,
    private readonly known: KnownKeys,
  ) {}

  /** @throws DomainError `api_key_name_taken` */
  async create(request: KeyRequest): Promise<MadeKey> {
    if (this.config.auth.api_keys.some(({ name }) => name === request.name))
      throw taken(request.name);
    return this.database.transaction((tx) => createKey(tx, request));
  }

  /** @param after the key_id of the last one seen */
  async list(after: string | null, limit: number): Promise<ApiKeyRow[]> {
    return listKeys(this.database.read, [after, limit]);
  }

  /**
   * A new key of the same name and roles; the old one stays good for `overlap_seconds`, in which its users change over.
   * @throws DomainError `api_key_not_found`, `api_key_ended`
   */
  async rotate(
    key_id: string,
    request: { overlap_seconds: number; expires_at: Date | null; created_by: string },
  ): Promise<MadeKey> {
    const made = await this.database.transaction(async (tx) => {
      const old = await openKey(tx, key_id);
      const successor = newId();
      const until = new Date(Date.now() + request.overlap_seconds * 1000);
      await replaceKey(tx, [key_id, successor, until]);
      const { name, roles } = old;
      const { created_by, expires_at } = request;
      return createKey(
        tx,
        { name, roles: roles as ProductRole[], created_by, expires_at },
        successor,
      );
    });
    this.known.forget();
    return made;
  }

  /** At once here, and within seconds in the other processes. @throws DomainError `api_key_not_found`, `api_key_ended` */
  async revoke(key_id: string): Promise<ApiKeyRow> {
    const revoked = await this.database.transaction(async (tx) => {
      const row = await lockedKey(tx, key_id);
      if (row.revoked_at !== null) throw ended();
      const [after] = await revokeKey(tx, [key_id]);
      return after ?? row;
    });
    this.known.forget();
    return revoked;
  }
}

/** @throws DomainError `api_key_name_taken` */
export async function createKey(
  tx: Tx,
  { name, roles, created_by, expires_at }: KeyRequest,
  key_id = newId(),
): Promise<MadeKey> {
  const { key, prefix, key_hash } = makeKey();
  const [row] = await insertKey(tx, [
    key_id,
    name,
    prefix,
    key_hash,
    JSON.stringify(roles),
    created_by,
    expires_at,
  ]);
  if (row === undefined) throw taken(name);
  return { ...row, key };
}

async function lockedKey(tx: Tx, key_id: string): Promise<ApiKeyRow> {
  const [row] = await lockKey(tx, [key_id]);
  if (row === undefined) {
    throw new DomainError('api_key_not_found', `There is no API key ${key_id}.`, { key_id });
  }
  return row;
}

async function openKey(tx: Tx, key_id: string): Promise<ApiKeyRow> {
  const row = await lockedKey(tx, key_id);
  const expired = row.expires_at !== null && row.expires_at.getTime() <= Date.now();
  if (row.revoked_at !== null || row.replaced_by !== null || expired) throw ended();
  return row;
}

function ended(): DomainError {
  return new DomainError(
    'api_key_ended',
    'This API key was revoked or rotated, or has expired. Make a new one.',
  );
}

function taken(name: string): DomainError {
  return new DomainError(
    'api_key_name_taken',
    `There is an API key named ${name}. Rotate or revoke it, or choose another name.`,
    { name },
  );
}
