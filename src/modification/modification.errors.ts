import { DomainError } from '#engine/errors';
import { sqlState } from '#persistence';

import type { ModificationRow } from './modification.queries.js';

const UNIQUE_VIOLATION = '23505';

/** Runs the insert of a modification. @throws DomainError modification_exists, when one of another workflow came first */
export async function unlessTaken(
  modification_id: string,
  insert: () => Promise<void>,
): Promise<void> {
  try {
    await insert();
  } catch (error) {
    if (sqlState(error) === UNIQUE_VIOLATION) throw exists(modification_id);
    throw error;
  }
}

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
