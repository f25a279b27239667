import type { Node } from './ast.js';
import type { Cursor } from './cursor.js';
import type { NameScope } from './names.js';

/** What the parts of the parser call each other by. */
export interface Grammar {
  readonly cursor: Cursor;
  readonly names: NameScope;
  /** A whole expression. */
  expression(): Node;
  /** An operand of a comparison: arithmetic and tighter. */
  sum(): Node;
  /** An end of a range, in which `[` closes rather than filters. */
  endpoint(): Node;
  /** One positive unary test: a comparison without its left side, a range, or an expression. */
  test(): Node;
}
