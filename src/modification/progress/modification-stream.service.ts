import { Injectable, type MessageEvent } from '@nestjs/common';
import type { Observable } from 'rxjs';

import { Database } from '#persistence';
import { EventStreams } from '#platform/streams';

import { findModification, type ModificationRow } from '../modification.queries.js';
import { movesOf } from '../modification-answer.js';
import { countCandidates } from '../moves/candidates.js';
import { directionOf } from '../moves/move-batches.service.js';
import type { ProgressView } from './progress.dto.js';

const MOST_WAITING = 10_000;

/**
 * How far a modification is, as server-sent events: where it stands now, and again whenever that has changed, until
 * nothing more will happen to it by itself. An event's id is the state that it tells of: a reader who comes again with
 * it hears only of another.
 */
@Injectable()
export class ModificationStream {
  constructor(
    private readonly database: Database,
    private readonly streams: EventStreams,
  ) {}

  /** @param seen the id of the last event that the reader has got */
  open(modification_id: string, seen: string | undefined): Observable<MessageEvent> {
    let last = seen;
    return this.streams.stream(async () => {
      const { read } = this.database;
      const [row] = await findModification(read, [modification_id]);
      if (!row) return { events: [], more: false, ended: true };
      const ended = isOver(row);
      const id = stateOf(row);
      if (id === last) return { events: [], more: false, ended };
      last = id;
      const waiting = isMoving(row) ? await countCandidates(read, row, MOST_WAITING) : 0;
      const event = { id, type: 'progress', data: progressOf(row, waiting) };
      return { events: [event], more: false, ended };
    });
  }
}

function progressOf(row: ModificationRow, waiting: number): ProgressView {
  const { canary } = row;
  return {
    modification_id: row.modification_id,
    status: row.status,
    approval_status: row.approval_status,
    moves: {
      status: row.move_status,
      round: row.move_round,
      direction: directionOf(row),
      ...movesOf(row),
      waiting,
    },
    canary: canary && {
      status: canary.status,
      stage: canary.stage,
      percentage: row.canary_percentage,
    },
    rollback_status: row.rollback_status,
  };
}

/** All that `progressOf` tells, in a line. */
function stateOf(row: ModificationRow): string {
  const { canary, move_round } = row;
  const { moved, moved_back, left_out, failed } = movesOf(row);
  return [
    ...[row.status, row.approval_status, row.move_status, row.rollback_status],
    ...[move_round, moved, moved_back, left_out, failed],
    ...[canary?.status, canary?.stage],
  ]
    .map((part) => part ?? '')
    .join('.');
}

function isMoving({ move_status }: ModificationRow): boolean {
  return move_status === 'in_progress' || move_status === 'paused';
}

/** Nothing moves, and nothing is still to come by itself. */
function isOver(row: ModificationRow): boolean {
  switch (row.status) {
    case 'pending_analysis':
    case 'pending_approval':
    case 'approved':
      return false;
    case 'rejected':
    case 'failed':
      return true;
    case 'applied':
    case 'rolled_back':
      return !isMoving(row) && row.rollback_status !== 'scheduled';
  }
}
