import { DomainError } from '#engine/errors';
import { etagOf, requireIfMatch } from '#platform/http';
import type { DefinitionRow } from '#runtime';

type VersionState = Pick<DefinitionRow, 'workflow_id' | 'version_number' | 'is_active'>;

/** Changes with the current version and with whether it is active. */
export function definitionEtag(row: VersionState): string {
  return etagOf(row.workflow_id, row.version_number, row.is_active);
}

/** @throws DomainError precondition_failed, when `If-Match` is missing or names another state than the current one */
export function requireSeen(ifMatch: string | undefined, current: VersionState): void {
  const etag = definitionEtag(current);
  if (ifMatch === undefined) {
    throw new DomainError(
      'precondition_failed',
      'Read the workflow first and send its ETag as If-Match, so that nobody else’s change is lost.',
      { current_etag: etag },
    );
  }
  requireIfMatch(ifMatch, etag);
}
