import type { ConditionType, RoutingAction } from '#engine/routing';
import { statement } from '#persistence';

export interface RuleRow {
  business_rule_id: string;
  rule_id: string;
  version_number: number;
  workflow_id: string | null;
  rule_name: string;
  rule_category: string | null;
  condition_type: ConditionType;
  condition_expression: string;
  target_action: RoutingAction;
  target_step_id: string | null;
  priority: number;
  is_active: boolean;
  success_count: number;
  failure_count: number;
  last_used: Date | null;
  created_at: Date;
  metadata: Record<string, unknown>;
}

const RULE = `business_rule_id, rule_id, version_number, workflow_id, rule_name, rule_category, condition_type,
  condition_expression, target_action, target_step_id, priority, is_active, success_count, failure_count, last_used,
  created_at, metadata`;

type RuleKey = [rule_id: string, workflow_id: string | null];

const OF_KEY = 'rule_id = $1::varchar and workflow_id is not distinct from $2::uuid';

/** The active version of a rule, else its latest. */
export const findRule = statement<RuleRow, RuleKey>(
  'find_rule',
  `select ${RULE} from business_rules where ${OF_KEY}
   order by is_active desc, version_number desc limit 1`,
);

/** Holds back other changes of the rule until the transaction ends. */
export const lockRule = statement<{ business_rule_id: string }, RuleKey>(
  'lock_rule',
  `select business_rule_id from business_rules where ${OF_KEY}
   order by version_number limit 1 for no key update`,
);

/** The next version of a rule: the first when it is new. */
export const insertRule = statement<
  RuleRow,
  [...RuleKey, business_rule_id: string, fields: string]
>(
  'insert_rule',
  `insert into business_rules (
     business_rule_id, rule_id, workflow_id, version_number, rule_name, rule_category, condition_type,
     condition_expression, target_action, target_step_id, priority, is_active, metadata)
   select $3::uuid, $1::varchar, $2::uuid,
     (select coalesce(max(version_number), 0) + 1 from business_rules where ${OF_KEY}),
     f.rule_name, f.rule_category, f.condition_type, f.condition_expression, f.target_action, f.target_step_id,
     f.priority, f.is_active, f.metadata
   from jsonb_to_record($4::jsonb) as f (
     rule_name text, rule_category text, condition_type text, condition_expression text, target_action text,
     target_step_id text, priority int, is_active boolean, metadata jsonb)
   returning ${RULE}`,
);

/** No row: none was active. */
export const deactivateRule = statement<RuleRow, RuleKey>(
  'deactivate_rule',
  `update business_rules set is_active = false where ${OF_KEY} and is_active returning ${RULE}`,
);

/** Rules by their active or latest version, first made first. */
export const listRules = statement<
  RuleRow,
  [
    after_business_rule_id: string | null,
    workflow_id: string | null,
    is_active: boolean | null,
    limit: number,
  ]
>(
  'list_rules',
  `select ${RULE}
   from business_rules r
   where ($1::uuid is null or business_rule_id > $1)
     and ($2::uuid is null or workflow_id = $2)
     and ($3::boolean is null or is_active = $3)
     and not exists (
       select from business_rules other
       where other.rule_id = r.rule_id and other.workflow_id is not distinct from r.workflow_id
         and (other.is_active, other.version_number) > (r.is_active, r.version_number))
   order by business_rule_id
   limit $4`,
);
