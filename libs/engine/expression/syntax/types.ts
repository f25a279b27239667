import type { TypeNode } from './ast.js';
import type { Cursor } from './cursor.js';
import { isReserved, limitWords, normalise, parseBinding } from './names.js';

const SPACED_TYPES = ['date and time', 'years and months duration', 'days and time duration'];

/** A type as `instance of` and parameters write it (DMN 1.5 rules 52-54). */
export function parseType(cursor: Cursor): TypeNode {
  return cursor.nest(() => {
    const { start } = cursor.token;
    const name = parseTypeName(cursor);
    if (name === 'function') {
      const parameters: TypeNode[] = [];
      // Without parameters and result, any function.
      if (!cursor.accept('<')) return { kind: 'named', name };
      while (!cursor.is('>')) {
        if (parameters.length > 0) cursor.expect(',');
        parameters.push(parseType(cursor));
      }
      cursor.expect('>');
      cursor.expect('->');
      return { kind: 'function', parameters, result: parseType(cursor) };
    }
    if (name === 'context' && cursor.accept('<')) {
      const entries: { name: string; type: TypeNode }[] = [];
      do {
        const entry = parseBinding(cursor);
        cursor.expect(':');
        entries.push({ name: entry, type: parseType(cursor) });
      } while (cursor.accept(','));
      cursor.expect('>');
      return { kind: 'context', entries };
    }
    if ((name === 'list' || name === 'range') && cursor.accept('<')) {
      const element = parseType(cursor);
      cursor.expect('>');
      return { kind: name, element };
    }
    if (start === cursor.token.start) throw cursor.error(['a type']);
    return { kind: 'named', name };
  });
}

function parseTypeName(cursor: Cursor): string {
  const { source, token } = cursor;
  if (token.kind !== 'word') throw cursor.error(['a type']);
  for (const name of SPACED_TYPES) {
    const pattern = new RegExp(`${name.replaceAll(' ', '\\s+')}(?![A-Za-z0-9_])`, 'y');
    pattern.lastIndex = token.start;
    if (pattern.test(source)) {
      cursor.moveTo(pattern.lastIndex);
      return name;
    }
  }
  let { end } = cursor.advance();
  // A type of several words, or a dotted one of an imported model.
  for (let words = 1; ; words++) {
    limitWords(cursor, words);
    if (cursor.token.kind === 'word' && !isReserved(cursor.token.text)) end = cursor.advance().end;
    else if (cursor.is('.') && cursor.after(cursor.token).kind === 'word')
      end = cursor.advance().end;
    else return normalise(source.slice(token.start, end));
  }
}
