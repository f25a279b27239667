import { statement } from '#persistence';

const IS_LATE = `m.review_due_at < now() and m.reviewed_at is null
  and not exists (
    select from notifications n
    where n.modification_id = m.modification_id and n.kind = 'review_overdue')`;

/** Emergencies that were to be reviewed by now, of which nobody has been told yet. */
export const findLateReviews = statement<{ modification_id: string }, [limit: number]>(
  'find_late_reviews',
  `select m.modification_id from runtime_modifications m
   where ${IS_LATE}
   order by m.review_due_at
   limit $1`,
);

/** No row: it is none of those, or not any more. */
export const isReviewLate = statement<object, [modification_id: string]>(
  'is_review_late',
  `select from runtime_modifications m where m.modification_id = $1 and ${IS_LATE}`,
);
