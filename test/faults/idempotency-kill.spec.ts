import pg from 'pg';
import { eventually } from '../support/eventually.js';
import { startService, type Service } from '../support/service.js';

/** The session of the test holds it, and so holds up what is being carried out. */
const GATE = 1_234_567;

// A process is killed (SIGKILL) while it carries out a request; another is asked the same.
describe('a request whose process is killed', () => {
  let first: Service;
  let second: Service;
  let database: pg.Client;
  beforeAll(async () => {
    first = await startService();
    second = await startService({ beside: first });
    database = new pg.Client({ connectionString: first.databaseUrl });
    await database.connect();
    await database.query(`
      create function wait_for_the_gate() returns trigger language plpgsql as
        $$ begin perform pg_advisory_xact_lock_shared(${GATE}); return null; end $$`);
  });
  afterAll(async () => {
    await database.end();
    await second.stop();
    await first.stop();
  });

  const send = (service: Service, key: string) =>
    service.request<{ workflow_id: string }>(
      'POST',
      '/multi-step/create',
      {
        workflow_name: key,
        category: 'test',
        steps: [{ step_id: 'a', step_name: 'A', step_type: 'user_task', order_sequence: 1 }],
      },
      { 'idempotency-key': key },
    );
  const count = async (name: string) => {
    const text = 'select 1 from workflow_definitions where workflow_name = $1';
    return (await database.query(text, [name])).rowCount;
  };
  const gateIsWaitedFor = () =>
    eventually(async () => {
      const { rowCount } = await database.query(
        `select 1 from pg_locks where locktype = 'advisory' and objid = ${GATE} and not granted`,
      );
      expect(rowCount).toBe(1);
    });
  /** Sends it to the first process, which is killed when its transaction has come to the gate; then opens the gate. */
  const killAtTheGate = async (key: string, trigger: string) => {
    await database.query(`create constraint trigger gate after insert on workflow_definitions
      ${trigger} for each row execute function wait_for_the_gate()`);
    await database.query(`select pg_advisory_lock(${GATE})`);
    const lost = expect(send(first, key)).rejects.toThrow('fetch failed');
    await gateIsWaitedFor();
    await first.kill();
    await lost;
    await database.query(`select pg_advisory_unlock(${GATE})`);
    await database.query('drop trigger gate on workflow_definitions');
  };

  it('before it could commit, is carried out at once when it is sent again', async () => {
    await killAtTheGate('Killed at work', 'not deferrable');
    const again = await send(second, 'Killed at work');
    expect(again.status).toBe(201);
    expect(again.headers.get('idempotent-replayed')).toBeNull();
    expect(await count('Killed at work')).toBe(1);
    await first.start();
  });

  it('while its commit was under way, gets the answer that was never sent', async () => {
    await killAtTheGate('Killed at commit', 'deferrable initially deferred');
    const again = await send(second, 'Killed at commit');
    expect(again.status).toBe(201);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await count('Killed at commit')).toBe(1);
    const { rows } = await database.query(
      `select workflow_id from workflow_definitions where workflow_name = 'Killed at commit'`,
    );
    expect(rows).toEqual([{ workflow_id: again.body.workflow_id }]);
    expect((await send(second, 'Killed at commit')).body).toEqual(again.body);
  });

  it('is known to live again after its connection was cut', async () => {
    const presence = async () => {
      const { rows } = await database.query<{ pid: number }>(
        `select pid from pg_stat_activity join pg_locks using (pid)
         where application_name = 'complex-workflows presence' and locktype = 'advisory' and granted
           and datname = current_database()`,
      );
      expect(rows).toHaveLength(1);
      return rows[0]?.pid;
    };
    const before = await presence();
    await database.query('select pg_terminate_backend($1)', [before]);
    await eventually(async () => expect(await presence()).not.toBe(before));
  });
});
