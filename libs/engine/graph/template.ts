import {
  compile,
  type CompiledExpression,
  ExpressionLimitError,
  ExpressionSyntaxError,
  type Json,
  toJson,
} from '#engine/expression';

import type { JsonObject } from './types.js';

/** A JSON value whose strings may hold `{{ expression }}`, made ready to be filled in. */
export type Template = (context: JsonObject) => unknown;

type Part = string | CompiledExpression;

/**
 * A string that is one `{{ expression }}` and nothing else becomes the expression's value, of whatever type; in any
 * other string the values are written into the text (null as nothing, lists and objects as JSON).
 * @throws ExpressionSyntaxError, ExpressionLimitError of the first expression that does not compile
 */
export function compileTemplate(value: unknown): Template {
  if (typeof value === 'string') return compileText(value);
  if (Array.isArray(value)) {
    const items = value.map(compileTemplate);
    return (context) => items.map((item) => item(context));
  }
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).map(
      ([key, field]) => [key, compileTemplate(field)] as const,
    );
    return (context) => Object.fromEntries(fields.map(([key, field]) => [key, field(context)]));
  }
  return () => value;
}

/**
 * The names that the expressions in a JSON value read from their context, each the first of a path.
 * @throws as `compileTemplate` does
 */
export function namesIn(value: unknown): Set<string> {
  if (typeof value === 'string') {
    const expressions = partsOf(value).filter((part) => typeof part !== 'string');
    return new Set(
      expressions.flatMap(({ variables }) => variables.map((path) => path.split('.')[0] ?? '')),
    );
  }
  if (typeof value !== 'object' || value === null) return new Set();
  return new Set(Object.values(value).flatMap((field) => [...namesIn(field)]));
}

/** Whether a text holds an expression, so that its shape is only known when it is filled in. */
export function isTemplate(text: string): boolean {
  return text.includes('{{');
}

function compileText(text: string): Template {
  const parts = partsOf(text);
  const [only] = parts;
  if (parts.length === 1 && only !== undefined && typeof only !== 'string') {
    return (context) => toJson(only.evaluate(context).value).value;
  }
  return (context) =>
    parts
      .map((part) =>
        typeof part === 'string' ? part : asText(toJson(part.evaluate(context).value).value),
      )
      .join('');
}

function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf('{{', at);
    if (open === -1) return [...parts, text.slice(at)];
    if (open > at) parts.push(text.slice(at, open));
    const { expression, end } = expressionAt(text, open + 2);
    parts.push(expression);
    at = end;
  }
  return parts.length === 0 ? [''] : parts;
}

/** FEEL has braces of its own, so the first `}}` that leaves something that compiles is the end. */
function expressionAt(
  text: string,
  start: number,
): { expression: CompiledExpression; end: number } {
  let failure: ExpressionLimitError | ExpressionSyntaxError | undefined;
  for (let close = text.indexOf('}}', start); close !== -1; close = text.indexOf('}}', close + 1)) {
    try {
      return { expression: compile(text.slice(start, close).trim()), end: close + 2 };
    } catch (error) {
      const foreseen =
        error instanceof ExpressionSyntaxError || error instanceof ExpressionLimitError;
      if (!foreseen) throw error;
      failure ??= error;
    }
  }
  if (failure) throw failure;
  // Nothing closes it: let the parser say what it makes of the rest.
  return { expression: compile(`${text.slice(start).trim()} }}`), end: text.length };
}

function asText(value: Json): string {
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
