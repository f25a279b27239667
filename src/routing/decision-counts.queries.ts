import { statement } from '#persistence';

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
     returning workflow_id, decided_by, decided_by_id, decision_tree_used, evaluation, routing_timestamp
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
   ), used as (
     select t.workflow_id, t.decided_by_id as rule_id, max(t.routing_timestamp) as latest
     from taken t where t.decided_by = 'rule' group by 1, 2
   ), rules as (
     update business_rules b set last_used = greatest(b.last_used, u.latest)
     from used u
     where b.rule_id = u.rule_id and b.is_active
       and (b.workflow_id = u.workflow_id or b.workflow_id is null and not exists (
         select from business_rules own
         where own.rule_id = u.rule_id and own.workflow_id = u.workflow_id and own.is_active))
   ), trees as (
     update decision_trees d set usage_count = d.usage_count + u.uses
     from (select decision_tree_used, count(*)::int as uses from taken
           where decision_tree_used is not null group by 1) u
     where d.tree_id = u.decision_tree_used and d.is_active
   )
   select count(*)::int as decisions from taken`,
);

/** Notes of up to `$1` decisions whose instance has ended whether it went well, and counts that for what decided. */
export const judgeDecisions = statement<{ decisions: number }, [limit: number]>(
  'judge_decisions',
  `with judged as (
     update routing_analytics d
     set went_well = i.status = 'completed' and i.outcome is distinct from 'rejected'
     from workflow_instances i
     where i.instance_id = d.instance_id and d.analytics_id in (
       select u.analytics_id from routing_analytics u join workflow_instances e using (instance_id)
       where u.went_well is null and e.ended_at is not null
       limit $1 for update of u skip locked)
     returning d.workflow_id, d.decided_by, d.decided_by_id, d.decision_tree_used, d.went_well, d.evaluation
   ), by_rule as (
     select workflow_id, decided_by_id as rule_id,
       count(*) filter (where went_well)::int as good, count(*) filter (where not went_well)::int as bad
     from judged where decided_by = 'rule' group by 1, 2
   ), rules as (
     update business_rules b set
       success_count = b.success_count + r.good, failure_count = b.failure_count + r.bad
     from (
       -- rules for all workflows gather from several
       select owner.business_rule_id, sum(by_rule.good)::int as good, sum(by_rule.bad)::int as bad
       from by_rule
       cross join lateral (
         select business_rule_id from business_rules
         where rule_id = by_rule.rule_id and is_active
           and (workflow_id = by_rule.workflow_id or workflow_id is null)
         order by workflow_id nulls last limit 1) owner
       group by 1) r
     where b.business_rule_id = r.business_rule_id
   ), by_tree as (
     select decision_tree_used as tree_id, count(*) filter (where went_well)::float8 as good, count(*) as total
     from judged where decided_by = 'tree' group by 1
   ), earlier as (
     select t.tree_id, t.good, t.total,
       (select count(*) from routing_analytics a
         where a.decision_tree_used = t.tree_id and a.went_well and a.decided_by = 'tree') as good_before,
       (select count(*) from routing_analytics a
         where a.decision_tree_used = t.tree_id and a.went_well is not null and a.decided_by = 'tree') as total_before
     from by_tree t
   ), trees as (
     update decision_trees d
     set accuracy_score = (e.good + e.good_before) / (e.total + e.total_before)
     from earlier e where d.tree_id = e.tree_id and d.is_active
   )
   select count(*)::int as decisions from judged`,
);
