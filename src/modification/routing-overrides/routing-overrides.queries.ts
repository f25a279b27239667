import { statement } from '#persistence';

export interface OverrideRow {
  routing_id: string;
  workflow_id: string;
  modification_id: string | null;
  routing_rule_id: string;
  condition_expression: string;
  target_step_id: string;
  source_step_id: string | null;
  priority: number;
  /** Neither deleted nor expired. */
  is_active: boolean;
  is_temporary: boolean;
  expiry_time: Date | null;
  created_at: Date;
}

const IS_ACTIVE = '(is_active and (expiry_time is null or expiry_time > now()))';

const OVERRIDE = `
  routing_id, workflow_id, modification_id, routing_rule_id, condition_expression, target_step_id, source_step_id,
  priority, ${IS_ACTIVE} as is_active, is_temporary, expiry_time, created_at`;

export const insertOverride = statement<
  OverrideRow,
  [
    routing_id: string,
    workflow_id: string,
    modification_id: string | null,
    routing_rule_id: string,
    condition_expression: string,
    target_step_id: string,
    source_step_id: string | null,
    priority: number,
    expiry_time: Date | null,
  ]
>(
  'insert_routing_override',
  `insert into dynamic_routing (
     routing_id, workflow_id, modification_id, routing_rule_id, condition_expression, target_step_id, source_step_id,
     priority, expiry_time, is_temporary)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9::timestamptz is not null)
   returning ${OVERRIDE}`,
);

/** An active one of that name. */
export const findOverride = statement<
  { routing_id: string },
  [workflow_id: string, routing_rule_id: string]
>(
  'find_routing_override',
  `select routing_id from dynamic_routing
   where workflow_id = $1 and routing_rule_id = $2 and ${IS_ACTIVE}`,
);

export const deleteOverride = statement<OverrideRow, [routing_id: string]>(
  'delete_routing_override',
  `update dynamic_routing set is_active = false where routing_id = $1 and ${IS_ACTIVE}
   returning ${OVERRIDE}`,
);

/** Newest first. */
export const listOverrides = statement<
  OverrideRow,
  [
    workflow_id: string | null,
    is_active: boolean | null,
    before_routing_id: string | null,
    limit: number,
  ]
>(
  'list_routing_overrides',
  `select ${OVERRIDE} from dynamic_routing
   where ($1::uuid is null or workflow_id = $1)
     and ($2::boolean is null or ${IS_ACTIVE} = $2)
     and ($3::uuid is null or routing_id < $3)
   order by routing_id desc
   limit $4`,
);
