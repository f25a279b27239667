import type { DecisionModel } from '#engine/routing';
import { statement } from '#persistence';

import { JUDGED, WENT_WELL } from './judgement.js';

export interface OutcomeRow {
  good: number;
  total: number;
  /** Like decisions, those included of which it cannot be told yet. */
  looked_at: number;
  /** Null: none does better than the share. */
  model: StoredModel | null;
}

export interface StoredModel extends DecisionModel {
  model_id: string;
}

/** How many like decisions are looked at: the latest, since what was right years ago may not be now. */
const LATEST = 1_000;

const likeOutcomes = (key: {
  workflow_id: string;
  decided_by: string;
  decided_by_id: string;
  used: string;
  target: string;
}): string =>
  `select count(*) filter (
            where ${JUDGED} and case when d.went_well is null then ${WENT_WELL} else d.went_well end)::int as good,
          count(*) filter (where ${JUDGED})::int as total,
          count(*)::int as looked_at,
          (select learnt.model || jsonb_build_object('model_id', learnt.model_id)
           from decision_models learnt
           where learnt.is_current and learnt.is_better and learnt.workflow_id = ${key.workflow_id}
             and learnt.decided_by = ${key.decided_by} and learnt.decided_by_id = ${key.decided_by_id}
             and learnt.used is not distinct from ${key.used} and learnt.target_step_id ${key.target}) as model
   from (
     select workflow_id, version_number, instance_id, instance_sequence, current_step_id, went_well, person_choice
     from routing_analytics
     where workflow_id = ${key.workflow_id} and decided_by = ${key.decided_by}
       and decided_by_id = ${key.decided_by_id} and target_step_id ${key.target}
       and case decided_by when 'table' then decision_table_used else decision_tree_used end
         is not distinct from ${key.used}
     order by routing_timestamp desc
     limit ${LATEST}
   ) d
   join workflow_instances i using (instance_id)`;

type Like = [
  workflow_id: string,
  decided_by: string,
  decided_by_id: string,
  tree_or_table_used: string | null,
];

const ONE = { workflow_id: '$1', decided_by: '$2', decided_by_id: '$3', used: '$4' };

/** What became of like decisions: same rule, leaf or step in order, and same target. */
export const countLikeOutcomes = statement<OutcomeRow, [...Like, target_step_id: string]>(
  'count_like_outcomes',
  likeOutcomes({ ...ONE, target: '= $5' }),
);
export const countLikeOutcomesWithoutTarget = statement<OutcomeRow, Like>(
  'count_like_outcomes_without_target',
  likeOutcomes({ ...ONE, target: 'is null' }),
);

/** The same for moves of one workflow as a JSON list, in its order; each has its `position` and a target. */
export const countOutcomesOfMoves = statement<OutcomeRow, [workflow_id: string, moves: string]>(
  'count_outcomes_of_moves',
  `select counted.*
   from jsonb_to_recordset($2::jsonb) as m (
     decided_by text, decided_by_id text, tree_id text, target_step_id text, position int)
   cross join lateral (${likeOutcomes({
     workflow_id: '$1',
     decided_by: 'm.decided_by',
     decided_by_id: 'm.decided_by_id',
     used: 'm.tree_id',
     target: '= m.target_step_id',
   })}) counted
   order by m.position`,
);
