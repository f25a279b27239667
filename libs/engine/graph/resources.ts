import type { JsonObject } from './types.js';

interface Needing {
  resource_requirements: JsonObject;
}

/** What of `value` is an amount: names with numbers above 0. */
function amounts(value: JsonObject): [name: string, amount: number][] {
  return Object.entries(value).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number' && entry[1] > 0,
  );
}

/**
 * Which tasks may be handed out under `resource_aware`: in their order, each that fits into what the constraints leave
 * beside those in hand. One that does not fit lets smaller ones pass (an execution has an end, so its time comes), and
 * one that needs more than there is at all runs alone. Only resources that the constraints name count.
 */
export function fitting<Task extends Needing>(
  ready: readonly Task[],
  inHand: readonly Needing[],
  constraints: JsonObject,
  slots: number,
): Task[] {
  const limits = new Map(
    Object.entries(constraints).filter((entry): entry is [string, number] => {
      return typeof entry[1] === 'number' && entry[1] >= 0;
    }),
  );
  const used = new Map<string, number>();
  const take = ({ resource_requirements }: Needing): void => {
    for (const [name, amount] of amounts(resource_requirements)) {
      used.set(name, (used.get(name) ?? 0) + amount);
    }
  };
  inHand.forEach(take);
  const chosen: Task[] = [];
  for (const task of ready) {
    if (chosen.length >= slots) break;
    const fits = amounts(task.resource_requirements).every(
      ([name, amount]) => (used.get(name) ?? 0) + amount <= (limits.get(name) ?? Infinity),
    );
    if (!fits && inHand.length + chosen.length > 0) continue;
    chosen.push(task);
    take(task);
  }
  return chosen;
}
