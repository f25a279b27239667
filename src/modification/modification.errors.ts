import { DomainError } from '#engine/errors';

import type { ModificationRow } from './modification.queries.js';

export function notFound(modification_id: string): DomainError {
  return new DomainError(
    'modification_not_found',
    `There is no modification ${modification_id}; list those there are.`,
    { modification_id },
  );
}

export function exists(modification_id: string): DomainError {
  return new DomainError(
    'modification_exists',
    `There already is a modification ${modification_id}; read its status, or choose another id.`,
    { modification_id },
  );
}

export function notPending({ modification_id, status }: ModificationRow): DomainError {
  return new DomainError(
    'modification_not_pending',
    `The modification is ${status}; this can no longer be done with it, or not yet.`,
    { modification_id, modification_status: status },
  );
}
