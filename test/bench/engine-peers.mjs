import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { Chain, keepInFlight, PIECES, StepTimes, timeGraphs, Waiting } from './engine-measure.mjs';

const nothing = async () => ({});

/** DBOS as its documentation shows: a registered workflow, each piece a step. */
export async function dbos({ database, amount, sizes, in_flights }, report) {
  const { DBOS } = await import('@dbos-inc/dbos-sdk');
  DBOS.setConfig({
    name: 'bench',
    systemDatabaseUrl: database,
    systemDatabasePoolSize: 20,
    logLevel: 'error',
  });
  const times = new StepTimes();
  const step = (name) => times.of(DBOS.runStep(nothing, { name }));
  const fiveSteps = DBOS.registerWorkflow(
    async () => {
      await step('first');
      await step('second');
      await Promise.all([step('fan_a').then(() => step('fan_c')), step('fan_b')]);
      await step('fourth');
      await step('fifth');
    },
    { name: 'five_steps' },
  );
  const many = DBOS.registerWorkflow(
    async (tasks) => {
      for (let done = 0; done < tasks; done += 100) {
        const wave = Math.min(100, tasks - done);
        await Promise.all(
          Array.from({ length: wave }, (_, i) => DBOS.runStep(nothing, { name: `t${done + i}` })),
        );
      }
    },
    { name: 'many' },
  );
  await DBOS.launch();
  try {
    for (const in_flight of in_flights) {
      report(await keepInFlight('steps', in_flight, amount, () => fiveSteps(), times.take));
    }
    for (const size of sizes.filter((one) => one <= 1_000)) {
      report(await timeGraphs(size, (tasks) => many(tasks)));
    }
  } finally {
    await DBOS.shutdown();
  }
}

/** BullMQ alone: a job a piece, each job adds the next ones; joins are counted in memory, nothing is stored. */
export async function bullmq({ database, redis, amount, sizes, in_flights }, report) {
  const { createPostgresBackend, Queue, runMigrations, Worker } = await import('bullmq');
  let connection = { url: redis, maxRetriesPerRequest: null };
  let pool;
  const factory = [];
  if (!redis) {
    pool = new pg.Pool({ connectionString: database, max: 20, options: '-c search_path=bullmq' });
    const client = await pool.connect();
    await runMigrations(client, 'bullmq');
    client.release();
    connection = pool;
    factory.push(createPostgresBackend);
  }
  const chain = new Chain();
  const waiting = new Waiting();
  const left = new Map();
  const queue = new Queue('bench', { connection }, ...factory);
  const options = { removeOnComplete: true, removeOnFail: true };
  const add = (id, pieces) =>
    pieces.length === 1
      ? queue.add(pieces[0], { id }, options)
      : queue.addBulk(pieces.map((name) => ({ name, data: { id }, opts: options })));
  const process = async ({ name, data: { id } }) => {
    if (name.startsWith('t')) {
      left.set(id, left.get(id) - 1);
      if (left.get(id) === 0) waiting.done(id);
      return;
    }
    const next = chain.next(id, name);
    if (next === null) waiting.done(id);
    else if (next.length > 0) await add(id, next);
  };
  const worker = new Worker('bench', process, { connection, concurrency: 100 }, ...factory);
  for (const one of [queue, worker]) one.on('error', (error) => console.error(error));
  await worker.waitUntilReady();
  try {
    for (const in_flight of in_flights) {
      const run = async () => {
        const id = randomUUID();
        const ended = waiting.for(id);
        await add(id, chain.begin(id));
        await ended;
      };
      report(await keepInFlight('steps', in_flight, amount, run));
    }
    for (const size of sizes.filter((one) => one <= 1_000)) {
      const run = async (tasks) => {
        const id = randomUUID();
        const ended = waiting.for(id);
        left.set(id, tasks);
        await add(
          id,
          Array.from({ length: tasks }, (_, i) => `t${i}`),
        );
        await ended;
      };
      report(await timeGraphs(size, run));
    }
  } finally {
    await worker.close();
    await queue.close();
    await pool?.end();
  }
}

/** pg-boss: jobs fetched and completed a hundred at a time, without its pause between polls; joins in memory. */
export async function pgBoss({ database, amount, sizes, in_flights }, report) {
  const { default: PgBoss } = await import('pg-boss');
  const boss = new PgBoss({ connectionString: database, max: 20, schedule: false });
  boss.on('error', (error) => console.error(error));
  await boss.start();
  await boss.createQueue('bench');
  const chain = new Chain();
  const waiting = new Waiting();
  const left = new Map();
  let stopped = false;
  const add = (id, pieces) =>
    boss.insert(pieces.map((piece) => ({ name: 'bench', data: { id, piece } })));
  const take = async () => {
    while (!stopped) {
      const jobs = await boss.fetch('bench', { batchSize: 100 });
      if (jobs.length === 0) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        continue;
      }
      const ended = [];
      const next = jobs.flatMap(({ data: { id, piece } }) => {
        if (piece.startsWith('t')) {
          left.set(id, left.get(id) - 1);
          if (left.get(id) === 0) ended.push(id);
          return [];
        }
        const pieces = chain.next(id, piece);
        if (pieces === null) ended.push(id);
        return (pieces ?? []).map((name) => ({ name: 'bench', data: { id, piece: name } }));
      });
      if (next.length > 0) await boss.insert(next);
      await boss.complete(
        'bench',
        jobs.map((job) => job.id),
      );
      for (const id of ended) waiting.done(id);
    }
  };
  const takers = [take(), take()];
  try {
    for (const in_flight of in_flights) {
      const run = async () => {
        const id = randomUUID();
        const ended = waiting.for(id);
        await add(id, chain.begin(id));
        await ended;
      };
      report(await keepInFlight('steps', in_flight, amount, run));
    }
    for (const size of sizes.filter((one) => one <= 1_000)) {
      const run = async (tasks) => {
        const id = randomUUID();
        const ended = waiting.for(id);
        left.set(id, tasks);
        await add(
          id,
          Array.from({ length: tasks }, (_, i) => `t${i}`),
        );
        await ended;
      };
      report(await timeGraphs(size, run));
    }
  } finally {
    stopped = true;
    await Promise.all(takers);
    await boss.stop({ graceful: false });
  }
}

export const WORK_OF_A_RUN = Object.keys(PIECES).length;
