import { isFollowUp } from '#persistence';
import { AmbientValue } from '#platform/ambient';
import { presentRequest } from '#platform/http';
import { auditsOf, type PendingAudit } from './asked.js';

const current = new AmbientValue<readonly PendingAudit[]>();

/** The requests that the present work was asked for by; several where one transaction works for many. */
export function presentAudits(): readonly PendingAudit[] {
  if (isFollowUp()) return [];
  const request = presentRequest.get();
  return current.get() ?? (request === undefined ? [] : auditsOf(request));
}

export function runWithAudits<T>(audits: readonly PendingAudit[], work: () => T): T {
  return current.run(audits, work);
}
