import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Database } from '#persistence';
import { PerTenant, runAsSystem, runAsTenant } from '#platform/tenancy';
import {
  Authenticator,
  isProductRole,
  keyHolder,
  type KeyStore,
  type Principal,
} from '#platform/auth';
import { findKey, type FoundKey, noteUses } from './api-keys.queries.js';
import { isKeyOf, prefixOf } from './key.js';

/** A revocation reaches the other processes within this time; a key in use costs a query as often. */
const KNOWN_MS = 5_000;
const MAX_KNOWN = 10_000;
const NOTE_INTERVAL_MS = 5_000;

interface Known {
  found: FoundKey | undefined;
  until: number;
}

/** Recognises stored keys, remembers them for seconds, and notes in batches when each was last used. */
@Injectable()
export class KnownKeys implements KeyStore, OnModuleDestroy {
  private readonly logger = new Logger('ApiKeys');
  private readonly known = new Map<string, Known>();
  private readonly uses = new PerTenant(() => new Map<string, Date>());
  private readonly timer = setInterval(() => void this.writeUses(), NOTE_INTERVAL_MS).unref();

  constructor(
    private readonly database: Database,
    authenticator: Authenticator,
  ) {
    authenticator.useStore(this);
  }

  async holderOf(key: string): Promise<Principal | undefined> {
    const prefix = prefixOf(key);
    if (prefix === undefined) return undefined;
    const found = await this.find(prefix);
    if (found === undefined || !isKeyOf(key, found.key_hash)) return undefined;
    if (found.expires_at !== null && found.expires_at.getTime() <= Date.now()) return undefined;
    const { key_id, name, tenant_id, roles } = found;
    runAsTenant(tenant_id, () => this.uses.get()).set(key_id, new Date());
    return keyHolder(name, roles.filter(isProductRole), tenant_id);
  }

  /** After a change of keys: the next request reads them anew. */
  forget(): void {
    this.known.clear();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.writeUses();
  }

  private async find(prefix: string): Promise<FoundKey | undefined> {
    const now = performance.now();
    const known = this.known.get(prefix);
    if (known !== undefined && known.until > now) return known.found;
    // only then it is known whose the request is
    const [found] = await runAsSystem(() => findKey(this.database.read, [prefix]));
    if (this.known.size >= MAX_KNOWN) this.known.clear();
    this.known.set(prefix, { found, until: now + KNOWN_MS });
    return found;
  }

  /** Of use for finding keys that nobody uses, so it may be late, but it is not lost while the database is away. */
  private async writeUses(): Promise<void> {
    await this.uses.each(async (uses) => {
      if (uses.size === 0) return;
      const noted = [...uses];
      uses.clear();
      try {
        const [ids, times] = [noted.map(([id]) => id), noted.map(([, time]) => time)];
        await noteUses(this.database.read, [ids, times]);
      } catch (error) {
        for (const [id, time] of noted) if (!uses.has(id)) uses.set(id, time);
        this.logger.warn(`The last uses of API keys could not be written yet: ${String(error)}`);
      }
    });
  }
}
