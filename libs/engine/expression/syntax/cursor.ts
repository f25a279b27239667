import { ExpressionLimitError, ExpressionSyntaxError, positionAt } from '../errors.js';
import type { Limits } from '../errors.js';
import type { Node, NodeShape } from './ast.js';
import { tokenAt, wrongSpelling, wrongSpellingError } from './lexer.js';
import type { Token, TokenKind } from './lexer.js';

/** Where the parser stands in the source, with one token seen ahead. */
export class Cursor {
  token: Token;
  /** End of the last consumed token. */
  end = 0;
  private nested = 0;

  constructor(
    readonly source: string,
    readonly limits: Limits,
  ) {
    this.token = tokenAt(source, 0);
  }

  advance(): Token {
    const consumed = this.token;
    this.end = consumed.end;
    this.token = tokenAt(this.source, consumed.end);
    return consumed;
  }

  /** Continue at `offset`, everything before it being consumed. */
  moveTo(offset: number): void {
    this.end = offset;
    this.token = tokenAt(this.source, offset);
  }

  is(text: string): boolean {
    const { kind } = this.token;
    return (kind === 'symbol' || kind === 'word') && this.token.text === text;
  }

  at(kind: TokenKind): boolean {
    return this.token.kind === kind;
  }

  accept(text: string): boolean {
    if (!this.is(text)) return false;
    this.advance();
    return true;
  }

  expect(text: string): void {
    if (!this.accept(text)) throw this.error([text]);
  }

  after(token: Token): Token {
    return tokenAt(this.source, token.end);
  }

  error(expected: string[], hint?: string): ExpressionSyntaxError {
    const { kind, start, end } = this.token;
    // `<>` starts with a FEEL operator, so the fault shows only at its second character.
    const wrong = kind === 'symbol' ? wrongSpelling(this.source, start - 1) : null;
    if (wrong?.text === '<>') return wrongSpellingError(this.source, start - 1, wrong);
    const found =
      kind === 'end'
        ? 'the end of the expression'
        : `"${this.source.slice(start, Math.min(end, start + 40))}"`;
    return new ExpressionSyntaxError(positionAt(this.source, start), expected, found, hint);
  }

  /** Runs `parse` one level deeper, refusing before the stack could overflow. */
  nest<T>(parse: () => T): T {
    if (++this.nested > this.limits.nesting) {
      throw new ExpressionLimitError('nesting', this.limits.nesting);
    }
    const result = parse();
    this.nested--;
    return result;
  }

  /** `shape` as a node from `start` to the last consumed token, `below` being its highest child. */
  node(start: number, shape: NodeShape, children: readonly (Node | null)[] = []): Node {
    let height = 0;
    for (const child of children) if (child && child.height > height) height = child.height;
    if (++height > this.limits.treeHeight) {
      throw new ExpressionLimitError('treeHeight', this.limits.treeHeight);
    }
    // The shape is the caller's own literal: completing it takes a fifth of what copying it would.
    const node = shape as Node;
    node.start = start;
    node.end = this.end;
    node.height = height;
    return node;
  }
}
