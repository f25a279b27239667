import type { Tx } from '#persistence';

import { namedInstances } from '../modification-plan.service.js';
import type { ModificationRow } from '../modification.queries.js';
import {
  type Candidate,
  countAgain,
  countBack,
  countBypass,
  countForward,
  findAgain,
  findBack,
  findBypass,
  findForward,
  NO_INSTANCE,
} from './candidates.queries.js';
import { bypassedSteps, directionOf } from './move-batches.service.js';

/** Open instances that the present round has still to move, in the order of their ids. @param after instance_id */
export function findCandidates(
  tx: Tx,
  row: ModificationRow,
  after: string,
  limit: number,
): Promise<Candidate[]> {
  const of = [row.modification_id, after, limit] as const;
  switch (directionOf(row)) {
    case 'forward':
      return (row.move_round === 1 ? findForward : findAgain)(tx, [...of]);
    case 'back':
      return findBack(tx, [...of]);
    case 'bypass':
      return findBypass(tx, [...of, bypassedSteps(row), namesOf(row)]);
  }
}

/** How many they are, counted up to `most`. */
export async function countCandidates(tx: Tx, row: ModificationRow, most: number): Promise<number> {
  const of = [row.modification_id, NO_INSTANCE, most] as const;
  const counting = {
    forward: () => (row.move_round === 1 ? countForward : countAgain)(tx, [...of]),
    back: () => countBack(tx, [...of]),
    bypass: () => countBypass(tx, [...of, bypassedSteps(row), namesOf(row)]),
  };
  const [counted] = await counting[directionOf(row)]();
  return counted?.waiting ?? 0;
}

function namesOf({ modification_details }: ModificationRow): string[] | null {
  return namedInstances(modification_details.global_changes);
}
