import { type Budget, compile, type CompiledExpression, type SyntaxNode } from '#engine/expression';

/** A value at which a cell's answer may change, and by which a column is divided. */
export type Key = string | number | boolean;

/** One cell of an input column, made ready. */
export interface Cell {
  test: CompiledExpression;
  /** It is `-`: every value passes. */
  isAny: boolean;
  /** Literals at which the answer may change: ends of ranges and values compared with. Null: it cannot be told. */
  boundaries: readonly Key[] | null;
}

/** @throws ExpressionSyntaxError, ExpressionLimitError */
export function compileCell(source: string): Cell {
  const test = compile(source, { kind: 'unaryTests' });
  const root = test.syntax;
  const tests = root.kind === 'unaryTests' ? root.tests : [root];
  return { test, isAny: tests.length === 0, boundaries: allOf(tests.map(boundariesOf)) };
}

/** Whether a value passes a cell. */
export function passes(
  cell: Cell,
  input: unknown,
  context: object,
  options: { now: number; budget?: Budget },
): boolean {
  if (cell.isAny) return true;
  // looking at it is work as well, however little there is to evaluate
  options.budget?.spend(1);
  return cell.test.test(context, { ...options, input }).matched;
}

function boundariesOf(node: SyntaxNode): readonly Key[] | null {
  const literal = literalOf(node);
  if (literal !== undefined) return [literal];
  switch (node.kind) {
    case 'range':
      return allOf([node.low, node.high].map((end) => (end === null ? [] : endOf(end))));
    case 'equalityTest':
      return boundariesOf(node.operand);
    case 'list':
      return allOf(node.items.map(boundariesOf));
    default:
      return null;
  }
}

/** Texts in a range are more than its ends, and are not told apart one by one. */
function endOf(node: SyntaxNode): readonly Key[] | null {
  const literal = literalOf(node);
  return typeof literal === 'number' ? [literal] : null;
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

function isKey(value: unknown): value is Key {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
