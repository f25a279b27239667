import 'reflect-metadata';
import { Type } from 'class-transformer';
import {
  ArrayMinSize,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  Min,
  ValidateNested,
} from 'class-validator';
import { ValidationError, type Fault } from '#engine/errors';
import { PageQuery } from './page.js';
import { RequestValidationPipe } from './validation.pipe.js';
import { IsClientId, IsJsonObject, IsText, QueryBoolean } from './validators.js';

class Step {
  @IsClientId() step_id: string;
  @IsIn(['user_task', 'approval']) step_type: string;
  @IsInt() @Min(0) order: number = 0;
  @IsArray() @IsText({ max: 3 }, { each: true }) roles: string[] = [];
}

class Workflow {
  @IsText({ min: 3, max: 5 }) name: string;
  @IsJsonObject() data: Record<string, unknown> = {};
  @IsOptional() @IsClientId() tree_id?: string | null;
  @IsArray() @ArrayMinSize(1) @ValidateNested({ each: true }) @Type(() => Step) steps: Step[];
}

class Filter extends PageQuery {
  @IsOptional() @QueryBoolean() active?: boolean;
}

const pipe = new RequestValidationPipe();
const asBody = (value: unknown) => pipe.transform(value, { type: 'body', metatype: Workflow });
const asQuery = (value: unknown) => pipe.transform(value, { type: 'query', metatype: Filter });

async function faultsOf(work: Promise<unknown>): Promise<Fault[]> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ValidationError)) throw new Error('nothing was refused', { cause: error });
  return [...error.faults];
}

const step = { step_id: 's1', step_type: 'approval' };

describe('RequestValidationPipe', () => {
  it('fills in defaults and leaves the rest as it was sent', async () => {
    const body = await asBody({ name: 'abc', steps: [step] });
    expect(body).toBeInstanceOf(Workflow);
    expect(body).toEqual({ name: 'abc', data: {}, steps: [{ ...step, order: 0, roles: [] }] });
  });

  it('lists every fault with the pointer of its field', async () => {
    const faults = await faultsOf(
      asBody({
        name: 'ab',
        extra: 1,
        data: [],
        steps: [step, { step_id: 'no spaces', step_type: 'other', order: 1.5, roles: ['long'] }],
      }),
    );
    expect(Object.fromEntries(faults.map(({ pointer, code }) => [pointer, code]))).toEqual({
      '/extra': 'unknown_field',
      '/name': 'is_text',
      '/data': 'is_json_object',
      '/steps/1/step_id': 'is_client_id',
      '/steps/1/step_type': 'is_in',
      '/steps/1/order': 'is_int',
      '/steps/1/roles': 'is_text',
    });
    expect(faults.every(({ message }) => message.endsWith('.'))).toBe(true);
  });

  it('says once that a field is missing, not what its value should have been', async () => {
    expect(await faultsOf(asBody({}))).toEqual([
      { pointer: '/name', code: 'required', message: 'name is required.' },
      { pointer: '/steps', code: 'required', message: 'steps is required.' },
    ]);
    expect(await faultsOf(asBody(undefined))).toHaveLength(2);
  });

  it('says of a list that it is too short, and of an item that it is no object', async () => {
    expect(await faultsOf(asBody({ name: 'abc', steps: [] }))).toMatchObject([
      { pointer: '/steps', message: 'steps must contain at least 1 element.' },
    ]);
    expect(await faultsOf(asBody({ name: 'abc', steps: [step, null] }))).toMatchObject([
      { pointer: '/steps/1', message: 'It must be an object.' },
    ]);
  });

  it('takes null only where it may be left out', async () => {
    await expect(asBody({ name: 'abc', tree_id: null, steps: [step] })).resolves.toMatchObject({
      tree_id: null,
    });
    const [fault] = await faultsOf(asBody({ name: 'abc', data: null, steps: [step] }));
    expect(fault).toMatchObject({ pointer: '/data', code: 'is_json_object' });
  });

  it.each([[[step]], ['text'], [5], [true]])('wants one object, not %p', async (body) => {
    expect(await faultsOf(asBody(body))).toMatchObject([{ pointer: '', code: 'is_object' }]);
  });

  it('converts nothing by itself', async () => {
    const [fault] = await faultsOf(asBody({ name: 123, steps: [{ ...step, order: '1' }] }));
    expect(fault).toMatchObject({ pointer: '/name', code: 'is_text' });
  });

  it("keeps a user's own object whole, also under names that every object inherits", async () => {
    const data = { toString: 'a', constructor: 1, hasOwnProperty: null, deep: { valueOf: [] } };
    const body = (await asBody({ name: 'abc', data, steps: [step] })) as Workflow;
    expect(JSON.stringify(body.data)).toBe(JSON.stringify(data));
  });

  it('counts characters, not the halves of which some are made', async () => {
    await expect(asBody({ name: '😀😀😀😀😀', steps: [step] })).resolves.toBeDefined();
    await expect(faultsOf(asBody({ name: '😀😀', steps: [step] }))).resolves.toHaveLength(1);
  });

  it.each([
    ['True', true],
    ['1', true],
    ['FALSE', false],
    ['0', false],
  ])('reads the query value %s', async (active, expected) => {
    await expect(asQuery({ active })).resolves.toMatchObject({ active: expected, limit: 50 });
  });

  it('points at query fields by name', async () => {
    const faults = await faultsOf(asQuery({ active: 'yes', limit: '0', Limit: '5' }));
    expect(faults.map(({ pointer }) => pointer).sort()).toEqual(['?Limit', '?active', '?limit']);
  });

  it.each(['', ' 5', '5.0', '0x10', '201', '1e1', ['1', '2']])(
    'takes no %p for a limit',
    async (limit) => {
      expect((await faultsOf(asQuery({ limit }))).map(({ pointer }) => pointer)).toContain(
        '?limit',
      );
    },
  );
});
