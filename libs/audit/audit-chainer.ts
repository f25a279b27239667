import { Injectable } from '@nestjs/common';
import { Database, type Tx } from '#persistence';
import { appendLinks, type HashedEntry, readHead, takeUnchained } from './audit.queries.js';
import { chainHash, entryHash, NO_HASH } from './chain.js';

const ENTRIES_A_TRANSACTION = 2_000;

/**
 * Gives entries their places, after they have committed: in order of their ids among those that are there. It runs in one
 * process at a time (a sweep), so the head of the chain is nobody's bottleneck.
 */
@Injectable()
export class AuditChainer {
  constructor(private readonly database: Database) {}

  /** Until nothing waits. */
  async chain(): Promise<void> {
    for (;;) {
      const chained = await this.database.transaction((tx) => chainSome(tx));
      if (chained < ENTRIES_A_TRANSACTION) return;
    }
  }
}

async function chainSome(tx: Tx): Promise<number> {
  const entries = await takeUnchained(tx, [ENTRIES_A_TRANSACTION]);
  const heads = new Map<string, { position: number; hash: Buffer }>();
  const links: { entry: HashedEntry; position: number; entry_hash: Buffer; chain_hash: Buffer }[] =
    [];
  for (const entry of entries) {
    const head = heads.get(entry.tenant_id) ?? (await headOf(tx, entry.tenant_id));
    const position = head.position + 1;
    const entry_hash = entryHash(entry.content);
    const chain_hash = chainHash(head.hash, position, entry_hash);
    links.push({ entry, position, entry_hash, chain_hash });
    heads.set(entry.tenant_id, { position, hash: chain_hash });
  }
  if (links.length > 0) {
    await appendLinks(tx, [
      links.map(({ entry }) => entry.tenant_id),
      links.map(({ position }) => position),
      links.map(({ entry }) => entry.audit_id),
      links.map(({ entry_hash }) => entry_hash),
      links.map(({ chain_hash }) => chain_hash),
    ]);
  }
  return entries.length;
}

async function headOf(tx: Tx, tenant_id: string): Promise<{ position: number; hash: Buffer }> {
  const [head] = await readHead(tx, [tenant_id]);
  return head === undefined
    ? { position: 0, hash: NO_HASH }
    : { position: head.position, hash: head.chain_hash };
}
