// A process whose transaction loses its connection before its beginning is answered, with its closure at something else.
import { setTimeout as pause } from 'node:timers/promises';
import { createDataSource, Database } from '#persistence';
import { runAsTenant } from '#platform/tenancy';

const dataSource = await createDataSource({ url: process.env.URL, pool_size: 2 }).initialize();
const database = new Database(dataSource);
const work = async (tx) => {
  const client = await tx.queryRunner.connect();
  client.connection.stream.destroy();
  await pause(50);
};
const transaction = runAsTenant('default', () => database.transaction(work));
console.log(await transaction.catch((error) => error.message));
await dataSource.destroy();
