import { AsyncLocalStorage } from 'node:async_hooks';
import { isFollowUp } from '#persistence';

/** What is to be told of a person, sealed under their own key. */
export interface ToldPerson {
  subject: string;
  data: Record<string, unknown>;
}

/** What the audit will say of a request, once a transaction of it writes something. */
export interface PendingAudit {
  actor_kind: string;
  /** Of a program; a person is sealed. */
  actor: string | null;
  person: ToldPerson | null;
  behalf: ToldPerson | null;
  /** The route: `POST /workflows/{workflow_id}/activate`. */
  operation: string;
  /** What its path named. */
  resource: Record<string, unknown>;
  /** The fields that were sent, by name. */
  fields: readonly string[];
  correlation_id: string;
}

const current = new AsyncLocalStorage<readonly PendingAudit[]>();

/** The requests that the present work was asked for by; several where one transaction works for many. */
export function presentAudits(): readonly PendingAudit[] {
  return isFollowUp() ? [] : (current.getStore() ?? []);
}

export function runWithAudits<T>(audits: readonly PendingAudit[], work: () => T): T {
  return current.run(audits, work);
}
