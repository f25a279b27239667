import fc from 'fast-check';

import { type Service, startService } from '../support/service.js';

const DEFINITION = {
  workflow_name: 'Hostile',
  category: 'x',
  steps: [
    { step_id: 'a', step_name: 'a', step_type: 'automated', order_sequence: 1, handler: null },
    { step_id: 'b', step_name: 'b', step_type: 'approval', order_sequence: 2, conditions: {} },
    {
      step_id: 'c',
      step_name: 'c',
      step_type: 'parallel',
      order_sequence: 3,
      parallel: {
        tasks: [
          {
            task_id: 't',
            task_name: 't',
            task_type: 'x',
            step_id: 'c',
            handler: { type: 'delay', duration_ms: 1 },
          },
        ],
      },
    },
  ],
  routing_rules: [{ rule_id: 'r', condition_expression: 'x > 1', target_step_id: 'b' }],
  approval_hierarchies: [{ level: 1, role_required: 'm', bypass_conditions: ['x'] }],
};
const RULE = {
  rule_id: 'q',
  rule_name: 'q',
  condition_type: 'data_threshold',
  condition_expression: 'x = 1',
  target_action: 'escalate',
  target_step_id: null,
  priority: 1,
  is_active: true,
  metadata: {},
};
const TREE = {
  tree_id: 't',
  tree_name: 't',
  root_node_id: 'a',
  nodes: [
    { node_id: 'a', node_type: 'condition', condition_expression: 'x', true_path: 'b' },
    { node_id: 'b', node_type: 'action', action_type: 'reject', action_parameters: {} },
  ],
  metadata: {},
};

/** Values that a field does not expect. */
const odd = fc.oneof(
  fc.constantFrom<unknown>(
    ...[null, undefined, '', ' ', 0, -1, 1.5, 1e300, 2 ** 31, true, [], {}, [[]], [null], [{}]],
    ...[
      '\u0000',
      '\ud800',
      'x'.repeat(20_000),
      '💥'.repeat(60),
      '0190aaaa-0000-7000-8000-000000000000',
    ],
    ...['+275760-09-13T00:00:00.001Z', '-000001-01-01T00:00:00Z', '2026-W01', '2026-13-45T99:99Z'],
    ...['x > (', '('.repeat(10_000), 'for i in 1..1e99 return i', 'toString', '__proto__'],
    { constructor: 1, toString: 2 },
  ),
  fc.jsonValue(),
  fc.string(),
);

type Path = (string | number)[];

function pathsIn(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [at];
  const keys = Array.isArray(value) ? value.map((_, index) => index) : Object.keys(value);
  return [at, ...keys.flatMap((key) => pathsIn(value[key as never], [...at, key]))];
}

/** The value with something else at a path; as it was where the path is gone. */
function replaced(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by;
  if (typeof value !== 'object' || value === null) return value;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<
    string,
    unknown
  >;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

describe('hostile bodies', () => {
  let service: Service;
  let workflow_id: string;

  beforeAll(async () => {
    service = await startService();
    const { body } = await service.request<{ workflow_id: string }>(
      'POST',
      '/multi-step/create',
      DEFINITION,
    );
    workflow_id = body.workflow_id;
  });
  afterAll(() => service.stop());

  it.each([
    ['POST', '/multi-step/create', () => DEFINITION],
    ['POST', '/workflows/validate', () => DEFINITION],
    [
      'PUT',
      '/conditional/route',
      () => ({
        workflow_id,
        context: {
          workflow_instance_id: 'i',
          current_step_id: 'a',
          workflow_data: { x: 1 },
          user_context: {},
          timestamp: '2026-01-01T00:00:00Z',
        },
        business_rules: [RULE],
        force_evaluation: true,
        dry_run: true,
      }),
    ],
    ['POST', '/conditional/rules', () => ({ ...RULE, workflow_id })],
    ['POST', '/conditional/decision-trees', () => TREE],
    [
      'POST',
      '/parallel/execute',
      () => ({
        workflow_id,
        workflow_instance_id: 'p',
        synchronization_points: [
          { sync_id: 's', sync_name: 's', sync_type: 'join', required_tasks: ['t'] },
        ],
        ...DEFINITION.steps[2]?.parallel,
      }),
    ],
    ['POST', '/conditional/evaluate', () => ({ evaluations: [{ expression: 'x', context: {} }] })],
  ] as const)('never fail %s %s', async (method, path, sound) => {
    const body = sound();
    const edit = fc.tuple(fc.constantFrom(...pathsIn(body)), odd);
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
        const sent = edits.reduce<unknown>((value, [at, by]) => replaced(value, at, by), body);
        const { status } = await service.request(method, path, sent);
        expect(status).toBeLessThan(500);
      }),
      { numRuns: 150 },
    );
  });
});
