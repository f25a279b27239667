import type { Fault } from '#engine/errors';

import { LIMITS, type Pattern } from './types.js';

/** The steps, the depth or the faults that one check may come to are spent. */
export class Spent extends Error {}

/** What one check of a value may still cost, whatever the form and the value are. */
export class CheckBudget {
  private steps: number = LIMITS.check_steps;

  /** @throws Spent */
  readonly spend = (steps: number): void => {
    this.steps -= steps;
    if (this.steps < 0) {
      throw new Spent('This is too much to be checked by the form; send less.');
    }
  };

  /** RE2 visits each pair of a character and an instruction at most. @throws Spent */
  matches({ regex }: Pattern, text: string): boolean {
    this.spend(1 + ((text.length * (8 + regex.programSize())) >> 6));
    return regex.test(text);
  }
}

/** @returns false, for the caller to pass on. @throws Spent where there are more than one answer lists */
export function fail(
  faults: Fault[] | null,
  pointer: string,
  code: string,
  message: string,
): false {
  if (!faults) return false;
  if (faults.length >= LIMITS.faults) {
    throw new Spent(`There are more faults than these ${LIMITS.faults}; mend them first.`);
  }
  faults.push({ pointer, code, message });
  return false;
}
