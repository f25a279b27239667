import { LruCache } from './cache.js';
import { CompiledExpression } from './expression.js';
import type { CompileOptions } from './expression.js';

/** A compiled expression takes some 200 bytes for each character: 100 MB of them at the worst. */
const CACHED = 10_000;
const CACHED_CHARACTERS = 500_000;
const cache = new LruCache<CompiledExpression>(CACHED, CACHED_CHARACTERS);

/**
 * The expression that `source` is, in FEEL (OMG DMN 1.5, chapter 10) with single-quoted strings beside the
 * double-quoted ones. Its meaning depends on `source` and `options` alone. Cached by both.
 *
 * Throws {@link ExpressionSyntaxError} with the place and what was expected, and {@link ExpressionLimitError}.
 */
export function compile(source: string, options: CompileOptions = {}): CompiledExpression {
  const kind = options.kind ?? 'expression';
  const key =
    options.limits || options.names
      ? `${kind}\0${JSON.stringify([options.limits, options.names])}\0${source}`
      : `${kind}\0\0${source}`;
  return cache.get(key, () => new CompiledExpression(source, kind, options));
}
