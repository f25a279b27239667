/** SQL: whether it can be told yet how the decision `d` of the instance `i` turned out. */
export const JUDGED = `coalesce(d.person_choice <> 'pending', i.ended_at is not null)`;

/**
 * SQL: whether it turned out well. Where a person chose, whether they confirmed it; else whether the ended instance
 * completed, not rejected, in time, and not sent back after the decision to its step or to one before it.
 */
export const WENT_WELL = `case when d.person_choice is not null then d.person_choice = 'confirmed' else (
  i.status = 'completed' and i.outcome is distinct from 'rejected'
  and (i.due_at is null or i.ended_at <= i.due_at)
  and not exists (
    select from instance_events e
    join step_configurations s
      on s.workflow_id = d.workflow_id and s.version_number = d.version_number and s.step_id = e.step_id
    join step_configurations own
      on own.workflow_id = d.workflow_id and own.version_number = d.version_number and own.step_id = d.current_step_id
    where e.instance_id = d.instance_id and e.sequence > d.instance_sequence and e.event_type = 'step_entered'
      and (e.payload ->> 'entry')::int > 1 and s.order_sequence <= own.order_sequence)) end`;
