import { BREAKER_STATES } from '#engine/breaker';
import { STEP_TYPES } from '#engine/definition';
import { EXECUTION_STATUSES, SYNCHRONIZATION_STATUSES, TASK_STATUSES } from '#engine/graph';
import { INSTANCE_STATUSES, STEP_STATUSES } from '#engine/instance';
import { AGGREGATIONS, HIT_POLICIES } from '#engine/table';
import {
  APPROVAL_STATUSES,
  BACKTEST_STATUSES,
  BREAKER_KINDS,
  createDataSource,
  HANDLER_KINDS,
  IDEMPOTENCY_STATES,
  INCIDENT_ACTIONS,
  INCIDENT_BATCH_STATUSES,
  INCIDENT_KINDS,
  INCIDENT_STATUSES,
  InstanceEventEntity,
  migrate,
  MODIFICATION_STATUSES,
  NOTIFICATION_STATUSES,
  ROLLBACK_STATUSES,
  SUGGESTION_STATUSES,
  VOTES,
  WORKER_STATUSES,
} from '#persistence';
import { CONTRACT_TABLES } from '../contract/tables.js';
import { newStoredDefinition, newStoredInstance } from '../factories/stored.factory.js';
import { cloneDatabase, testDatabase, type TestDatabase } from '../support/database.js';

describe('the migrated schema', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await testDatabase();
  });
  afterAll(() => test.drop());

  it('is what the entities say: TypeORM finds nothing to change', async () => {
    const { upQueries } = await test.dataSource.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it.each(Object.entries(CONTRACT_TABLES))(
    'has table %s with its contract columns',
    async (table, columns) => {
      const rows: { column_name: string }[] = await test.dataSource.query(
        `select column_name from information_schema.columns where table_schema = 'public' and table_name = $1`,
        [table],
      );
      expect(rows.map(({ column_name }) => column_name)).toEqual(
        expect.arrayContaining(columns.split(', ')),
      );
    },
  );

  it('has the 20 tables of the contract', () => {
    expect(Object.keys(CONTRACT_TABLES)).toHaveLength(20);
  });

  it('keeps every instant with its zone and every document as jsonb', async () => {
    const rows = await test.dataSource.query(`
      select table_name, column_name, data_type from information_schema.columns
      where table_schema = 'public' and table_name <> 'schema_migrations'
        and data_type in ('timestamp without time zone', 'date', 'time without time zone', 'json', 'ARRAY')`);
    expect(rows).toEqual([]);
  });

  it.each([
    ['step_configurations', 'step_type', STEP_TYPES],
    ['workflow_instances', 'status', INSTANCE_STATUSES],
    ['step_executions', 'status', STEP_STATUSES],
    ['approval_votes', 'decision', VOTES],
    ['idempotency_keys', 'state', IDEMPOTENCY_STATES],
    ['parallel_executions', 'overall_status', EXECUTION_STATUSES],
    ['task_executions', 'status', TASK_STATUSES],
    ['task_executions', 'handler_kind', HANDLER_KINDS],
    ['synchronization_points', 'status', SYNCHRONIZATION_STATUSES],
    ['thread_management', 'status', WORKER_STATUSES],
    ['optimization_suggestions', 'status', SUGGESTION_STATUSES],
    ['runtime_modifications', 'status', MODIFICATION_STATUSES],
    ['runtime_modifications', 'approval_status', APPROVAL_STATUSES],
    ['runtime_modifications', 'rollback_status', ROLLBACK_STATUSES],
    ['change_requests', 'approval_status', APPROVAL_STATUSES],
    ['decision_tables', 'hit_policy', HIT_POLICIES],
    ['decision_tables', 'aggregation', AGGREGATIONS],
    ['backtests', 'status', BACKTEST_STATUSES],
    ['incidents', 'kind', INCIDENT_KINDS],
    ['notifications', 'status', NOTIFICATION_STATUSES],
    ['circuit_breakers', 'kind', BREAKER_KINDS],
    ['circuit_breakers', 'state', BREAKER_STATES],
    ['incidents', 'status', INCIDENT_STATUSES],
    ['incident_batches', 'action', INCIDENT_ACTIONS],
    ['incident_batches', 'status', INCIDENT_BATCH_STATUSES],
  ])('allows in %s.%s what the code knows, and nothing else', async (table, column, words) => {
    const [check]: { definition: string }[] = await test.dataSource.query(
      `select pg_get_constraintdef(oid) as definition from pg_constraint where conname = $1`,
      [`${table}_${column}_check`],
    );
    const allowed = [...(check?.definition ?? '').matchAll(/'([^']*)'/g)].map(([, word]) => word);
    expect(new Set(allowed)).toEqual(new Set(words));
  });

  it('refuses to change or delete history', async () => {
    const instance = await newStoredInstance(
      test.database.read,
      await newStoredDefinition(test.database.read),
    );
    const event = {
      instance_id: instance.instance_id,
      sequence: 1,
      workflow_id: instance.workflow_id,
      event_type: 'instance_started',
      actor: 'somebody',
      occurred_at: new Date(),
    };
    const events = test.dataSource.getRepository(InstanceEventEntity);
    await events.insert(event);

    const key = { instance_id: instance.instance_id, sequence: 1 };
    await expect(events.update(key, { actor: 'nobody' })).rejects.toThrow(
      'instance_events is append-only',
    );
    await expect(events.delete(key)).rejects.toThrow('instance_events is append-only');
    expect(await events.findOneByOrFail(key)).toMatchObject({ actor: 'somebody' });
  });
});

describe('migrations', () => {
  let url: string;
  let drop: () => Promise<void>;
  beforeEach(async () => {
    ({ url, drop } = await cloneDatabase({ template: 'template0' }));
  });
  afterEach(() => drop());

  it('run once when several processes start together', async () => {
    const runs = await Promise.all([migrate(url), migrate(url), migrate(url)]);
    expect(runs.filter((names) => names.length > 0)).toHaveLength(1);
    expect(await migrate(url)).toEqual([]);
  });

  it('leave nothing when they are undone', async () => {
    const names = await migrate(url);
    const dataSource = await createDataSource({ url, as_owner: true }).initialize();
    try {
      for (const _ of names) await dataSource.undoLastMigration();
      const left: { name: string }[] = await dataSource.query(`
        select relname as name from pg_class where relnamespace = 'public'::regnamespace
        union all select proname from pg_proc where pronamespace = 'public'::regnamespace
        union all select typname from pg_type where typnamespace = 'public'::regnamespace and typtype <> 'c' and typelem = 0`);
      expect(left.map(({ name }) => name).sort()).toEqual([
        'schema_migrations',
        'schema_migrations_id_seq',
        'schema_migrations_pkey',
      ]);
    } finally {
      await dataSource.destroy();
    }
    expect(await migrate(url)).toEqual(names);
  });
});
