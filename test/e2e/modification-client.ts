import pg from 'pg';
import { eventually } from '../support/eventually.js';
import type { Answer, Service } from '../support/service.js';

export interface Modified {
  workflow_id: string;
  modification_result: {
    modification_id: string;
    status: string;
    approval_status: string;
    rollback_available: boolean;
    monitoring_active: boolean;
    impact_analysis: { impact_level: string; affected_instances: number } | null;
  };
  change_tracking: {
    from_version: number;
    to_version: number | null;
    snapshot_id: string | null;
    sentences: string[];
    moves: {
      status: string | null;
      moved: number;
      moved_back: number;
      left_out: number;
      failed: number;
    };
    canary: Record<string, unknown> | null;
    rollback: { status: string | null; reason: string | null };
  };
  next_steps: string[];
}

export interface InstanceBody {
  status: string;
  version_number: number;
  current_step_id: string | null;
  steps: { step_id: string; status: string; outcome: string | null }[];
}

export interface Fault {
  pointer: string;
  code: string;
}

type Step = Record<string, unknown> & { step_id: string };

export interface Asked extends Record<string, unknown> {
  type: string;
  steps?: Record<string, unknown>[];
  globals?: Record<string, unknown>;
  asked?: Record<string, unknown>;
}

let names = 0;

/** A step that is added. */
export const upload = {
  step_id: 'upload',
  insert_after_step: 'file',
  new_configuration: { step_name: 'Upload', step_type: 'user_task' },
};

export const idOf = (answer: Answer<Modified>): string =>
  answer.body.modification_result.modification_id;

/** What the specs of changes do to workflows and their instances, over HTTP. */
export function modificationClient(
  service: () => Service,
  caller: () => Record<string, string> = () => ({}),
) {
  const step = (step_id: string, order_sequence: number, more = {}): Step => ({
    step_id,
    step_name: step_id,
    step_type: 'user_task',
    order_sequence,
    ...more,
  });

  async function workflow(more: Record<string, unknown> = {}): Promise<string> {
    names += 1;
    const { status, body } = await service().request<{ workflow_id: string }>(
      'POST',
      '/multi-step/create',
      {
        workflow_name: `Changing ${names}`,
        category: 'test',
        steps: [
          step('request', 1),
          step('approve', 2, { step_type: 'approval', required_roles: ['boss'] }),
          step('file', 3),
          step('close', 4),
        ],
        approval_hierarchies: [{ level: 1, role_required: 'boss' }],
        routing_rules: [
          { rule_id: 'skip', condition_expression: 'short = true', target_step_id: 'close' },
        ],
        ...more,
      },
      caller(),
    );
    expect(status).toBe(201);
    return body.workflow_id;
  }

  async function start(workflow_id: string, ...reach: string[]): Promise<string> {
    const { body } = await service().request<{ workflow_instance_id: string }>(
      'POST',
      `/workflows/${workflow_id}/instances`,
      {},
    );
    const instance = `/workflows/${workflow_id}/instances/${body.workflow_instance_id}`;
    for (const step_id of reach) {
      const approves = step_id === 'approve';
      const done = await service().request(
        'POST',
        `${instance}/steps/${step_id}/${approves ? 'approve' : 'complete'}`,
        approves ? { user_context: { roles: ['boss'], management_level: 5 } } : {},
      );
      expect(done.status).toBe(200);
    }
    return instance;
  }

  /** What reports read: the tables. */
  async function query<Row extends object>(sql: string, ...values: unknown[]): Promise<Row[]> {
    const client = new pg.Client({ connectionString: service().databaseUrl });
    await client.connect();
    try {
      return (await client.query<Row>(sql, values)).rows;
    } finally {
      await client.end();
    }
  }

  const read = async (path: string): Promise<InstanceBody> =>
    (await service().request<InstanceBody>('GET', path)).body;

  /** The parts of a definition that a modification may change, as clients see them. */
  async function definition(workflow_id: string, version = ''): Promise<Record<string, unknown>> {
    const { body } = await service().request('GET', `/workflows/${workflow_id}${version}`);
    const { steps, routing_rules, approval_hierarchies, global_timeout_hours } = body;
    return { steps, routing_rules, approval_hierarchies, global_timeout_hours };
  }

  function body(workflow_id: string, { type, steps = [], globals = {}, asked, ...more }: Asked) {
    return {
      workflow_modification: {
        workflow_id,
        modification_type: type,
        step_modifications: steps.map((change) => ({ modification_type: type, ...change })),
        global_changes: globals,
        reason: 'Because the process has to change.',
        requested_by: 'ada',
        ...asked,
      },
      ...more,
    };
  }

  const modify = (
    workflow_id: string,
    asked: Asked,
    headers: Record<string, string> = {},
  ): Promise<Answer<Modified>> =>
    service().request(
      'POST',
      '/dynamic/modify',
      body(workflow_id, { auto_apply: true, ...asked }),
      { ...caller(), ...headers },
    );

  const follow = (verb: string, id: string, sent: object = {}): Promise<Answer<Modified>> =>
    service().request('POST', `/dynamic/${verb}/${id}`, sent);

  const moved = (id: string): Promise<Modified> =>
    eventually(
      async () => {
        const { body: now } = await service().request<Modified>('GET', `/dynamic/status/${id}`);
        expect(now.change_tracking.moves.status).toBe('completed');
        return now;
      },
      { timeout_ms: 40_000 },
    );

  return { step, workflow, start, query, read, definition, body, modify, follow, moved };
}
