// A process whose connections are lost where nobody waits for an answer. `transaction`: before its beginning is answered,
// with its closure at something else; `admission`: when an execution has ended and makes room for another.
import { setTimeout as pause } from 'node:timers/promises';
import { createDataSource, Database } from '#persistence';
import { runAsTenant } from '#platform/tenancy';
import { ExecutionAdmission } from '../../dist/libs/runtime/executions/execution-admission.js';
import { ExecutionSignals } from '../../dist/libs/runtime/executions/execution-signals.js';

const dataSource = await createDataSource({ url: process.env.URL, pool_size: 2 }).initialize();
const database = new Database(dataSource);
const cases = {
  async transaction() {
    const work = async (tx) => {
      const client = await tx.queryRunner.connect();
      client.connection.stream.destroy();
      await pause(50);
    };
    await database.transaction(work).catch(({ message }) => console.log(message));
    await dataSource.destroy();
  },
  async admission() {
    const signals = new ExecutionSignals({});
    const admission = new ExecutionAdmission(database, {}, {}, signals, { register() {} });
    const { master } = dataSource.driver;
    await master.end();
    await signals.moved([{ overall_status: 'completed', took_place: true }], []);
    console.log(await admission.admit().catch(({ message }) => message));
    master.end = async () => undefined;
  },
};
await runAsTenant('default', cases[process.argv[2]]);
