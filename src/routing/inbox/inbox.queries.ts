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
  /** What they have, or have delegated, alone. */
  mine: boolean,
];

const FIRST_ID = `'00000000-0000-0000-0000-000000000000'::uuid`;
const AFTER_ID = `coalesce($1::uuid, ${FIRST_ID})`;

/** By `sort`: what comes after the item before. An index of `work_items` is followed from there. */
const ORDERS = {
  oldest: {
    // $2 is no part of it, and yet needs a type
    after: `w.instance_id > ${AFTER_ID} and ($2::timestamptz is null or true)`,
    by: 'w.instance_id',
  },
  due: {
    after: `(w.due_at, w.instance_id) > (coalesce($2::timestamptz, '-infinity'), ${AFTER_ID})`,
    by: 'w.due_at, w.instance_id',
  },
} as const;
export type InboxSort = keyof typeof ORDERS;
export const SORTS: readonly InboxSort[] = ['oldest', 'due'];

const FILTERS = `w.tenant_id = present_tenant()
  and ($7::uuid is null or w.workflow_id = $7) and ($8::text is null or w.step_type = $8)
  and ($9::boolean is null or (w.due_at < now()) = $9) and ($10::timestamptz is null or w.due_at < $10)
  and ($11::text is null or w.departments ? $11) and (not $12::boolean or w.assignee is null)`;

/** Of what is asked by role, what nobody has, and approvals, which anybody asked may still decide. */
const OFFERED = `not $13::boolean and (w.assignee is null or w.step_type = 'approval' and w.assignee <> all($6::text[]))
  and (w.of_any_department or w.departments ?| $5::text[])`;

/** Whether somebody of these names has people: who manages nobody is nobody's manager. */
export const managesSomebody = statement<object, [names: readonly string[]]>(
  'manages_somebody',
  `select from people m join people p on p.manager_id = m.person_id
   where m.active and (m.subject = any($1) or m.external_id = any($1)) limit 1`,
);

/**
 * Where somebody with one of these roles may be asked, and nobody else has it. Who really may act is the engine's to
 * say; this only leaves out what is asked of others. Each part follows an index in the order of the list and stops:
 * with one condition for all of them, a plan made for any roles read the whole table for a rare one.
 */
const openSteps = (name: string, sort: InboxSort) => {
  const { after, by } = ORDERS[sort];
  const part = (which: string): string =>
    `(select w.* from work_items w where ${which} and ${after} and ${FILTERS} order by ${by} limit $3)`;
  const offered = [
    `(select w.* from unnest($4::text[]) as r (role) cross join lateral ${part(`w.role = r.role and ${OFFERED}`)} w)`,
    part(`w.role is null and (w.roles = '[]' or w.roles ?| $4) and ${OFFERED}`),
  ];
  const own = [part('w.assignee = any($6)'), part('w.owner = any($6) and w.assignee <> all($6)')];
  return statement<OpenStepRow, OpenStepFilter>(
    name,
    `with found as materialized (
       select * from (${[...offered, ...own].join(' union all ')}) w
       order by ${by}
       limit $3
     )
     select w.instance_id, w.workflow_id, d.workflow_name, i.workflow_instance_id, i.started_by, w.step_execution_id,
       w.step_id, s.step_name, w.step_type, w.assignee, w.owner, w.entered_at, w.due_at, w.due_at < now() as is_overdue
     from found w
     join workflow_instances i using (instance_id)
     join step_executions s on s.step_execution_id = w.step_execution_id
     join workflow_definitions d on d.workflow_id = i.workflow_id and d.version_number = i.version_number
     order by ${by}`,
  );
};

export const listOpenSteps = {
  oldest: openSteps('list_open_steps', 'oldest'),
  due: openSteps('list_open_steps_by_due', 'due'),
} as const satisfies Record<InboxSort, unknown>;
