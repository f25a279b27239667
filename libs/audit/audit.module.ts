import { Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { Sweeper } from '#jobs';
import { Database, newId, type Tx, unawaited } from '#persistence';
import { AuditChainer } from './audit-chainer.js';
import { AuditInterceptor } from './audit.interceptor.js';
import { insertEntries } from './audit.queries.js';
import { type PendingAudit, presentAudits } from './pending.js';
import { AuditSubjects } from './subjects.js';

@Module({
  providers: [
    AuditSubjects,
    AuditChainer,
    { provide: APP_INTERCEPTOR, useClass: AuditInterceptor },
  ],
  exports: [AuditSubjects],
})
export class AuditModule {
  /** Every transaction of a request that changes something also says so, or neither happens. */
  constructor(database: Database, sweeper: Sweeper, chainer: AuditChainer) {
    database.beforeCommit(writeEntries);
    sweeper.register('audit_chain', () => chainer.chain());
  }
}

/** Shares the round trip of the commit. */
async function writeEntries(tx: Tx): Promise<void> {
  const audits = presentAudits();
  if (audits.length > 0) unawaited(tx, insertEntries(tx, [JSON.stringify(audits.map(rowOf))]));
  await Promise.resolve();
}

function rowOf({ person, behalf, ...audit }: PendingAudit): Record<string, unknown> {
  return {
    ...audit,
    audit_id: newId(),
    actor_key_id: person?.key_id,
    actor_sealed: person?.sealed.toString('base64'),
    behalf_key_id: behalf?.key_id,
    behalf_sealed: behalf?.sealed.toString('base64'),
  };
}
