import 'reflect-metadata';
import { ValidationPipe } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsInt, IsObject, IsOptional, Min, ValidateIf, ValidateNested } from 'class-validator';
import fc from 'fast-check';
import { CreateWorkflowRequest } from '../../../src/definitions/definitions.dto.js';
import { ExecuteRequest } from '../../../src/parallel/parallel.dto.js';
import {
  ClaimTasksRequest,
  CompleteTaskRequest,
  CompleteTasksRequest,
  ExtendTaskRequest,
  FailTaskRequest,
} from '../../../src/parallel/task-work.dto.js';
import { RouteRequest } from '../../../src/routing/decisions/decisions.dto.js';
import {
  CompleteStepRequest,
  StartInstanceRequest,
} from '../../../src/routing/instances/instances.dto.js';
import { inspectJson } from './body-check.js';
import { readRightly } from './compiled-dto.js';

const UUID = '0190b7a4-27a5-7d6e-8c7b-2f1a3c4d5e6f';

/** Bodies that are right, with something in every field. */
const BODIES: [type: new () => object, body: object][] = [
  [
    RouteRequest,
    {
      workflow_id: UUID.toUpperCase(),
      context: {
        workflow_instance_id: 'purchase-42',
        current_step_id: 'review',
        workflow_data: { amount: 1200, items: [{ sku: 'a' }], toString: 'own' },
        user_context: { roles: ['clerk'] },
        timestamp: '2026-03-01T10:00:00Z',
      },
      business_rules: [
        {
          rule_id: 'big',
          rule_name: 'Big ones',
          condition_type: 'data_threshold',
          condition_expression: 'amount > 1000',
          target_action: 'route_to_step',
          target_step_id: 'approve',
          metadata: { from: 'test' },
        },
      ],
      dry_run: true,
    },
  ],
  [ClaimTasksRequest, { worker_id: 'w1', task_types: ['a', 'b'], max_tasks: 5, wait_seconds: 0.5 }],
  [CompleteTaskRequest, { lock_token: UUID, output_data: { deep: { er: [1, 2] } } }],
  [
    CompleteTasksRequest,
    { tasks: [{ task_execution_id: UUID, lock_token: UUID, output_data: { a: 1 } }] },
  ],
  [FailTaskRequest, { lock_token: UUID, error_message: 'no', retry_after_seconds: null }],
  [ExtendTaskRequest, { lock_token: UUID, lock_seconds: 30 }],
  [StartInstanceRequest, { workflow_instance_id: 'i1', data: { a: [1] } }],
  [CompleteStepRequest, { output_data: { a: { b: 1 } } }],
  [
    ExecuteRequest,
    {
      execution_id: null,
      workflow_id: UUID,
      workflow_instance_id: 'i1',
      tasks: [
        {
          task_id: 'a',
          task_name: 'A',
          task_type: 'validation',
          step_id: 's',
          input_data: { x: 1 },
        },
        {
          task_id: 'b',
          task_name: 'B',
          task_type: 'automation',
          step_id: 's',
          dependencies: ['a'],
          handler: { type: 'http', method: 'GET', url: 'https://x.example', headers: { a: 'b' } },
        },
      ],
      synchronization_points: [
        { sync_id: 'p', sync_name: 'P', sync_type: 'barrier', required_tasks: ['a', 'b'] },
      ],
      load_balancing: { strategy: 'priority_based', resource_constraints: { cpu: 2 } },
    },
  ],
  [
    CreateWorkflowRequest,
    {
      workflow_name: 'Leave',
      category: 'hr',
      steps: [
        {
          step_id: 'ask',
          step_name: 'Ask',
          step_type: 'user_task',
          order_sequence: 1,
          required_roles: ['employee'],
          handler: { type: 'delay', duration_ms: 0 },
        },
      ],
      routing_rules: [{ rule_id: 'r', condition_expression: 'a > 1', target_step_id: 'ask' }],
      approval_hierarchies: [{ level: 1, role_required: 'boss' }],
    },
  ],
];

class AsClassValidator extends Error {}

const slowly = new ValidationPipe({
  whitelist: true,
  forbidNonWhitelisted: true,
  forbidUnknownValues: true,
  transform: true,
  exceptionFactory: () => new AsClassValidator(),
});

/** What class-validator and class-transformer make of a body; undefined when they refuse it. */
async function slow(type: new () => object, body: object): Promise<unknown> {
  try {
    return await slowly.transform(structuredClone(body), { type: 'body', metatype: type });
  } catch (error) {
    if (error instanceof AsClassValidator) return undefined;
    throw error;
  }
}

const HOSTILE = fc.constantFrom<unknown>(
  null,
  '',
  'x',
  'two words',
  'é'.repeat(201),
  0,
  -1,
  1.5,
  1e12,
  true,
  [],
  {},
  [null],
  [[]],
  ['x', 1],
  [{}],
  { type: 'worker' },
  { type: 'nobody' },
  { a: { b: [1] } },
  UUID,
);

interface Edit {
  place: number;
  value: unknown;
  kind: 'replace' | 'remove' | 'add';
  key: string;
}

const EDIT: fc.Arbitrary<Edit> = fc.record({
  place: fc.nat(),
  value: HOSTILE,
  kind: fc.constantFrom('replace', 'remove', 'add'),
  key: fc.constantFrom('unknown', 'toString', 'hasOwnProperty', 'priority', 'handler', 'length'),
});

/** All objects and lists in a body, with their keys. */
function placesIn(value: unknown): [holder: Record<string, unknown>, key: string][] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key): [Record<string, unknown>, string][] => [
    [holder, key],
    ...placesIn(holder[key]),
  ]);
}

function edited(body: object, edits: readonly Edit[]): object {
  const copy = structuredClone(body);
  for (const { place, value, kind, key } of edits) {
    const places = placesIn(copy);
    const found = places[place % Math.max(places.length, 1)];
    if (!found) continue;
    const [holder, at] = found;
    if (kind === 'remove' && !Array.isArray(holder)) Reflect.deleteProperty(holder, at);
    else holder[kind === 'add' && !Array.isArray(holder) ? key : at] = structuredClone(value);
  }
  return copy;
}

describe('readRightly', () => {
  it.each(BODIES)('reads a right %p without class-validator', async (type, body) => {
    const read = readRightly(type, structuredClone(body));
    expect(read).toBeInstanceOf(type);
    expect(read).toStrictEqual(await slow(type, body));
  });

  it.each(BODIES)(
    'accepts of %p what class-validator accepts, and the same value',
    async (type, body) => {
      let right = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(EDIT, { minLength: 1, maxLength: 3 }), async (edits) => {
          const sent = edited(body, edits);
          fc.pre(inspectJson(sent).length === 0);
          const read = readRightly(type, structuredClone(sent));
          const expected = await slow(type, sent);
          if (expected === undefined) expect(read).toBeUndefined();
          else if (read !== undefined) {
            right += 1;
            expect(read).toStrictEqual(expected);
          }
        }),
        { numRuns: 300 },
      );
      expect(right).toBeGreaterThan(0);
    },
  );

  it('leaves to class-validator what it cannot judge', () => {
    class Conditional {
      @ValidateIf((object: Conditional) => object.when) @IsInt() value: number;
      when = false;
    }
    class Grouped {
      @IsInt({ groups: ['some'] }) value: number;
    }
    class Below {
      @Min(1) least: number;
    }
    class Above {
      @IsOptional() @IsObject() @ValidateNested() @Type(() => Below) below: Below;
    }
    class Untyped {
      @ValidateNested() below: Below;
    }
    expect(readRightly(Conditional, { when: false })).toBeUndefined();
    expect(readRightly(Grouped, { value: 'x' })).toBeUndefined();
    expect(readRightly(Untyped, { below: { least: 2 } })).toBeUndefined();
    expect(readRightly(Above, { below: { least: 0 } })).toBeUndefined();
    expect(readRightly(Above, { below: 'text' })).toBeUndefined();
    expect(readRightly(Above, { below: null })).toEqual({ below: null });
    expect(readRightly(Above, { below: { least: 2 } })).toEqual({ below: { least: 2 } });
    expect(readRightly(String, 'text')).toBeUndefined();
    expect(readRightly(undefined, {})).toBeUndefined();
    expect(readRightly(Above, [])).toBeUndefined();
  });
});
