import { statement } from '#persistence';
import { WENT_WELL } from '#runtime';

/**
 * Counts up to `$1` decisions that are not counted yet, in the transaction that marks them: a process that dies loses
 * none and counts none twice. Rules by what their conditions came to, stored rules and trees by their use.
 */
export const countDecisions = statement<{ decisions: number }, [limit: number]>(
  'count_decisions',
  `with taken as (
     update routing_analytics set counted = true
     where analytics_id in (
       select analytics_id from routing_analytics where not counted
       order by routing_timestamp limit $1 for update skip locked)
     returning workflow_id, decision_tree_used, evaluation, routing_timestamp
   ), tried as (
     select t.workflow_id, r.rule_id, r.condition_type, count(*)::int as evaluations,
       count(*) filter (where r.matched)::int as matches, max(t.routing_timestamp) as latest,
       (array_agg(r.condition_expression order by t.routing_timestamp desc))[1] as condition_expression,
       (array_agg(jsonb_build_object('origin', r.origin, 'value', r.value, 'reason', r.reason)
         order by t.routing_timestamp desc))[1] as evaluation_context
     from taken t, jsonb_to_recordset(t.evaluation -> 'rules') as r (
       rule_id text, condition_type text, condition_expression text, matched boolean, origin text, value boolean,
       reason text)
     group by t.workflow_id, r.rule_id, r.condition_type
   ), conditions as (
     insert into routing_conditions as c (
       condition_id, workflow_id, rule_id, condition_type, condition_expression, evaluation_context, last_evaluated,
       evaluation_count, success_rate)
     select gen_random_uuid(), workflow_id, rule_id, condition_type, condition_expression, evaluation_context, latest,
       evaluations, matches::float8 / evaluations
     from tried order by workflow_id, rule_id, condition_type
     on conflict (workflow_id, rule_id, condition_type) do update set
       condition_expression = excluded.condition_expression,
       evaluation_context = excluded.evaluation_context,
       last_evaluated = greatest(c.last_evaluated, excluded.last_evaluated),
       success_rate = (coalesce(c.success_rate, 0) * c.evaluation_count
           + excluded.success_rate * excluded.evaluation_count)
         / (c.evaluation_count + excluded.evaluation_count),
       evaluation_count = c.evaluation_count + excluded.evaluation_count
   ), rules as (
     update business_rules b set last_used = greatest(b.last_used, u.latest)
     from (select (evaluation ->> 'rule_version')::uuid as business_rule_id, max(routing_timestamp) as latest
           from taken where evaluation ->> 'rule_version' is not null group by 1) u
     where b.business_rule_id = u.business_rule_id
   ), trees as (
     update decision_trees d set usage_count = d.usage_count + u.uses
     from (select decision_tree_used as tree_id, (evaluation ->> 'tree_version')::int as version_number,
             count(*)::int as uses
           from taken where decision_tree_used is not null group by 1, 2) u
     where d.tree_id = u.tree_id and d.version_number = u.version_number
   )
   select count(*)::int as decisions from taken`,
);

/**
 * Notes of up to `$1` decisions of which a person chose otherwise or not, and of as many whose instance ended in the
 * last `$2` seconds, whether they turned out well, and counts that for what decided and for like decisions.
 */
export const judgeDecisions = statement<
  { decisions: number },
  [limit: number, ended_within_seconds: number]
>(
  'judge_decisions',
  `with chosen as (
     select analytics_id from routing_analytics
     where went_well is null and chosen_at is not null
     limit $1 for update skip locked
   ), ended as (
     select u.analytics_id from routing_analytics u join workflow_instances e using (instance_id)
     where u.went_well is null and u.person_choice is null and e.ended_at > now() - $2 * interval '1 second'
     limit $1 for update of u skip locked
   ), judged as (
     update routing_analytics d
     set went_well = ${WENT_WELL}
     from workflow_instances i
     where i.instance_id = d.instance_id and d.analytics_id in (
       select analytics_id from chosen union all select analytics_id from ended)
     returning d.workflow_id, d.decided_by, d.decided_by_id, d.decision_tree_used, d.decision_table_used,
       d.routing_action, d.target_step_id, d.went_well, d.evaluation
   ), rules as (
     update business_rules b set
       success_count = b.success_count + r.good, failure_count = b.failure_count + r.bad
     from (select (evaluation ->> 'rule_version')::uuid as business_rule_id,
             count(*) filter (where went_well)::int as good, count(*) filter (where not went_well)::int as bad
           from judged where evaluation ->> 'rule_version' is not null group by 1) r
     where b.business_rule_id = r.business_rule_id
   ), trees as (
     update decision_trees d set
       good_count = d.good_count + t.good, judged_count = d.judged_count + t.total,
       accuracy_score = (d.good_count + t.good)::float8 / (d.judged_count + t.total)
     from (select decision_tree_used as tree_id, (evaluation ->> 'tree_version')::int as version_number,
             count(*) filter (where went_well)::int as good, count(*)::int as total
           from judged where decided_by = 'tree' group by 1, 2) t
     where d.tree_id = t.tree_id and d.version_number = t.version_number
   ), evidence as (
     insert into decision_evidence as e (
       evidence_id, workflow_id, decided_by, decided_by_id, used, target_step_id, labelled_cases, good_cases)
     select gen_random_uuid(), workflow_id, decided_by, decided_by_id,
       case decided_by when 'table' then decision_table_used else decision_tree_used end as used, target_step_id,
       count(*)::int, (count(*) filter (where went_well))::int
     from judged where decided_by is not null and routing_action <> 'reject' and went_well is not null
     group by workflow_id, decided_by, decided_by_id, used, target_step_id
     order by workflow_id, decided_by, decided_by_id, used, target_step_id
     on conflict (workflow_id, decided_by, decided_by_id, used, target_step_id) do update set
       labelled_cases = e.labelled_cases + excluded.labelled_cases, good_cases = e.good_cases + excluded.good_cases
   )
   select count(*)::int as decisions from judged`,
);
