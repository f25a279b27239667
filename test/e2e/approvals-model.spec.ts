import fc from 'fast-check';
import pg from 'pg';

import {
  type Act,
  hierarchies,
  type Hierarchy,
  PEOPLE,
  type Sequence,
  sequences,
} from '../factories/approval.arbitrary.js';
import { ApprovalModel } from '../support/approval-model.js';
import { Issuer } from '../support/issuer.js';
import { type Service, startService } from '../support/service.js';

/** `APPROVAL_SEQUENCES=5000 npm test -- approvals-model` is the long form; APPROVAL_SEED makes others. */
const SEQUENCES = Number(process.env.APPROVAL_SEQUENCES ?? 500);
const SEED = Number(process.env.APPROVAL_SEED ?? 20_261_128);
const HIERARCHIES = 60;
/** Sequences at a time, so that their requests share transactions. */
const AT_A_TIME = 32;
const STEPS = [
  { step_id: 'request', step_type: 'user_task' },
  { step_id: 'approval', step_type: 'approval' },
  { step_id: 'pay', step_type: 'user_task', different_person_from: ['approval'] },
];

interface Run {
  sequence: Sequence;
  model: ApprovalModel;
  /** Of each act, as the model and as the service answered it. */
  expected: string[];
  answered: string[];
}
interface AuditEntry {
  operation: string;
  actor: string | null;
  on_behalf_of: string | null;
  correlation_id: string;
}

describe(`${SEQUENCES} random approvals through HTTP and SQL (seed ${SEED})`, () => {
  let issuer: Issuer;
  let service: Service;
  let database: pg.Client;
  const tokens = new Map<string, string>();
  const defined: { workflow_id: string; hierarchy: Hierarchy }[] = [];

  const as = <Body = { code?: string }>(
    who: string,
    method: string,
    path: string,
    body?: unknown,
    headers = {},
  ) =>
    service.request<Body>(method, path, body, {
      authorization: `Bearer ${tokens.get(who)}`,
      ...headers,
    });

  beforeAll(async () => {
    issuer = await Issuer.start();
    service = await startService({
      env: { ...issuer.env, RATE_LIMIT_PER_PRINCIPAL: '0', LOG_LEVEL: 'warn' },
    });
    database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
    const holder = async (sub: string, roles: string[]) =>
      tokens.set(
        sub,
        await issuer.token({ sub, roles, exp: Math.floor(Date.now() / 1000) + 7_200 }),
      );
    await holder('root', ['admin']);
    await holder('otto', ['operator']);
    for (const { subject, external_id, roles } of PEOPLE) {
      await holder(subject, ['participant', ...(external_id === null ? roles : [])]);
    }
    await fillDirectory();
    for (const hierarchy of fc.sample(hierarchies, { numRuns: 10 * HIERARCHIES, seed: SEED })) {
      if (defined.length < HIERARCHIES) await define(hierarchy);
    }
    expect(defined).toHaveLength(HIERARCHIES);
  }, 180_000);
  afterAll(async () => {
    await database.end();
    await service.stop();
    await issuer.stop();
  });

  async function fillDirectory(): Promise<void> {
    const known = PEOPLE.filter(({ external_id }) => external_id !== null);
    const people = known.map(({ manager, substitutes: _, ...one }) => ({
      ...one,
      name: one.subject,
      manager_external_id: manager === null ? null : `E-${manager}`,
    }));
    expect((await as('root', 'POST', '/access/people/bulk', { people })).status).toBe(200);
    for (const { external_id, substitutes } of known) {
      for (const absent of substitutes) {
        const absence = {
          person: `E-${absent}`,
          substitute: external_id,
          from: '2020-01-01T00:00:00Z',
          to: '2100-01-01T00:00:00Z',
        };
        expect((await as('root', 'POST', '/access/absences', absence)).status).toBe(201);
      }
    }
  }

  /** Hierarchies that can never decide are refused, and are no case here. */
  async function define(hierarchy: Hierarchy): Promise<void> {
    const { status, body } = await as<{ workflow_id: string }>(
      'root',
      'POST',
      '/multi-step/create',
      {
        workflow_name: `Random ${defined.length}`,
        category: 'test',
        steps: STEPS.map((step, index) => ({
          ...step,
          step_name: step.step_id,
          order_sequence: index + 1,
          ...(step.step_id === 'approval' && { required_roles: hierarchy.required_roles }),
        })),
        approval_hierarchies: hierarchy.levels,
      },
    );
    if (status === 201) defined.push({ workflow_id: body.workflow_id, hierarchy });
    else expect(status).toBe(400);
  }

  const nameOf = (number: number) => `sequence-${number}`;

  async function play(sequence: Sequence, number: number): Promise<Run> {
    const { workflow_id, hierarchy } = defined[sequence.hierarchy]!;
    const { started_by, amount, requester } = sequence;
    const model = new ApprovalModel(hierarchy, sequence);
    const path = `/workflows/${workflow_id}/instances`;
    const headers = { 'x-correlation-id': nameOf(number) };
    const started = {
      workflow_instance_id: nameOf(number),
      data: { amount, ...(requester !== null && { requester }) },
    };
    expect((await as(started_by, 'POST', path, started, headers)).status).toBe(201);
    const acts: Act[] = [{ type: 'request', who: started_by, requester: null }, ...sequence.acts];
    const run: Run = { sequence, model, expected: [], answered: [] };
    for (const act of acts) {
      run.expected.push(model.act(act));
      const [method, route, body] = requestOf(act, workflow_id, number);
      const answer = await as(act.who, method, route, body, headers);
      run.answered.push(answer.status < 300 ? 'done' : (answer.body.code ?? `${answer.status}`));
    }
    return run;
  }

  function requestOf(act: Act, workflow_id: string, number: number): [string, string, object] {
    const step = (at: string, what: string) =>
      `/workflows/${workflow_id}/instances/${nameOf(number)}/steps/${at}/${what}`;
    const behalf = 'for' in act && act.for !== null ? { on_behalf_of: `E-${act.for}` } : {};
    switch (act.type) {
      case 'approve':
      case 'reject': {
        const level = act.level === null ? {} : { level: act.level };
        return ['POST', step('approval', act.type), { ...level, ...behalf }];
      }
      case 'send-back':
        return [
          'POST',
          step('approval', 'send-back'),
          { ...behalf, to_step_id: 'request', comment: 'Again.' },
        ];
      case 'ask':
        return ['POST', step('approval', 'ask'), { ...behalf, question: 'Why?' }];
      case 'answer':
        return ['POST', step('approval', 'answer'), { answer: 'Because.' }];
      case 'pay':
        return ['POST', step('pay', 'complete'), {}];
      case 'request': {
        const output_data = act.requester === null ? {} : { requester: act.requester };
        return ['POST', step('request', 'complete'), { output_data }];
      }
      case 'escalate': {
        const rule = {
          rule_id: 'late',
          rule_name: 'Late',
          condition_type: 'time_based',
          condition_expression: 'true',
          target_action: 'escalate',
        };
        const context = { workflow_instance_id: nameOf(number), current_step_id: 'approval' };
        return [
          'PUT',
          '/conditional/route',
          { workflow_id, context, business_rules: [rule], force_evaluation: true },
        ];
      }
    }
  }

  async function playAll(): Promise<Run[]> {
    const sampled = fc.sample(sequences(HIERARCHIES), { numRuns: SEQUENCES, seed: SEED });
    const runs: Run[] = [];
    let next = 0;
    const player = async () => {
      for (let number = next++; number < sampled.length; number = next++) {
        runs[number] = await play(sampled[number]!, number);
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, player));
    return runs;
  }

  /** By correlation id, oldest first. */
  async function readAudit(): Promise<Map<string, AuditEntry[]>> {
    const found = new Map<string, AuditEntry[]>();
    let cursor: string | null = '';
    while (cursor !== null) {
      const more: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const page = await as<{ items: AuditEntry[]; next_cursor: string | null }>(
        'root',
        'GET',
        `/audit?limit=200${more}`,
      );
      for (const { operation, actor, on_behalf_of, correlation_id } of page.body.items) {
        const entry = { operation, actor, on_behalf_of, correlation_id };
        found.set(correlation_id, [entry, ...(found.get(correlation_id) ?? [])]);
      }
      cursor = page.body.next_cursor;
    }
    return found;
  }

  async function readTables() {
    const { rows } = await database.query<{
      name: string;
      outcome: string | null;
      at: string | null;
      levels: string[] | null;
      votes: object[] | null;
      decided: object[] | null;
    }>(
      `select w.workflow_instance_id as name, w.outcome, w.current_step_id as at,
         (select jsonb_agg(l ->> 'status' order by (l ->> 'level')::int)
          from step_executions s, jsonb_array_elements(s.approval_state) as l
          where s.step_execution_id = (
            select step_execution_id from step_executions
            where instance_id = w.instance_id and step_id = 'approval' order by entry desc limit 1)) as levels,
         (select jsonb_agg(jsonb_build_object('entry', s.entry, 'level', v.level, 'decision', v.decision,
            'decided_by', v.decided_by, 'on_behalf_of', v.on_behalf_of) order by v.vote_id)
          from approval_votes v join step_executions s using (step_execution_id)
          where v.instance_id = w.instance_id) as votes,
         (select jsonb_agg(jsonb_build_object('entry', e.payload -> 'entry', 'level', e.payload -> 'level',
            'decision', e.payload -> 'decision', 'decided_by', e.payload -> 'decided_by',
            'on_behalf_of', e.payload -> 'on_behalf_of') order by e.sequence)
          from instance_events e
          where e.instance_id = w.instance_id and e.event_type = 'approval_decided') as decided
       from workflow_instances w where w.workflow_instance_id like 'sequence-%'`,
    );
    return new Map(rows.map((row) => [row.name, row]));
  }

  it('come to what a plain model says, answer by answer; votes, history and audit hold just that', async () => {
    const runs = await playAll();
    const [tables, audit] = [await readTables(), await readAudit()];
    const wrong: { acts: number; found: object; wanted: object; run: object }[] = [];
    const answers = new Map<string, number>();
    for (const [number, { sequence, model, expected, answered }] of runs.entries()) {
      for (const code of answered) answers.set(code, (answers.get(code) ?? 0) + 1);
      const row = tables.get(nameOf(number));
      const wanted = {
        answers: expected,
        outcome: model.outcome,
        at: model.at === 'end' ? null : model.at,
        levels: model.levels.map(({ status }) => status),
        votes: model.votes,
        decided: model.votes,
        audit: model.audit,
      };
      const found = {
        answers: answered,
        outcome: row?.outcome,
        at: row?.at,
        levels: row?.levels,
        votes: row?.votes ?? [],
        decided: row?.decided ?? [],
        audit: (audit.get(nameOf(number)) ?? []).map(({ correlation_id: _, ...entry }) => entry),
      };
      if (fc.stringify(sorted(found)) === fc.stringify(sorted(wanted))) continue;
      const run = { sequence, hierarchy: defined[sequence.hierarchy]!.hierarchy };
      wrong.push({ acts: sequence.acts.length, found, wanted, run });
    }
    const [shortest] = wrong.sort((a, b) => a.acts - b.acts);
    if (shortest) {
      throw new Error(
        `${wrong.length} are wrong; the shortest: ${JSON.stringify(shortest, null, 1)}`,
      );
    }
    // chance has gone everywhere
    for (const code of EVERY_ANSWER) expect([code, answers.get(code) ?? 0]).not.toEqual([code, 0]);
    const outcomes = new Set(runs.map(({ model }) => model.outcome));
    expect(outcomes).toEqual(new Set(['completed', 'rejected', null]));
  }, 1_800_000);
});

const EVERY_ANSWER = [
  'done',
  'instance_not_running',
  'step_not_current',
  'approval_not_asked',
  'approval_already_given',
  'approver_not_entitled',
  'own_approval',
  'not_substitute',
  'duties_not_separate',
  'information_awaited',
  'information_not_asked',
  'not_the_requester',
];

/** Keys in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, of]) => [key, sorted(of)]),
  );
}
