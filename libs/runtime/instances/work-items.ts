import { hasEnded, type InstanceState } from '#engine/instance';
import { statement, type Tx, unawaited } from '#persistence';

import type { InstanceMove } from './instance-move.js';

/** When a step is due that has no deadline. */
export const NEVER = '9999-12-31T00:00:00.000Z';

const OF_PEOPLE = ['user_task', 'approval'];

/** After what the moves did to deadlines. */
const writeWorkItems = statement<never, [left: readonly string[], items: string]>(
  'write_work_items',
  `with gone as (delete from work_items where instance_id = any($1::uuid[]))
   insert into work_items as w (instance_id, step_execution_id, workflow_id, step_id, step_type, role, roles, departments,
     of_any_department, assignee, owner, entered_at, due_at)
   select s.instance_id, s.step_execution_id, s.workflow_id, s.step_id, s.step_type,
     case when jsonb_array_length(r.roles) = 1 then r.roles ->> 0 end, r.roles, r.departments,
     r.of_any_department, r.assignee, r.owner, s.entered_at,
     coalesce(date_trunc('milliseconds', s.due_at), '${NEVER}'::timestamptz)
   from jsonb_to_recordset($2) as r (step_execution_id uuid, roles jsonb, departments jsonb,
     of_any_department boolean, assignee text, owner text)
   join step_executions s using (step_execution_id)
   on conflict (instance_id) do update set
     step_execution_id = excluded.step_execution_id, step_id = excluded.step_id, step_type = excluded.step_type,
     role = excluded.role, roles = excluded.roles, departments = excluded.departments,
     of_any_department = excluded.of_any_department, assignee = excluded.assignee, owner = excluded.owner, entered_at = excluded.entered_at, due_at = excluded.due_at`,
);

/** What waits for people after these moves; those that neither were nor are at such a step cost nothing. */
export function recordWorkItems(tx: Tx, moves: readonly InstanceMove[]): void {
  const items = moves.map((move) => ({ move, item: itemOf(move, move.state) }));
  const left = items.flatMap(({ move, item }) =>
    !item && isItem(move.before) ? [move.instance.instance_id] : [],
  );
  const present = items.flatMap(({ item }) => item ?? []);
  if (left.length === 0 && present.length === 0) return;
  unawaited(tx, writeWorkItems(tx, [left, JSON.stringify(present)]));
}

function isItem({ status, current }: InstanceState): boolean {
  return (
    status === 'running' &&
    current !== null &&
    !hasEnded(current) &&
    OF_PEOPLE.includes(current.step_type)
  );
}

function itemOf({ definition }: InstanceMove, state: InstanceState): object | undefined {
  const { current } = state;
  if (!current || !isItem(state)) return undefined;
  const { step_execution_id, assignment, levels } = current;
  const asked = levels?.filter(({ status }) => status === 'asked');
  const roles = asked
    ? asked.map((level) => level.roles)
    : [definition.step(current.step_id)?.required_roles ?? []];
  const departments = asked?.map((level) => level.department_required) ?? [null];
  return {
    step_execution_id,
    roles: roles.some((anyOf) => anyOf.length === 0) ? [] : [...new Set(roles.flat())],
    departments: [...new Set(departments.filter((department) => department !== null))],
    of_any_department: departments.includes(null),
    assignee: assignment?.assignee ?? null,
    owner: assignment?.owner ?? null,
  };
}
