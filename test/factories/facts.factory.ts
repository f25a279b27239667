import type { Facts } from '#engine/instance';

/** Facts in which nothing is particular; ids that one of them gives are told apart. */
export function newFacts(changes: Partial<Facts> = {}): Facts {
  let id = 0;
  return {
    now: Date.UTC(2026, 0, 1),
    newId: () => `step-execution-${(id += 1)}`,
    overrides: [],
    trees: new Map(),
    certainty: null,
    max_step_entries: 1_000,
    ...changes,
  };
}
