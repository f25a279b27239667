export { AuditChainer } from './audit-chainer.js';
export { type AuditRow, insertEntries, listEntries } from './audit.queries.js';
export { AuditModule } from './audit.module.js';
export type { PendingAudit } from './asked.js';
export { presentAudits, runWithAudits } from './pending.js';
export { AuditSubjects, type Erasure, unseal } from './subjects.js';
export { hasHead, strayEntry, type Verification, verifyChains } from './verify.js';
