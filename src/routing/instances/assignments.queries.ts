import { statement } from '#persistence';

export interface CommentRow {
  sequence: number;
  step_id: string;
  entry: number;
  author: string;
  comment: string;
  created_at: Date;
}

/** On one step, oldest first. */
export const listComments = statement<
  CommentRow,
  [instance_id: string, step_id: string, after_sequence: number, limit: number]
>(
  'list_step_comments',
  `select sequence, step_id, (payload ->> 'entry')::int as entry, payload ->> 'author' as author,
     payload ->> 'comment' as comment, occurred_at as created_at
   from instance_events
   where instance_id = $1 and step_id = $2 and event_type = 'step_commented' and sequence > $3
   order by sequence
   limit $4`,
);
