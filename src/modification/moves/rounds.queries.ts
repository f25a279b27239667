import { type MoveStatus, statement } from '#persistence';

export const setMoveStatus = statement<
  { modification_id: string },
  [modification_id: string, from: MoveStatus, to: MoveStatus]
>(
  'set_move_status',
  `update runtime_modifications set move_status = $3, updated_at = now()
   where modification_id = $1 and move_status = $2
   returning modification_id`,
);

/** Instances move again only where the roll-back had moved them. */
export const markReapplied = statement<
  { moves: boolean },
  [modification_id: string, applied_by: string]
>(
  'mark_modification_reapplied',
  `update runtime_modifications set
     status = 'applied', applied_by = $2, execution_timestamp = now(), rollback_status = null,
     move_status = case when move_round > 0 and move_round % 2 = 0 then 'in_progress' else move_status end,
     move_round = case when move_round > 0 and move_round % 2 = 0 then move_round + 1 else move_round end,
     moving_since = null, taken_back_effects = null,
     monitoring_active = monitoring_duration_minutes > 0,
     monitoring_until = now() + monitoring_duration_minutes * interval '1 minute',
     updated_at = now()
   where modification_id = $1 and status = 'rolled_back'
   returning move_status = 'in_progress' as moves`,
);
