import { ValidateBy } from 'class-validator';

import { expressionFaults } from '#engine/expression';

/** Longest expression that is taken, in characters. */
export const MAX_EXPRESSION = 10_000;

/** Text that parses as FEEL; the fault says where it does not. Says nothing of what is no text or too long. */
export function IsExpression(): PropertyDecorator {
  return ValidateBy({
    name: 'expressionSyntax',
    validator: {
      validate: (value) => syntaxFault(value) === null,
      defaultMessage: (args) => syntaxFault(args?.value) ?? '',
    },
  });
}

function syntaxFault(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > 2 * MAX_EXPRESSION) return null;
  return expressionFaults(value, '')[0]?.message ?? null;
}
