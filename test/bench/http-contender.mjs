/**
 * One side of `bench:http` in a process of its own: `ours` is the whole service with the work of the four routes left
 * out (their services answer at once), `keyed` is the same where callers need a key, `bare` is Fastify alone, `together`
 * the same where it sends its answers as ours does. Told `cpu`, it says what it has used, in µs.
 */
import Fastify from 'fastify';
import { sendTogether } from '../../dist/libs/platform/http/send-together.js';
import { createApp } from '../../dist/src/app.js';
import { ParallelService } from '../../dist/src/parallel/parallel.service.js';
import { TaskWorkService } from '../../dist/src/parallel/task-work.service.js';
import { DecisionsService } from '../../dist/src/routing/decisions/decisions.service.js';
import { migrate } from '#persistence';
import { AppConfig, readConfig } from '#platform/config';
import { installLog } from '#platform/logging';
import { API_KEY, ROUTES } from './http-routes.mjs';

const [side, database] = process.argv.slice(2);
const answer = (name) => ROUTES[name].answer;

async function ours(env) {
  await migrate(database);
  const config = new AppConfig(
    readConfig({ DATABASE_URL: database, ROLE: 'api', ...env }, false),
    database,
  );
  installLog(config.logging);
  const app = await createApp(config);
  app.get(DecisionsService, { strict: false }).route = () => Promise.resolve(answer('route'));
  app.get(ParallelService, { strict: false }).execute = () => Promise.resolve(answer('execute'));
  const work = app.get(TaskWorkService, { strict: false });
  work.claim = () => Promise.resolve(answer('claim'));
  work.complete = () => Promise.resolve(answer('complete'));
  await app.listen(0, '127.0.0.1');
  return app.getHttpServer().address().port;
}

async function bare(prepare = () => {}) {
  const app = Fastify();
  prepare(app);
  for (const { method, path, answer: body } of Object.values(ROUTES)) {
    app.route({ method, url: path, handler: () => Promise.resolve(body) });
  }
  await app.listen({ host: '127.0.0.1', port: 0 });
  return app.server.address().port;
}

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send({ cpu: user + system });
});
process.on('disconnect', () => process.exit(0));
/** A key brings the limit of requests a minute with it, which the bench must not run into. */
const WITH_KEYS = { API_KEYS: `bench:${API_KEY}`, RATE_LIMIT_PER_PRINCIPAL: '10000000' };
const SIDES = {
  ours: () => ours({}),
  keyed: () => ours(WITH_KEYS),
  bare,
  together: () => bare(sendTogether),
};
process.send({ port: await SIDES[side]() });
