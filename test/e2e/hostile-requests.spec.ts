import { isDeepStrictEqual } from 'node:util';

import type { OpenAPIObject } from '@nestjs/swagger';
import pg from 'pg';

import { Dice, type MadeRequest, RequestMaker } from '../support/request-maker.js';
import { type Service, startService } from '../support/service.js';

/** `HOSTILE_REQUESTS=10000 npm test -- hostile` is the long form; HOSTILE_SEED makes others. */
const REQUESTS = Number(process.env.HOSTILE_REQUESTS ?? 1_500);
const SEED = Number(process.env.HOSTILE_SEED ?? 20_261_123);
const PROBLEM = 'application/problem+json; charset=utf-8';
/** What was answered, also a refusal; and when workers were last heard of, which is written a moment later. */
const OF_NO_EFFECT = new Set(['idempotency_keys', 'thread_management']);

interface Outcome {
  status: number;
  type: string | null;
  body: unknown;
}

/** A worker's answer that comes too late (409) has locked rows, and the audit tells of every transaction that did. */
const TOLD_OF_LATE_ANSWERS: ReadonlySet<string> = new Set(['audit_entries', 'audit_unchained']);

describe(`${REQUESTS} requests made from the OpenAPI document (seed ${SEED})`, () => {
  let service: Service;
  let database: pg.Client;
  let fingerprintSql: string;
  beforeAll(async () => {
    // without workers and sweeps, so that whatever changes was changed by a request
    service = await startService({ env: { ROLE: 'api', LOG_LEVEL: 'warn' } });
    database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
    const { rows } = await database.query<{ name: string }>(
      `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1`,
    );
    fingerprintSql = rows
      .filter(({ name }) => !OF_NO_EFFECT.has(name))
      .map(
        ({ name }) =>
          `select '${name}' as name, count(*)::text || ':' || coalesce(max(xmin::text::bigint), 0) as state from ${name}`,
      )
      .join(' union all ');
  });
  afterAll(async () => {
    await database.end();
    await service.stop();
  });

  /** Each table with how many rows it has, and which transaction wrote to it last. */
  const fingerprint = async () =>
    (await database.query<{ name: string; state: string }>(fingerprintSql)).rows;
  /** Moves on whenever a transaction writes anything, committed or not. */
  const nextTransaction = async () => {
    const { rows } = await database.query<{ next: string }>(
      'select pg_snapshot_xmax(pg_current_snapshot())::text as next',
    );
    return rows[0]?.next;
  };

  const send = async ({ method, path, headers, body }: MadeRequest): Promise<Outcome> => {
    const response = await fetch(service.url + path, {
      method,
      headers,
      ...(body && { body: new Uint8Array(body) }),
    });
    const type = response.headers.get('content-type');
    if (type?.startsWith('text/event-stream') === true) {
      await response.body?.cancel();
      return { status: response.status, type, body: null };
    }
    const text = await response.text();
    return {
      status: response.status,
      type,
      body: type?.includes('json') === true && text !== '' ? JSON.parse(text) : text,
    };
  };

  /**
   * What an accepted request set off may be written during the next one. A refused request does the same each time, so
   * it is to blame when it changes something three times in a row.
   */
  const changesAgain = async (request: MadeRequest): Promise<boolean> => {
    for (let time = 0; time < 3; time += 1) {
      const before = await fingerprint();
      await send(request);
      if (isDeepStrictEqual(await fingerprint(), before)) return false;
    }
    return true;
  };

  const faultsOf = ({ status, type, body }: Outcome): string[] => {
    if (status < 400) return [];
    if (status >= 500) return [`answered ${status}`];
    const problem = body as {
      status?: number;
      code?: string;
      detail?: string;
      correlation_id?: string;
    };
    const isProblem =
      type === PROBLEM &&
      problem.status === status &&
      Boolean(problem.code && problem.detail && problem.correlation_id);
    return isProblem ? [] : [`answered ${status} without a problem document (${type})`];
  };

  it('are answered or refused, never failed, and a refused one changes nothing', async () => {
    const dice = new Dice(SEED);
    const { body: document } = await service.request<OpenAPIObject>('GET', '/openapi.json');
    const maker = new RequestMaker(document, dice);
    const answers = { accepted: 0, refused: 0 };
    const reached = new Set<string>();
    const faults: string[] = [];
    let before = { tables: await fingerprint(), next: await nextTransaction() };

    for (let number = 0; number < REQUESTS && faults.length < 10; number += 1) {
      const request = maker.make(maker.operations[number % maker.operations.length]!);
      const outcome = await send(request);
      const found = faultsOf(outcome);
      const next = await nextTransaction();
      const refused = outcome.status >= 400;
      if (next !== before.next) {
        const tables = await fingerprint();
        const changed = tables
          .filter(({ state }, at) => state !== before.tables[at]?.state)
          .map(({ name }) => name)
          .filter((name) => outcome.status !== 409 || !TOLD_OF_LATE_ANSWERS.has(name));
        if (refused && changed.length > 0 && (await changesAgain(request))) {
          found.push(`was refused with ${outcome.status} and changed ${changed.join(', ')}`);
        }
        before = { tables, next };
      }
      if (refused) answers.refused += 1;
      else {
        answers.accepted += 1;
        reached.add(request.operation);
        maker.learn(outcome.body);
      }
      for (const fault of found) {
        const said = JSON.stringify(outcome.body).slice(0, 500);
        faults.push(
          `#${number} ${request.temper} ${request.method} ${request.path} ${fault}\n  ${request.body?.toString().slice(0, 1_500)}\n  ${said}`,
        );
      }
    }

    expect(faults).toEqual([]);
    // the requests are good enough to get anywhere, and bad enough to be refused
    expect(answers.accepted).toBeGreaterThan(REQUESTS / 8);
    expect(answers.refused).toBeGreaterThan(REQUESTS / 8);
    expect(reached.size).toBeGreaterThan(maker.operations.length / 3);
  }, 900_000);
});
