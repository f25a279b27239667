import { statement } from '#persistence';

import type { PositionSample } from './rehearsal.js';

const OPEN = `w.workflow_id = $1 and w.status in ('running', 'suspended')`;

const INSTANCE = `
  w.workflow_instance_id, w.version_number, w.status, w.data, w.current_step, w.step_entries, w.total_entries,
  w.started_at`;

/** A position that open instances are in is told apart by all that decides how they go on. */
const POSITION_KEY = `
  w.version_number, w.current_step_id, jsonb_path_query_array(w.current_step, '$.levels[*].status'),
  w.current_step #> '{awaiting,step_ended}', w.current_step #> '{awaiting,target_step_id}',
  (select array_agg(e.key order by e.key) from jsonb_each(w.step_entries) e where e.value::int > 0)`;

/** One open instance of each position, those with the most instances first. */
export const readPositionSamples = statement<PositionSample, [workflow_id: string, limit: number]>(
  'read_position_samples',
  `with position as (
     select count(*)::int as instances, (array_agg(w.instance_id order by w.instance_id))[1] as instance_id
     from workflow_instances w
     where ${OPEN}
     group by ${POSITION_KEY}
     order by count(*) desc, 2
     limit $2)
   select ${INSTANCE}, p.instances
   from position p
   join workflow_instances w on w.instance_id = p.instance_id
   order by p.instances desc, w.instance_id`,
);

export type OpenInstanceRow = Omit<PositionSample, 'instances'> & {
  instance_id: string;
  due_at: Date | null;
};

/** Open instances in the order of their ids: each status by its index, merged. */
export const readOpenInstances = statement<
  OpenInstanceRow,
  [workflow_id: string, after_instance_id: string | null, limit: number]
>(
  'read_open_instances',
  ['running', 'suspended']
    .map(
      (status) =>
        `(select w.instance_id, w.due_at, ${INSTANCE} from workflow_instances w
          where w.workflow_id = $1 and w.status = '${status}' and ($2::uuid is null or w.instance_id > $2)
          order by w.instance_id limit $3)`,
    )
    .join(' union all ') + ' order by instance_id limit $3',
);
