import { IsOptional } from 'class-validator';
import { ValidationError } from '#engine/errors';
import { isUuid } from './params.js';
import { IsText, QueryInteger } from './validators.js';

/** One page of a list. `next_cursor` is null on the last one. */
export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

/** The query of every list. Extend it with the list's own filters. */
export class PageQuery {
  @QueryInteger(1, 200)
  limit: number = 50;

  @IsOptional()
  @IsText({ min: 1, max: 1000 })
  cursor?: string;
}

const CURSOR_KINDS = {
  text: (value: unknown): value is string => typeof value === 'string' && !value.includes('\u0000'),
  uuid: isUuid,
  time: (value: unknown): value is string =>
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) &&
    !Number.isNaN(Date.parse(value)),
  integer: (value: unknown): value is number => Number.isSafeInteger(value),
} as const;

export type CursorKind = keyof typeof CURSOR_KINDS;
export type CursorKeys<Kinds extends readonly CursorKind[]> = {
  [Index in keyof Kinds]: Kinds[Index] extends 'integer' ? number : string;
};

/** The sort keys of a page's last row, as a client carries them to the next call. */
export function encodeCursor(keys: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(keys)).toString('base64url');
}

/**
 * The sort keys of `encodeCursor`, checked to be of the given kinds so that no query sees others.
 * @throws ValidationError `cursor_invalid`
 */
export function decodeCursor<const Kinds extends readonly CursorKind[]>(
  cursor: string,
  kinds: Kinds,
): CursorKeys<Kinds> {
  const keys = parsed(cursor);
  if (keys?.length !== kinds.length || !kinds.every((kind, at) => CURSOR_KINDS[kind](keys[at]))) {
    const message =
      'The cursor does not belong to this list. Send the next_cursor of its last page, or none to begin again.';
    throw new ValidationError([{ pointer: '?cursor', code: 'cursor_invalid', message }]);
  }
  return keys as unknown as CursorKeys<Kinds>;
}

function parsed(cursor: string): unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Makes a page of `limit + 1` rows (the one too many tells that there is a next page).
 * @param keysOf the sort keys of a row, in the order that the query compares them
 */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  keysOf: (row: Row) => readonly (string | number)[],
  present: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items: shown.map(present), next_cursor: more ? encodeCursor(keysOf(last)) : null };
}
