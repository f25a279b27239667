import type { ContextEntry, Node } from './ast.js';
import type { Grammar } from './grammar.js';
import { parseBinding } from './names.js';

/** `{…}`: each key is bound for the entries after it. */
export function parseContext(grammar: Grammar): Node {
  const { cursor, names } = grammar;
  const { start } = cursor.advance();
  return names.within(() => {
    const entries: ContextEntry[] = [];
    while (!cursor.is('}')) {
      if (entries.length > 0) cursor.expect(',');
      const key = cursor.token.kind === 'string' ? cursor.advance().text : parseBinding(cursor);
      cursor.expect(':');
      // Bound first: a function may call itself by its key.
      if (key !== '') names.bind(key);
      entries.push({ key, value: grammar.expression() });
    }
    cursor.expect('}');
    return cursor.node(
      start,
      { kind: 'context', entries },
      entries.map(({ value }) => value),
    );
  });
}

/** `[…]`: a list, or a range closed at its start. */
export function parseBracketed(grammar: Grammar): Node {
  const { cursor } = grammar;
  const { start } = cursor.advance();
  const items: Node[] = [];
  if (cursor.accept('..')) return closeRange(grammar, start, null, true);
  while (!cursor.is(']')) {
    if (items.length > 0) cursor.expect(',');
    items.push(grammar.test());
    if (items.length === 1 && cursor.accept('..'))
      return closeRange(grammar, start, items[0]!, true);
  }
  cursor.expect(']');
  return cursor.node(start, { kind: 'list', items }, items);
}

/** `]a..b…`: a range open at its start, in the other notation. */
export function parseReversed(grammar: Grammar): Node {
  const { cursor } = grammar;
  const { start } = cursor.advance();
  const low = grammar.sum();
  cursor.expect('..');
  return closeRange(grammar, start, low, false);
}

/** `(…)`: a bracketed expression, or a range: `(1..5]`, `(< 5)`. */
export function parseParenthesised(grammar: Grammar): Node {
  const { cursor } = grammar;
  const { start } = cursor.advance();
  if (cursor.accept('..')) return closeRange(grammar, start, null, false);
  const inner = grammar.test();
  if (cursor.accept('..')) return closeRange(grammar, start, inner, false);
  cursor.expect(')');
  return inner;
}

/** The rest of a range after `..`; a missing high end is unbounded. */
export function closeRange(
  grammar: Grammar,
  start: number,
  low: Node | null,
  lowClosed: boolean,
): Node {
  const { cursor } = grammar;
  const high = cursor.is(')') || cursor.is(']') || cursor.is('[') ? null : grammar.endpoint();
  const highClosed = cursor.is(']');
  if (!cursor.accept(')') && !cursor.accept(']') && !cursor.accept('[')) {
    throw cursor.error([')', ']', '[']);
  }
  return cursor.node(start, { kind: 'range', low, high, lowClosed, highClosed }, [low, high]);
}
