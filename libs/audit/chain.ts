import { createHash } from 'node:crypto';

/** Before the first entry of a tenant. */
export const NO_HASH = Buffer.alloc(32);

/** SHA-256 over every column of an entry, each in its place. */
export function entryHash(content: readonly (string | null)[]): Buffer {
  return createHash('sha256').update(JSON.stringify(content)).digest();
}

/** Binds an entry to its position and, through the hash before, to all entries before it. */
export function chainHash(before: Buffer, position: number, entry_hash: Buffer): Buffer {
  return createHash('sha256').update(before).update(`:${position}:`).update(entry_hash).digest();
}

export interface Link {
  position: number;
  audit_id: string;
  entry_hash: Buffer;
  chain_hash: Buffer;
  /** Null where the entry is gone. */
  content: readonly (string | null)[] | null;
}

export interface ChainFault {
  position: number;
  audit_id: string | null;
  fault: 'missing' | 'altered' | 'reordered';
  detail: string;
}

/** Follows a chain from where it was left. */
export class ChainReader {
  constructor(
    public position = 0,
    public hash: Buffer = NO_HASH,
  ) {}

  /** The first of the next links that is not as it was written; undefined where all are. */
  read(links: readonly Link[]): ChainFault | undefined {
    for (const link of links) {
      const fault = this.faultOf(link);
      if (fault !== undefined) return fault;
      this.position = link.position;
      this.hash = link.chain_hash;
    }
    return undefined;
  }

  private faultOf({
    position,
    audit_id,
    entry_hash,
    chain_hash,
    content,
  }: Link): ChainFault | undefined {
    const expected = this.position + 1;
    if (position !== expected) {
      const detail = `The row at position ${expected} of the chain is gone.`;
      return { position: expected, audit_id: null, fault: 'missing', detail };
    }
    if (content === null) {
      const detail = `The entry ${audit_id} at position ${position} is gone.`;
      return { position, audit_id, fault: 'missing', detail };
    }
    if (!entryHash(content).equals(entry_hash)) {
      const detail = `The entry ${audit_id} at position ${position} is not what was written.`;
      return { position, audit_id, fault: 'altered', detail };
    }
    if (!chainHash(this.hash, position, entry_hash).equals(chain_hash)) {
      const detail = `The entry ${audit_id} does not follow the one before position ${position}: rows have changed places, or the chain was written anew.`;
      return { position, audit_id, fault: 'reordered', detail };
    }
    return undefined;
  }
}
