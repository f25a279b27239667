import { statement } from '#persistence';

import { CANARY_PLACE } from '../canary/canary.queries.js';

/** An instance to be moved, and between which versions. */
export interface Candidate {
  instance_id: string;
  from_version: number;
  to_version: number;
}

/**
 * Before every instance. In place of a null: with `$2 is null or …` the index is not entered at the cursor, and each
 * batch reads all that were moved before it.
 */
export const NO_INSTANCE = '00000000-0000-0000-0000-000000000000';

type CandidatesOf = [modification_id: string, after_instance_id: string, limit: number];
type BypassOf = [
  ...CandidatesOf,
  step_ids: readonly string[],
  workflow_instance_ids: readonly string[] | null,
];

/** Known before any instance is read, so that an index in the order of ids can be entered by it. */
const WORKFLOW = `(select workflow_id from runtime_modifications where modification_id = $1)`;

/**
 * In the order of ids: one that has to wait is passed by until the next round through all. What has been moved is looked
 * up one by one: as a join, the planner takes it for all there is, and reads and sorts all instances for the few that it
 * believes to be left; as "exists", it reads all that was moved into a hash, for each batch (38,000 had been: 78 ms, and 1.6 so).
 */
const candidates = (columns: string, of: string): string =>
  ['running', 'suspended']
    .map(
      (status) => `(
   select w.instance_id, w.version_number as from_version, ${columns}
   from runtime_modifications m
   join workflow_instances w on w.workflow_id = ${WORKFLOW} and w.status = '${status}'
   ${of}
     and w.instance_id > $2
     and (
       select v.instance_id from modification_moves v
       where v.modification_id = m.modification_id and v.round = m.move_round and v.instance_id = w.instance_id
       limit 1) is null
   order by w.instance_id
   limit $3)`,
    )
    .join(' union all ') + ' order by instance_id limit $3';

interface Count {
  waiting: number;
}

const counting = (found: string): string => `select count(*)::int as waiting from (${found}) c`;

/** Open instances on earlier versions; while the change is tried, its share of them. */
const FORWARD = candidates(
  'm.to_version',
  `where m.modification_id = $1 and w.version_number < m.to_version
     and (m.canary_percentage is null or ${CANARY_PLACE} < m.canary_percentage * 100)`,
);
export const findForward = statement<Candidate, CandidatesOf>('find_forward_candidates', FORWARD);
export const countForward = statement<Count, CandidatesOf>(
  'count_forward_candidates',
  counting(FORWARD),
);

/** Open instances on the version that is taken back; those that were moved to it return to where they came from. */
const BACK = candidates(
  'coalesce(f.from_version, m.from_version) as to_version',
  `left join modification_moves f on f.modification_id = m.modification_id and f.round = m.move_round - 1
     and f.instance_id = w.instance_id and f.outcome = 'moved'
   where m.modification_id = $1 and w.version_number = m.to_version`,
);
export const findBack = statement<Candidate, CandidatesOf>('find_back_candidates', BACK);
export const countBack = statement<Count, CandidatesOf>('count_back_candidates', counting(BACK));

/** Open instances that the round before took back from the version, there where it took them. */
const AGAIN = candidates(
  'm.to_version',
  `join modification_moves f on f.modification_id = m.modification_id and f.round = m.move_round - 1
     and f.instance_id = w.instance_id and f.outcome = 'moved' and f.to_version = w.version_number
   where m.modification_id = $1`,
);
export const findAgain = statement<Candidate, CandidatesOf>('find_again_candidates', AGAIN);
export const countAgain = statement<Count, CandidatesOf>('count_again_candidates', counting(AGAIN));

/** Open instances that stood at a bypassed step when the bypass was applied, and still do. */
const BYPASS = candidates(
  'w.version_number as to_version',
  `where m.modification_id = $1 and w.current_step_id = any($4)
     and ($5::text[] is null or w.workflow_instance_id = any($5))
     and exists (
       select from step_executions s
       where s.instance_id = w.instance_id and s.step_id = w.current_step_id
         and (s.status in ('ready', 'running', 'waiting')
           or w.current_step -> 'awaiting' -> 'step_ended' = 'true'::jsonb)
         and s.entered_at <= m.execution_timestamp)`,
);
export const findBypass = statement<Candidate, BypassOf>('find_bypass_candidates', BYPASS);
export const countBypass = statement<Count, BypassOf>('count_bypass_candidates', counting(BYPASS));
