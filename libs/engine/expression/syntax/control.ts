import type { Iterator, Node, Parameter } from './ast.js';
import type { Grammar } from './grammar.js';
import { isReserved, limitWords, normalise, parseBinding } from './names.js';
import { parseType } from './types.js';

/** The control forms, by the word they start with (`if`, `for`, `some`, `every`, `function`). */
export const CONTROL_FORMS: Readonly<Record<string, (grammar: Grammar) => Node>> = {
  if: parseIf,
  for: parseFor,
  some: (grammar) => parseQuantified(grammar, false),
  every: (grammar) => parseQuantified(grammar, true),
  function: parseFunction,
};

function parseIf(grammar: Grammar): Node {
  const { cursor } = grammar;
  const { start } = cursor.advance();
  const condition = grammar.expression();
  cursor.expect('then');
  const then = grammar.expression();
  cursor.expect('else');
  const otherwise = grammar.expression();
  return cursor.node(start, { kind: 'if', condition, then, otherwise }, [
    condition,
    then,
    otherwise,
  ]);
}

function parseFor(grammar: Grammar): Node {
  const { cursor, names } = grammar;
  const { start } = cursor.advance();
  return names.within(() => {
    const iterators = parseIterators(grammar);
    cursor.expect('return');
    const body = grammar.expression();
    return cursor.node(start, { kind: 'for', iterators, body }, [...sources(iterators), body]);
  });
}

function parseQuantified(grammar: Grammar, every: boolean): Node {
  const { cursor, names } = grammar;
  const { start } = cursor.advance();
  return names.within(() => {
    const iterators = parseIterators(grammar);
    cursor.expect('satisfies');
    const condition = grammar.expression();
    return cursor.node(start, { kind: 'quantified', every, iterators, condition }, [
      ...sources(iterators),
      condition,
    ]);
  });
}

function sources(iterators: Iterator[]): (Node | null)[] {
  return iterators.flatMap(({ source, to }) => [source, to]);
}

function parseIterators(grammar: Grammar): Iterator[] {
  const { cursor, names } = grammar;
  const iterators: Iterator[] = [];
  do {
    const name = parseLoopVariable(grammar);
    cursor.expect('in');
    const source = grammar.expression();
    const to = cursor.accept('..') ? grammar.expression() : null;
    iterators.push({ name, source, to });
    names.bind(name);
  } while (cursor.accept(','));
  return iterators;
}

/** Words up to the `in` that ends them. */
function parseLoopVariable({ cursor }: Grammar): string {
  const { start } = cursor.token;
  let end = start;
  let words = 0;
  while (cursor.at('word') && !isReserved(cursor.token.text)) {
    end = cursor.advance().end;
    limitWords(cursor, ++words);
    while (cursor.at('number')) end = cursor.advance().end;
  }
  if (end === start) throw cursor.error(['a name']);
  return normalise(cursor.source.slice(start, end));
}

function parseFunction(grammar: Grammar): Node {
  const { cursor, names } = grammar;
  const { start } = cursor.advance();
  cursor.expect('(');
  return names.within(() => {
    const parameters: Parameter[] = [];
    while (!cursor.is(')')) {
      if (parameters.length > 0) cursor.expect(',');
      const name = parseBinding(cursor);
      parameters.push({ name, type: cursor.accept(':') ? parseType(cursor) : null });
      names.bind(name);
    }
    cursor.expect(')');
    const external = cursor.accept('external');
    const body = grammar.expression();
    return cursor.node(start, { kind: 'function', parameters, body, external }, [body]);
  });
}
