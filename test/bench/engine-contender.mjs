/**
 * One contender in a process of its own: `node engine-contender.mjs <name>`, told by BENCH what to do, reporting each
 * measure as a line of JSON.
 */
const contenders = {
  'Complex Workflows, Redis': async () => (await import('./engine-ours.mjs')).ours,
  'Complex Workflows, PostgreSQL queue': async () => (await import('./engine-ours.mjs')).ours,
  DBOS: async () => (await import('./engine-peers.mjs')).dbos,
  Restate: async () => (await import('./engine-restate.mjs')).restate,
  'pg-boss': async () => (await import('./engine-peers.mjs')).pgBoss,
  'bare BullMQ, Redis': async () => (await import('./engine-peers.mjs')).bullmq,
  'bare BullMQ, PostgreSQL': async () => (await import('./engine-peers.mjs')).bullmq,
};

export const CONTENDERS = Object.keys(contenders);

const name = process.argv[2];
if (import.meta.filename === process.argv[1] && name) {
  const run = await contenders[name]();
  await run(JSON.parse(process.env.BENCH), (measure) => {
    process.stdout.write(`${JSON.stringify(measure)}\n`);
  });
  process.exit(0);
}
