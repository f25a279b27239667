import { type ReviewVerdict, statement } from '#persistence';

/** No row: the same person has approved it already, however they write their name. */
export const addApproval = statement<
  { approved_by: string },
  [modification_id: string, approved_by: string, comments: string]
>(
  'add_modification_approval',
  `insert into modification_approvals (modification_id, approved_by, comments)
   select $1::varchar, $2::text, $3::text
   where not exists (
     select from modification_approvals
     where modification_id = $1 and lower(trim(approved_by)) = lower(trim($2)))
   returning approved_by`,
);

export const countApprovals = statement<{ approvals: number }, [modification_id: string]>(
  'count_modification_approvals',
  'select count(*)::int as approvals from modification_approvals where modification_id = $1',
);

export const markReviewed = statement<
  { modification_id: string },
  [modification_id: string, verdict: ReviewVerdict, reviewed_by: string, comments: string]
>(
  'mark_modification_reviewed',
  `update runtime_modifications set
     review_verdict = $2, reviewed_by = $3, review_comments = $4, reviewed_at = now(), updated_at = now()
   where modification_id = $1 and review_due_at is not null and reviewed_at is null
   returning modification_id`,
);

/** Why what was to happen by itself did not. */
export const recordError = statement<never, [modification_id: string, error_message: string]>(
  'record_modification_error',
  `update runtime_modifications set error_message = $2, updated_at = now() where modification_id = $1`,
);
