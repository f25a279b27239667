import { inOrder, sameJson, type WorkflowDefinition } from '#engine/definition';

/** A definition after a change; null: the change does not fit it. */
export type Change = (definition: WorkflowDefinition) => Promise<WorkflowDefinition | null>;

/**
 * How two changes of one definition go together: in either order with the same outcome (null), or not, in words. They
 * are never merged: each is worked out anew on the definition that is current when it is applied.
 */
export async function conflictOf(
  definition: WorkflowDefinition,
  change: Change,
  other: Change,
  otherId: string,
): Promise<string | null> {
  const otherFirst = await inTurn(definition, other, change);
  const changeFirst = await inTurn(definition, change, other);
  if (otherFirst && changeFirst) {
    return sameJson(inOrder(otherFirst), inOrder(changeFirst))
      ? null
      : `The open modification ${otherId} changes the same; the one that is applied later prevails.`;
  }
  if (!otherFirst && !changeFirst) {
    return `It conflicts with the open modification ${otherId}: whichever is applied first, the other no longer fits.`;
  }
  return otherFirst
    ? `Applied before the open modification ${otherId}, it leaves that without fit; apply that first.`
    : `It no longer fits once the open modification ${otherId} is applied.`;
}

async function inTurn(
  definition: WorkflowDefinition,
  first: Change,
  second: Change,
): Promise<WorkflowDefinition | null> {
  const between = await first(definition);
  return between && second(between);
}
