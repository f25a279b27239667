import type { StepDefinition } from '#engine/definition';
import { DomainError, type Fault, ValidationError } from '#engine/errors';
import { sqlState, type Tx } from '#persistence';
import type { DefinitionStore } from '#runtime';

const UNIQUE_VIOLATION = '23505';

/** Runs an insert; `refusal` when the same came first. */
export async function unlessTaken<T>(insert: () => Promise<T>, refusal: DomainError): Promise<T> {
  try {
    return await insert();
  } catch (error) {
    if (sqlState(error) === UNIQUE_VIOLATION) throw refusal;
    throw error;
  }
}

/**
 * The steps of a workflow's current version, to check targets against; undefined when a rule or tree is for all.
 * @throws ValidationError workflow_not_found
 */
export async function stepsOf(
  store: DefinitionStore,
  tx: Tx,
  workflow_id: string | null,
): Promise<ReadonlyMap<string, StepDefinition> | undefined> {
  if (workflow_id === null) return undefined;
  try {
    const { steps } = await store.load(tx, workflow_id);
    return new Map(steps.map((step) => [step.step_id, step]));
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const fault: Fault = {
      pointer: '/workflow_id',
      code: String(error.code),
      message: error.message,
    };
    throw new ValidationError([fault]);
  }
}
