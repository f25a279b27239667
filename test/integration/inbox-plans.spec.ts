import { Database, statement } from '#persistence';
import { runAsTenant } from '#platform/tenancy';
import { listOpenSteps, SORTS } from '../../src/routing/inbox/inbox.queries.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

/** Every third for a clerk, one in a thousand for a rare role, some with an assignee. */
const insertItems = statement<object, [count: number]>(
  'spec_insert_work_items',
  `insert into work_items (instance_id, step_execution_id, workflow_id, step_id, step_type, role, roles, departments,
     of_any_department, assignee, entered_at, due_at)
   select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 's', 'user_task', role, jsonb_build_array(role), '[]',
     true, case when n % 97 = 0 then 'user:p' || n % 500 end, now(), now() + n * interval '1 second'
   from generate_series(1, $1) n
   cross join lateral (
     select case when n % 1000 = 0 then 'rare' when n % 3 = 0 then 'clerk' else 'role_' || n % 50 end as role) r`,
);

describe('the list of an inbox', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await testDatabase();
  });
  afterAll(() => test.drop());

  it('is read by indexes in its order, whatever the roles that its plan was made for', async () => {
    const database = new Database(test.dataSource);
    await runAsTenant('default', async () => {
      await database.transaction((tx) => insertItems(tx, [20_000]));
      await database.transaction(async (tx) => {
        await tx.query(`analyze work_items`);
        for (const mode of ['force_custom_plan', 'force_generic_plan']) {
          await tx.query(`set local plan_cache_mode = ${mode}`);
          for (const sort of SORTS) {
            const filter = [[], ['user:p97'], null, null, null, null, null, false, false] as const;
            await listOpenSteps[sort](tx, [null, null, 200, ['rare'], ...filter]);
            const name = sort === 'due' ? 'list_open_steps_by_due' : 'list_open_steps';
            for (const role of ['clerk', 'rare', 'nobody']) {
              const plan = await tx.query<Record<string, string>[]>(
                `explain execute ${name}
                   (null, null, 200, '{${role}}', '{}', '{user:p97}', null, null, null, null, null, false, false)`,
              );
              const text = plan.map((line) => line['QUERY PLAN']).join('\n');
              expect(text).not.toContain('Seq Scan on work_items');
              expect(text).toContain('work_items_of_role');
              expect(text).toContain('work_items_of_assignee');
            }
          }
        }
      });
    });
  });
});
