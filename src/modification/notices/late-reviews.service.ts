import { Injectable } from '@nestjs/common';

import { Database } from '#persistence';

import { lockModification } from '../modification.queries.js';
import { ModificationNotices } from './modification-notices.service.js';
import { findLateReviews, isReviewLate } from './reviews.queries.js';

const BATCH = 100;

/** Emergencies that nobody has reviewed in time. */
@Injectable()
export class LateReviews {
  constructor(
    private readonly database: Database,
    private readonly notices: ModificationNotices,
  ) {}

  /** Tells of each once: that it was told is the record of it. */
  async tell(): Promise<void> {
    const late = await findLateReviews(this.database.read, [BATCH]);
    for (const { modification_id } of late) {
      await this.database.transaction(async (tx) => {
        const [row] = await lockModification(tx, [modification_id]);
        // another process may have told meanwhile
        const [stillLate] = await isReviewLate(tx, [modification_id]);
        if (!row?.review_due_at || !stillLate) return;
        await this.notices.tell(
          tx,
          row,
          'review_overdue',
          `The modification ${modification_id} passed as an emergency; it was to be reviewed until ${row.review_due_at.toISOString()}.`,
        );
      });
    }
  }
}
