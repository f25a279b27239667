import { Module } from '@nestjs/common';
import { Sweeper } from '#jobs';
import { Database, newId, type Tx, unawaited } from '#persistence';
import { AuditChainer } from './audit-chainer.js';
import { insertEntries } from './audit.queries.js';
import { presentAudits } from './pending.js';
import { AuditSubjects } from './subjects.js';

@Module({
  providers: [AuditSubjects, AuditChainer],
  exports: [AuditSubjects],
})
export class AuditModule {
  /** Every transaction of a request that changes something also says so, or neither happens. */
  constructor(
    database: Database,
    sweeper: Sweeper,
    chainer: AuditChainer,
    private readonly subjects: AuditSubjects,
  ) {
    database.beforeCommit((tx) => this.writeEntries(tx));
    sweeper.register('audit_chain', () => chainer.chain());
  }

  /** Shares the round trip of the commit. */
  private async writeEntries(tx: Tx): Promise<void> {
    const rows: Record<string, unknown>[] = [];
    for (const { person, behalf, ...audit } of presentAudits()) {
      const actor = person && (await this.subjects.seal(tx, person));
      const other = behalf && (await this.subjects.seal(tx, behalf));
      if (actor === undefined || other === undefined) return;
      rows.push({
        ...audit,
        audit_id: newId(),
        actor_key_id: actor?.key_id,
        actor_sealed: actor?.sealed.toString('base64'),
        behalf_key_id: other?.key_id,
        behalf_sealed: other?.sealed.toString('base64'),
      });
    }
    if (rows.length > 0) unawaited(tx, insertEntries(tx, [JSON.stringify(rows)]));
  }
}
