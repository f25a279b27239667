import type { Node } from './ast.js';
import type { Cursor } from './cursor.js';
import type { Grammar } from './grammar.js';
import { isReserved, parseBinding, parseName } from './names.js';

/**
 * In the end of a range `[` filters only where it is closed again right before the range is, and something that
 * can start an expression comes first.
 */
const FILTER_IN_ENDPOINT =
  /\[(?!\s*(?:(?:and|or|then|else|return|satisfies|in|between)\b|[,=<>*/+.:}]))[^[\]()]{1,200}\]\s*[\])[]/y;

/** The paths, filters and calls that follow `target`. */
export function parsePostfix(
  grammar: Grammar,
  target: Node,
  start: number,
  inEndpoint: boolean,
): Node {
  const { cursor } = grammar;
  for (;;) {
    if (cursor.is('.')) target = parsePath(grammar, target, start);
    else if (cursor.is('[') && !(inEndpoint && isRangeEnd(cursor, target))) {
      target = parseFilter(grammar, target, start);
    } else if (cursor.is('(') && isCallable(target)) target = parseCall(grammar, target, start);
    else return target;
  }
}

function parsePath({ cursor, names }: Grammar, target: Node, start: number): Node {
  cursor.advance();
  if (!cursor.at('word')) throw cursor.error(['a name']);
  const name = isReserved(cursor.token.text) ? cursor.advance().text : parseName(cursor, names);
  return cursor.node(start, { kind: 'path', target, name }, [target]);
}

/** Whether `[` ends the range (`[1..5[`) rather than filters its end (`[1..n[1]]`). */
function isRangeEnd({ source, token }: Cursor, target: Node): boolean {
  if (target.kind === 'literal') return true;
  FILTER_IN_ENDPOINT.lastIndex = token.start;
  return !FILTER_IN_ENDPOINT.test(source);
}

function parseFilter(grammar: Grammar, target: Node, start: number): Node {
  const { cursor } = grammar;
  cursor.advance();
  const condition = grammar.expression();
  cursor.expect(']');
  return cursor.node(start, { kind: 'filter', target, condition }, [target, condition]);
}

function isCallable(target: Node): boolean {
  return target.kind !== 'literal' && target.kind !== 'list';
}

/** Arguments are all named or none is. */
function parseCall(grammar: Grammar, callee: Node, start: number): Node {
  const { cursor } = grammar;
  cursor.advance();
  const args: Node[] = [];
  const names: string[] = [];
  while (!cursor.is(')')) {
    if (args.length > 0) cursor.expect(',');
    if (args.length === names.length && atNamedArgument(cursor)) {
      names.push(parseBinding(cursor));
      cursor.expect(':');
    } else if (names.length > 0) throw cursor.error(['a named argument']);
    args.push(grammar.expression());
  }
  cursor.expect(')');
  const named = names.length > 0 ? names : null;
  return cursor.node(start, { kind: 'call', callee, args, names: named }, [callee, ...args]);
}

function atNamedArgument({ source, token }: Cursor): boolean {
  if (token.kind !== 'word') return false;
  const end = source.slice(token.start, token.start + 400).search(/[^\p{L}\p{N}\p{M}\s_'.+*/-]/u);
  return end > 0 && source[token.start + end] === ':';
}
