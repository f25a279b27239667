import { MANAGER_OF_REQUESTER } from '#engine/approval';
import { statement } from '#persistence';

/** A step at which an instance waits for people. */
export interface OpenStepRow {
  instance_id: string;
  workflow_id: string;
  workflow_name: string;
  workflow_instance_id: string;
  started_by: string;
  step_execution_id: string;
  step_id: string;
  step_name: string;
  step_type: 'user_task' | 'approval';
  assignee: string | null;
  owner: string | null;
  entered_at: Date;
  /** `NEVER`: it has none. */
  due_at: Date;
  is_overdue: boolean;
}

export type OpenStepFilter = [
  /** Of the item before; null: from the first on. */
  after_instance_id: string | null,
  after_due_at: string | null,
  limit: number,
  roles: readonly string[],
  departments: readonly string[],
  /** Of whoever asks, and of whom they act for. */
  names: readonly string[],
  workflow_id: string | null,
  step_type: string | null,
  is_overdue: boolean | null,
  due_before: string | null,
  department: string | null,
  unassigned: boolean,
];

const FIRST_ID = `'00000000-0000-0000-0000-000000000000'::uuid`;
const AFTER_ID = `coalesce($1::uuid, ${FIRST_ID})`;

/** By `sort`: what comes after the item before. An index of `work_items` is followed from there. */
const ORDERS = {
  oldest: {
    after: `w.instance_id > ${AFTER_ID} and ($2::timestamptz is null or true)`,
    by: 'instance_id',
  },
  due: {
    after: `(w.due_at, w.instance_id) > (coalesce($2::timestamptz, '-infinity'), ${AFTER_ID})`,
    by: 'due_at, instance_id',
  },
} as const;
export type InboxSort = keyof typeof ORDERS;
export const SORTS: readonly InboxSort[] = ['oldest', 'due'];

/** Of what one has, or has delegated, the indexes by name are asked. */
const HELD = `w.instance_id in (
  select instance_id from work_items where assignee = any($6::text[])
  union all select instance_id from work_items where owner = any($6))`;

/** Who manages nobody is nobody's manager. */
const MANAGES = `(
  select exists (
    select from people m join people p on p.manager_id = m.person_id
    where m.active and (m.subject = any($6) or m.external_id = any($6))))`;

/**
 * Where somebody with one of these roles may be asked, and nobody else has it. Who really may act is the engine's to
 * say; this only leaves out what is asked of others.
 */
const openSteps = (name: string, sort: InboxSort, only: string) =>
  statement<OpenStepRow, OpenStepFilter>(
    name,
    `with found as materialized (
       select * from work_items w
       where w.tenant_id = present_tenant() and ${ORDERS[sort].after} and ${only}
         and (w.step_type = 'approval' or w.assignee is null or w.assignee = any($6) or w.owner = any($6))
         and (w.assignee = any($6) or w.owner = any($6)
           or (w.of_any_department or w.departments ?| $5::text[])
             and (w.roles = '[]' or w.roles ?| $4::text[] or w.roles ? '${MANAGER_OF_REQUESTER}' and ${MANAGES}))
         and ($7::uuid is null or w.workflow_id = $7) and ($8::text is null or w.step_type = $8)
         and ($9::boolean is null or (w.due_at < now()) = $9)
         and ($10::timestamptz is null or w.due_at < $10)
         and ($11::text is null or w.departments ? $11)
         and (not $12::boolean or w.assignee is null)
       order by ${ORDERS[sort].by}
       limit $3
     )
     select f.instance_id, f.workflow_id, d.workflow_name, i.workflow_instance_id, i.started_by, f.step_execution_id,
       f.step_id, s.step_name, f.step_type, f.assignee, f.owner, f.entered_at, f.due_at, f.due_at < now() as is_overdue
     from found f
     join workflow_instances i using (instance_id)
     join step_executions s on s.step_execution_id = f.step_execution_id
     join workflow_definitions d on d.workflow_id = i.workflow_id and d.version_number = i.version_number
     order by ${ORDERS[sort].by.replace('instance_id', 'f.instance_id').replace('due_at', 'f.due_at')}`,
  );

const listing = {
  oldest: {
    all: openSteps('list_open_steps', 'oldest', 'true'),
    held: openSteps('list_held_steps', 'oldest', HELD),
  },
  due: {
    all: openSteps('list_open_steps_by_due', 'due', 'true'),
    held: openSteps('list_held_steps_by_due', 'due', HELD),
  },
};

/** @param held what they have or have delegated, alone */
export function listOpenSteps(
  sort: InboxSort,
  held: boolean,
): (typeof listing)[InboxSort]['all' | 'held'] {
  return listing[sort][held ? 'held' : 'all'];
}
