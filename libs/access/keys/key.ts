import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { KEY_MARK } from '#platform/auth';

const PREFIX_BYTES = 6;
const SECRET_BYTES = 32;
const FORM = new RegExp(`^(${KEY_MARK}[0-9a-f]{${2 * PREFIX_BYTES}})_[A-Za-z0-9_-]{43}$`);

export interface NewKey {
  /** Shown once, to whoever asked for it. */
  key: string;
  prefix: string;
  key_hash: string;
}

/** `cwk_<12 hexadecimal digits>_<256 random bits in base64url>`: the first part finds it, the second proves it. */
export function makeKey(): NewKey {
  const prefix = `${KEY_MARK}${randomBytes(PREFIX_BYTES).toString('hex')}`;
  const key = `${prefix}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  return { key, prefix, key_hash: hashOf(key).toString('hex') };
}

/** The part by which a key is found; undefined of what has not the form of one. */
export function prefixOf(key: string): string | undefined {
  return FORM.exec(key)?.[1];
}

/** In constant time. A fast hash is right for random keys: there is nothing to guess that a slow one would protect. */
export function isKeyOf(key: string, key_hash: string): boolean {
  const known = Buffer.from(key_hash, 'hex');
  const shown = hashOf(key);
  return known.length === shown.length && timingSafeEqual(known, shown);
}

function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
