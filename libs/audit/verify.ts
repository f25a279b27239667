import type { Tx } from '#persistence';
import { findStray, readChain, readTenants } from './audit.queries.js';
import { type ChainFault, ChainReader } from './chain.js';

const ROWS_A_READ = 2_000;

export interface Verification {
  tenant_id: string;
  /** How many were found good. */
  entries: number;
  /** `<position>:<chain hash>` of the last good one: kept elsewhere, it shows later that nothing was cut off. */
  head: string;
  fault: ChainFault | undefined;
}

/** Follows the chain of every tenant from its beginning to its first fault or its end. */
export async function verifyChains(tx: Tx): Promise<Verification[]> {
  const tenants = await readTenants(tx, []);
  const verifications: Verification[] = [];
  for (const { tenant_id } of tenants) verifications.push(await verifyChain(tx, tenant_id));
  return verifications;
}

/** An entry that was put in, or whose place in the chain was taken away, without the chain's last rows telling. */
export async function strayEntry(tx: Tx): Promise<string | undefined> {
  const [stray] = await findStray(tx, []);
  return stray?.audit_id;
}

async function verifyChain(tx: Tx, tenant_id: string): Promise<Verification> {
  const reader = new ChainReader();
  for (;;) {
    const links = await readChain(tx, [tenant_id, reader.position, ROWS_A_READ]);
    const fault = reader.read(links);
    if (fault !== undefined || links.length < ROWS_A_READ) {
      const head = `${reader.position}:${reader.hash.toString('hex')}`;
      return { tenant_id, entries: reader.position, head, fault };
    }
  }
}

/** Whether the chain still has this head of an earlier verification. */
export async function hasHead(tx: Tx, tenant_id: string, head: string): Promise<boolean> {
  const [position, hash] = head.split(':');
  const [link] = await readChain(tx, [tenant_id, Number(position) - 1, 1]);
  return link?.position === Number(position) && link.chain_hash.toString('hex') === hash;
}
