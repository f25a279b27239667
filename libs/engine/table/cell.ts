import { compile, type CompiledExpression, type SyntaxNode } from '#engine/expression';

/** A value that a cell may be looked up by: what FEEL's `=` finds equal is one key. */
export type Key = string | number | boolean;

/** One cell of an input column, made ready. */
export interface Cell {
  source: string;
  test: CompiledExpression;
  /** It is `-`: every value passes. */
  isAny: boolean;
  /** It is a list of literals alone (`"HR", "IT"`): those values pass and no others. Null: it has to be tried. */
  keys: readonly Key[] | null;
  /** Literals at which the answer may change: the ends of ranges and values compared with. Null: it cannot be told. */
  boundaries: readonly Key[] | null;
}

/** @throws ExpressionSyntaxError, ExpressionLimitError */
export function compileCell(source: string): Cell {
  const test = compile(source, { kind: 'unaryTests' });
  const root = test.syntax;
  const tests = root.kind === 'unaryTests' ? root.tests : [root];
  const negated = root.kind === 'unaryTests' && root.negated;
  const keys = tests.map(literalOf);
  const isAny = tests.length === 0;
  return {
    source,
    test,
    isAny,
    keys: !negated && !isAny && keys.every((key) => key !== undefined) ? keys : null,
    boundaries: allOf(tests.map(boundariesOf)),
  };
}

function boundariesOf(node: SyntaxNode): readonly Key[] | null {
  const literal = literalOf(node);
  if (literal !== undefined) return [literal];
  switch (node.kind) {
    case 'range':
      return allOf([node.low, node.high].map((end) => (end === null ? [] : boundariesOf(end))));
    case 'equalityTest':
      return boundariesOf(node.operand);
    case 'list':
      return allOf(node.items.map(boundariesOf));
    default:
      return null;
  }
}

function allOf(parts: readonly (readonly Key[] | null)[]): readonly Key[] | null {
  return parts.every((part) => part !== null) ? parts.flat() : null;
}

function literalOf(node: SyntaxNode): Key | undefined {
  if (node.kind === 'negate') {
    const operand = literalOf(node.operand);
    return typeof operand === 'number' ? -operand : undefined;
  }
  return node.kind === 'literal' && isKey(node.value) ? node.value : undefined;
}

export function isKey(value: unknown): value is Key {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
