import { type PersonChoice, statement } from '#persistence';

export interface DecisionSummaryRow {
  decision_id: string;
  workflow_id: string;
  workflow_instance_id: string;
  current_step_id: string;
  routing_action: string;
  target_step_id: string | null;
  decided_by: string;
  decided_by_id: string;
  confidence_score: number | null;
  confidence_cases: number;
  person_choice: PersonChoice | null;
  is_awaited: boolean | null;
  routing_timestamp: Date;
}

/** SQL: whether the instance `i` waits for a person to choose in the place of the decision `d`. */
export const IS_AWAITED = `i.current_step -> 'awaiting' ->> 'decision_id' = d.decision_id::text`;

const SUMMARY = `d.decision_id, d.workflow_id, d.workflow_instance_id, d.current_step_id, d.routing_action,
  d.target_step_id, d.decided_by, d.decided_by_id, d.confidence_score, d.confidence_cases, d.person_choice,
  ${IS_AWAITED} as is_awaited, d.routing_timestamp`;

type PageBefore = [before: string | null, before_id: string | null, limit: number];

const latestFirst = (which: string): string => `
  select ${SUMMARY}
  from routing_analytics d left join workflow_instances i using (instance_id)
  where ${which}
    and ($1::timestamptz is null
      or (d.routing_timestamp <= $1::timestamptz
        and (d.routing_timestamp, d.decision_id) < ($1::timestamptz, $2::uuid)))
  order by d.routing_timestamp desc, d.decision_id desc
  limit $3`;

/** Latest first. */
export const listDecisions = statement<DecisionSummaryRow, [...PageBefore, workflow_id: string]>(
  'list_decisions',
  latestFirst('d.workflow_id = $4'),
);

/** Latest first. */
export const listDecisionsOfInstance = statement<
  DecisionSummaryRow,
  [...PageBefore, workflow_id: string, workflow_instance_id: string]
>(
  'list_decisions_of_instance',
  latestFirst(`d.instance_id = (
    select instance_id from workflow_instances where workflow_id = $4 and workflow_instance_id = $5)`),
);

/** Decisions that wait for a person, the one that has waited longest first. */
export const listAwaited = statement<
  DecisionSummaryRow,
  [workflow_id: string | null, after_id: string | null, limit: number]
>(
  'list_awaited_decisions',
  `select ${SUMMARY}
   from routing_analytics d join workflow_instances i using (instance_id)
   where d.person_choice = 'pending' and ${IS_AWAITED}
     and ($1::uuid is null or d.workflow_id = $1) and ($2::uuid is null or d.decision_id > $2)
   order by d.decision_id
   limit $3`,
);

/** No row: there is no such decision, or it was not left to a person, or one has chosen. */
export const recordChoice = statement<
  { decision_id: string },
  [
    decision_id: string,
    choice: PersonChoice,
    chosen_target_step_id: string | null,
    chosen_by: string,
    comment: string,
  ]
>(
  'record_choice',
  `update routing_analytics
   set person_choice = $2, chosen_target_step_id = $3, chosen_by = $4, choice_comment = $5, chosen_at = now()
   where decision_id = $1 and person_choice = 'pending'
   returning decision_id`,
);
