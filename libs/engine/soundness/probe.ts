import { CompiledExpression, type TestResult } from '#engine/expression';

import { candidatesOf, type Formula, formulaOf, type IsKnown } from './conditions.js';

/** A test that has not one answer: the values of a field that are still possible, grouped by the answer. */
export class OpenChoice extends Error {
  constructor(
    readonly field: string,
    readonly parts: readonly (readonly unknown[])[],
  ) {
    super(`${field} is open`);
  }
}

/** What is assumed of the data on one way: field (or the text of a condition) → its possible values. */
export type Assumptions = ReadonlyMap<string, readonly unknown[]>;

const ANY_ANSWER = [true, false, null];
/** No field is called so. */
const OF_CONDITION = '?\0';
const OF_TREE = '!\0';

/** How sure a way is: `certain`, or resting on conditions that may not hold together, or on a tree that is not known. */
export type Certainty = 'certain' | 'possible' | 'unknown';

export function certaintyOf(assumptions: Assumptions): Certainty {
  const fields = [...assumptions.keys()];
  if (fields.some((field) => field.startsWith(OF_TREE))) return 'unknown';
  return fields.some((field) => field.startsWith(OF_CONDITION)) ? 'possible' : 'certain';
}

/** One value of each field that matters on a way, under its FEEL name; of any other condition, what it has to be. */
export function examplesOf(assumptions: Assumptions): Record<string, unknown> {
  return Object.fromEntries(
    [...assumptions].map(([field, [value]]) => [
      field.replace(/^[?!]\0/, '').replaceAll('\0', '.'),
      value ?? null,
    ]),
  );
}

/**
 * Conditions that are asked without data: what is open throws an `OpenChoice`, and whoever asked tries again under each
 * part of it. All of one way see the same data.
 */
export class Probe {
  private assumptions: Assumptions = new Map();
  private readonly formulas: Formula[] = [];
  private candidates: ReadonlyMap<string, readonly unknown[]> | undefined;

  /**
   * The condition, asked by this probe instead of by data.
   * @param isKnown which names the context that it is asked in answers, instead of the data
   * @throws ExpressionSyntaxError
   */
  condition(source: string, isKnown: IsKnown): CompiledExpression {
    const formula = formulaOf(source, isKnown);
    this.formulas.push(formula);
    this.candidates = undefined;
    return new ProbedCondition(source, (known) => this.answer(formula, known));
  }

  /** A condition that may hold or not. */
  either(what: string): CompiledExpression {
    return new ProbedCondition('true', () => this.opaque(OF_TREE + what));
  }

  /** Every way in which `run` may go; `onWay` is told what is assumed on it. Null: it was cut off. */
  ways<Result>(
    run: () => Result,
    mayGoOn: () => boolean,
  ): { result: Result; assumptions: Assumptions }[] | null {
    const found: { result: Result; assumptions: Assumptions }[] = [];
    const open: Assumptions[] = [new Map()];
    for (let assumptions = open.pop(); assumptions; assumptions = open.pop()) {
      if (!mayGoOn()) return null;
      this.assumptions = assumptions;
      try {
        found.push({ result: run(), assumptions });
      } catch (error) {
        if (!(error instanceof OpenChoice)) throw error;
        const { field, parts } = error;
        for (const part of parts.toReversed()) open.push(new Map([...assumptions, [field, part]]));
      }
    }
    return found;
  }

  /** FEEL's three-valued logic. @throws OpenChoice */
  private answer(formula: Formula, known: object): boolean | null {
    switch (formula.kind) {
      case 'all':
        return this.combined(formula.terms, known, false);
      case 'any':
        return this.combined(formula.terms, known, true);
      case 'not': {
        const value = this.answer(formula.term, known);
        return value === null ? null : !value;
      }
      case 'test':
        return this.test(formula);
      case 'known':
        return formula.expression.test(known).value;
      case 'opaque':
        return this.opaque(
          OF_CONDITION +
            (formula.reads_known ? `${formula.source} of ${outcomeIn(known)}` : formula.source),
        );
    }
  }

  private combined(terms: readonly Formula[], known: object, decisive: boolean): boolean | null {
    let value: boolean | null = !decisive;
    for (const term of terms) {
      const answer = this.answer(term, known);
      if (answer === decisive) return decisive;
      if (answer === null) value = null;
    }
    return value;
  }

  private test({ field, answer }: Extract<Formula, { kind: 'test' }>): boolean | null {
    this.candidates ??= candidatesOf(this.formulas);
    const values = this.assumptions.get(field) ?? this.candidates.get(field) ?? [null];
    const first = answer(values[0]);
    if (values.every((value) => answer(value) === first)) return first;
    const parts = ANY_ANSWER.map((wanted) => values.filter((value) => answer(value) === wanted));
    throw new OpenChoice(
      field,
      parts.filter((part) => part.length > 0),
    );
  }

  private opaque(field: string): boolean | null {
    const values = this.assumptions.get(field) ?? ANY_ANSWER;
    if (values.length > 1)
      throw new OpenChoice(
        field,
        values.map((value) => [value]),
      );
    return values[0] as boolean | null;
  }
}

function outcomeIn(known: object): string {
  const { outcome, step } = known as { outcome?: unknown; step?: { id?: unknown } };
  return JSON.stringify([step?.id, outcome]);
}

class ProbedCondition extends CompiledExpression {
  constructor(
    source: string,
    private readonly answer: (known: object) => boolean | null,
  ) {
    super(source, 'expression', {});
  }

  override test(known: object): TestResult {
    const value = this.answer(known);
    return { matched: value === true, value, warnings: [] };
  }
}
