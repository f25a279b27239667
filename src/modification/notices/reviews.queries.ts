import { statement } from '#persistence';

/** Emergencies that were to be reviewed by now, of which nobody has been told yet. */
export const findLateReviews = statement<{ modification_id: string }, [limit: number]>(
  'find_late_reviews',
  `select m.modification_id from runtime_modifications m
   where m.review_due_at < now() and m.reviewed_at is null
     and not exists (
       select from notifications n
       where n.modification_id = m.modification_id and n.kind = 'review_overdue')
   order by m.review_due_at
   limit $1`,
);
