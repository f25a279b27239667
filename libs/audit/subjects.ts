import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DomainError } from '#engine/errors';
import { ofPresentTenant } from '#platform/tenancy';
import { Database, newId, type Tx } from '#persistence';
import {
  countEntriesOf,
  eraseSubject,
  hasWritten,
  keyOfSubject,
  type SubjectKey,
} from './audit.queries.js';
import type { ToldPerson } from './asked.js';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** How long another process may go on with a key after it was erased; what it seals then is lost, not shown. */
const KNOWN_MS = 30_000;
const MAX_KNOWN = 10_000;

/** What the audit keeps of a person. */
export interface SealedPerson {
  key_id: string;
  sealed: Buffer;
}

export interface Erasure {
  subject_key_id: string;
  entries: number;
  erased_at: Date;
}

/** Personal data for the audit, sealed (AES-256-GCM) under one key a person. Erasing a person is throwing the key away. */
@Injectable()
export class AuditSubjects {
  private readonly known = new Map<string, { key: SubjectKey; until: number }>();

  constructor(private readonly database: Database) {}

  /** @returns undefined where `tx` has written nothing, so that there is nothing to tell either */
  async seal(tx: Tx, { subject, data }: ToldPerson): Promise<SealedPerson | undefined> {
    const own = await this.keyOf(tx, subject);
    if (own === undefined) return undefined;
    const { subject_key_id, key } = own;
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, key, iv).setAAD(Buffer.from(subject_key_id));
    const text = Buffer.concat([cipher.update(JSON.stringify(data), 'utf8'), cipher.final()]);
    return { key_id: subject_key_id, sealed: Buffer.concat([iv, cipher.getAuthTag(), text]) };
  }

  /** @throws DomainError `subject_not_found` */
  async erase(subject: string): Promise<Erasure> {
    this.known.delete(ofPresentTenant(subject));
    return this.database.transaction(async (tx) => {
      const [erased] = await eraseSubject(tx, [subject]);
      if (erased === undefined) {
        throw new DomainError(
          'subject_not_found',
          'The audit knows nobody by that name (any more).',
        );
      }
      const [count] = await countEntriesOf(tx, [erased.subject_key_id]);
      return { ...erased, entries: count?.entries ?? 0 };
    });
  }

  /** One that was made here is remembered only once it has been read again: until then it may be rolled back. */
  private async keyOf(tx: Tx, subject: string): Promise<SubjectKey | undefined> {
    const now = performance.now();
    const known = this.known.get(ofPresentTenant(subject));
    if (known !== undefined && known.until > now) return known.key;
    for (;;) {
      const [row] = await keyOfSubject(tx, [newId(), subject, randomBytes(KEY_BYTES)]);
      if (row !== undefined) {
        if (!row.is_new) this.remember(subject, row, now + KNOWN_MS);
        return row;
      }
      const [transaction] = await hasWritten(tx, []);
      if (transaction?.has_written !== true) return undefined;
    }
  }

  private remember(subject: string, key: SubjectKey, until: number): void {
    if (this.known.size >= MAX_KNOWN) this.known.clear();
    this.known.set(ofPresentTenant(subject), { key, until });
  }
}

/** What was sealed; null where the key has been thrown away. */
export function unseal(
  key_id: string | null,
  key: Buffer | null,
  sealed: Buffer | null,
): Record<string, unknown> | null {
  if (key_id === null || key === null || sealed === null) return null;
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, IV_BYTES))
    .setAAD(Buffer.from(key_id))
    .setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  const text = Buffer.concat([
    decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)),
    decipher.final(),
  ]);
  return JSON.parse(text.toString('utf8')) as Record<string, unknown>;
}
