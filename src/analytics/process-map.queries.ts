import { statement } from '#persistence';

import { MINUTES, type Population, SUCCEEDED } from './analytics.queries.js';

export interface TransitionRow {
  workflow_id: string;
  /** Null: the start of the instance. */
  from_step_id: string | null;
  /** Null: its end. */
  to_step_id: string | null;
  transitions: number;
  /** From entry to entry; from the start, or to the end. */
  avg_minutes: number;
}

export interface VariantRow {
  workflow_id: string;
  /** Entered one after the other; of a longer way its begin. */
  step_ids: string[];
  entries: number;
  instances: number;
  succeeded: number;
  avg_minutes: number;
  /** All ways that were seen in this workflow, and the instances that took one. */
  ways: number;
  all_instances: number;
}

type Sampled = [...Population, limit: number];

/** The latest ended instances of each workflow among those that started in the period, at most `$4` each. */
const CASES = `cases as (
     select c.* from unnest($1::uuid[]) as w (workflow_id)
     cross join lateral (
       select i.workflow_id, i.instance_id, i.started_at, i.ended_at, ${SUCCEEDED} as succeeded
       from workflow_instances i
       where i.workflow_id = w.workflow_id and i.started_at >= $2 and i.started_at < $3 and i.ended_at is not null
       order by i.started_at desc
       limit $4
     ) c
   )`;

/**
 * Which step follows which, from the order of history (several entries may share an instant; their sequence tells). The
 * directly-follows graph of W. M. P. van der Aalst, "Process Mining" (2016), 5.2. Skipped steps are not on the way.
 */
export const readTransitions = statement<TransitionRow, Sampled>(
  'analytics_transitions',
  `with ${CASES}, entries as (
     select c.workflow_id, c.instance_id, e.sequence, e.step_id, e.occurred_at
     from cases c
     join instance_events e on e.instance_id = c.instance_id and e.event_type = 'step_entered'
     union all
     select workflow_id, instance_id, 0, null, started_at from cases
   ), ways as (
     select n.workflow_id, n.step_id as from_step_id, lead(n.step_id) over way as to_step_id,
       coalesce(lead(n.occurred_at) over way, c.ended_at) - n.occurred_at as span
     from entries n
     join cases c using (instance_id)
     window way as (partition by n.instance_id order by n.sequence)
   )
   select workflow_id, from_step_id, to_step_id, count(*)::int as transitions, avg(${MINUTES('span')}) as avg_minutes
   from ways
   group by 1, 2, 3
   order by 1, transitions desc, 2 nulls first, 3 nulls last`,
);

/** Ways through a workflow, the most frequent first: `$5` of each, with the first `$6` steps of each way. */
export const readVariants = statement<VariantRow, [...Sampled, variants: number, steps: number]>(
  'analytics_variants',
  `with ${CASES}, taken as (
     select c.workflow_id, c.succeeded, ${MINUTES('c.ended_at - c.started_at')} as minutes,
       array(
         select e.step_id::text from instance_events e
         where e.instance_id = c.instance_id and e.event_type = 'step_entered'
         order by e.sequence
       ) as way
     from cases c
   ), variants as (
     select workflow_id, way, count(*)::int as instances, (count(*) filter (where succeeded))::int as succeeded,
       avg(minutes) as avg_minutes,
       row_number() over (partition by workflow_id order by count(*) desc, way) as place,
       (count(*) over (partition by workflow_id))::int as ways,
       (sum(count(*)) over (partition by workflow_id))::int as all_instances
     from taken
     group by workflow_id, way
   )
   select workflow_id, way[1:$6] as step_ids, cardinality(way) as entries, instances, succeeded, avg_minutes, ways,
     all_instances
   from variants
   where place <= $5
   order by workflow_id, place`,
);
