import { type Fault, ValidationError } from '#engine/errors';
import { sqlState } from '#persistence';

const UNIQUE_VIOLATION = '23505';
const ACTIVE_NAME = 'workflow_definitions_active_name';

export const NAME_TAKEN: Fault = {
  pointer: '/workflow_name',
  code: 'workflow_name_taken',
  message:
    'Another active workflow has this name (in any letter case). Choose another, or deactivate that one.',
};

export function nameTaken(): ValidationError {
  return new ValidationError([NAME_TAKEN]);
}

/** Runs a write that may make a name active; when another did so in the meantime, that is the same refusal as before. */
export async function takenAtOnce<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (sqlState(error) === UNIQUE_VIOLATION && constraintOf(error) === ACTIVE_NAME) {
      throw nameTaken();
    }
    throw error;
  }
}

function constraintOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'constraint' in error
    ? String(error.constraint)
    : undefined;
}
