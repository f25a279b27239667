import { type Fault, pointerTo } from '#engine/errors';

import type { CheckedGraph, JsonObject } from './types.js';

interface Needing {
  resource_requirements: JsonObject;
}

/** Of a graph under `resource_aware`: what is no amount, though it is to be counted. Others may hold anything there. */
export function amountFaults({ tasks, load_balancing }: CheckedGraph): Fault[] {
  if (load_balancing?.strategy !== 'resource_aware') return [];
  return [
    ...faultsIn(load_balancing.resource_constraints, '/load_balancing/resource_constraints'),
    ...tasks.flatMap(({ resource_requirements }, index) =>
      faultsIn(resource_requirements, `/tasks/${index}/resource_requirements`),
    ),
  ];
}

function faultsIn(value: JsonObject, at: string): Fault[] {
  return Object.entries(value)
    .filter(([, amount]) => !isAmount(amount))
    .map(([name]) => ({
      pointer: pointerTo(at, name),
      code: 'is_amount',
      message: 'resource_aware counts it: give a number of 0 or more, or leave the resource out.',
    }));
}

const isAmount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;

/** What of `value` is an amount: definitions that were stored before others were refused may hold them. */
function amounts(value: JsonObject): [name: string, amount: number][] {
  return Object.entries(value).filter((entry): entry is [string, number] => isAmount(entry[1]));
}

/** What may be used of a limit; the epsilon absorbs what tenths lose in binary (0.1 three times is more than 0.3). */
export const roomOf = (limit: number): number => limit * (1 + 1e-9);

/**
 * Which tasks may be handed out under `resource_aware`: in their order, each that fits into what the constraints leave
 * beside those in hand. One that does not fit lets smaller ones pass (an execution has an end, so its time comes), and
 * one that needs more of a resource than there is at all runs when no other has any of it. Only resources that the
 * constraints name count.
 */
export function fitting<Task extends Needing>(
  ready: readonly Task[],
  inHand: readonly Needing[],
  constraints: JsonObject,
  slots: number,
): Task[] {
  const limits = new Map(amounts(constraints));
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
    const fits = amounts(task.resource_requirements).every(([name, amount]) => {
      const taken = used.get(name) ?? 0;
      return amount === 0 || taken === 0 || taken + amount <= roomOf(limits.get(name) ?? Infinity);
    });
    if (!fits) continue;
    chosen.push(task);
    take(task);
  }
  return chosen;
}
