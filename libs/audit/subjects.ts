import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DomainError } from '#engine/errors';
import { Database, newId } from '#persistence';
import { countEntriesOf, eraseSubject, keyOfSubject, type SubjectKey } from './audit.queries.js';
import type { SealedPerson } from './pending.js';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** How long another process may go on with a key after it was erased; what it seals then is lost, not shown. */
const KNOWN_MS = 30_000;
const MAX_KNOWN = 10_000;

export interface Erasure {
  subject_key_id: string;
  entries: number;
  erased_at: Date;
}

/** Personal data for the audit, sealed (AES-256-GCM) under one key a person. Erasing a person is throwing the key away. */
@Injectable()
export class AuditSubjects {
  private readonly known = new Map<string, { key: Promise<SubjectKey>; until: number }>();

  constructor(private readonly database: Database) {}

  async seal(subject: string, data: Record<string, unknown>): Promise<SealedPerson> {
    const { subject_key_id, key } = await this.keyOf(subject);
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, key, iv).setAAD(Buffer.from(subject_key_id));
    const text = Buffer.concat([cipher.update(JSON.stringify(data), 'utf8'), cipher.final()]);
    return { key_id: subject_key_id, sealed: Buffer.concat([iv, cipher.getAuthTag(), text]) };
  }

  /** @throws DomainError `subject_not_found` */
  async erase(subject: string): Promise<Erasure> {
    this.known.delete(subject);
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

  private keyOf(subject: string): Promise<SubjectKey> {
    const now = performance.now();
    const known = this.known.get(subject);
    if (known !== undefined && known.until > now) return known.key;
    if (this.known.size >= MAX_KNOWN) this.known.clear();
    const key = this.readKey(subject);
    this.known.set(subject, { key, until: now + KNOWN_MS });
    key.catch(() => this.known.delete(subject));
    return key;
  }

  private async readKey(subject: string): Promise<SubjectKey> {
    for (;;) {
      const [row] = await keyOfSubject(this.database.read, [
        newId(),
        subject,
        randomBytes(KEY_BYTES),
      ]);
      // none: another process has just made it, which this statement did not see yet
      if (row !== undefined) return row;
    }
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
