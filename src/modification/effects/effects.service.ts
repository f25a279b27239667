import { Injectable } from '@nestjs/common';

import { Database } from '#persistence';
import { decodeCursor, pageOf, type PageQuery } from '#platform/http';

import { notFound } from '../modification.errors.js';
import { findModification } from '../modification.queries.js';
import type { EffectPage, EffectView } from './effects.dto.js';
import { countEffects, type EffectRow, listEffects } from './effects.queries.js';

/** What was done outside in the time that a roll-back takes back, or would. */
@Injectable()
export class TakenBackEffects {
  constructor(private readonly database: Database) {}

  /** @throws DomainError modification_not_found */
  async list(modification_id: string, { limit, cursor }: PageQuery): Promise<EffectPage> {
    const { read } = this.database;
    const [found] = await findModification(read, [modification_id]);
    if (!found) throw notFound(modification_id);
    const [instance, task] =
      cursor === undefined ? [null, null] : decodeCursor(cursor, ['uuid', 'uuid']);
    const rows = await listEffects(read, [modification_id, instance, task, limit + 1]);
    const [counts] = await countEffects(read, [modification_id]);
    if (!counts) throw new Error('An aggregate without groups gave no row.');
    const page = pageOf(rows, limit, (row) => [row.instance_id, row.task_execution_id], effectOf);
    return { ...page, counts };
  }
}

function effectOf({ instance_id: _, ...row }: EffectRow): EffectView {
  return {
    ...row,
    started_at: row.started_at.toISOString(),
    ended_at: row.ended_at?.toISOString() ?? null,
    taken_back_at: row.taken_back_at?.toISOString() ?? null,
  };
}
