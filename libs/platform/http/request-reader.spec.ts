import 'reflect-metadata';
import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { IsInt, Min } from 'class-validator';
import { ValidationError } from '#engine/errors';
import { operationsOf } from './operation.js';
import { PageQuery } from './page.js';
import { ClientIdParam, UuidParam } from './params.js';
import { queryFaults, readRequest } from './request-reader.js';

const ID = '0190B7A4-27A5-7D6E-8C7B-2F1A3C4D5E6F';

class Work {
  @IsInt() @Min(1) seconds: number;
}

@Controller('tasks')
class Tasks {
  @Post(':task_id/of/:worker_id')
  @HttpCode(202)
  work(
    @UuidParam('task_id') _task_id: string,
    @ClientIdParam('worker_id') _worker_id: string,
    @Body() _work: Work,
  ): void {}

  @Get()
  list(@Query() _query: PageQuery): void {}

  @Post('as-sent')
  asSent(@Body() _body: unknown): void {}
}

const discovery = {
  getControllers: () => [
    { metatype: Tasks, instance: new Tasks(), isDependencyTreeStatic: () => true },
  ],
} as unknown as DiscoveryService;
const operations = operationsOf(discovery);
const operationAt = (key: string) => {
  const found = operations.find(({ method, path }) => `${method} ${path}` === key);
  if (!found) throw new Error(`no operation ${key}`);
  return found.operation;
};
const work = operationAt('POST /tasks/:task_id/of/:worker_id');
const list = operationAt('GET /tasks');

async function read(operation: typeof work, parts: Partial<FastifyRequest>) {
  const request = { params: {}, query: {}, ...parts } as FastifyRequest;
  await readRequest(request, operation);
  return request;
}

async function faultOf(operation: typeof work, parts: Partial<FastifyRequest>) {
  const error: unknown = await read(operation, parts).catch((thrown: unknown) => thrown);
  if (!(error instanceof ValidationError)) throw new Error('nothing was refused', { cause: error });
  return error.faults.map(({ pointer, code }) => ({ pointer, code }));
}

describe('operationsOf', () => {
  it('tells what each operation takes, and how it answers', () => {
    expect(operations).toHaveLength(3);
    expect(work).toMatchObject({ status: 202, query: undefined, body: Work });
    expect(work.params.map(({ name }) => name)).toEqual(['task_id', 'worker_id']);
    expect(list).toMatchObject({ status: 200, params: [], query: PageQuery, body: undefined });
    expect(operationAt('POST /tasks/as-sent')).toMatchObject({ status: 201, body: undefined });
  });
});

describe('readRequest', () => {
  it('hands over what the operation takes', async () => {
    const request = await read(work, {
      params: { task_id: ID, worker_id: 'w-1' },
      body: { seconds: 5 },
    });
    expect(request.params).toEqual({ task_id: ID.toLowerCase(), worker_id: 'w-1' });
    expect(request.body).toBeInstanceOf(Work);
    expect((await read(list, { query: {} })).query).toBeInstanceOf(PageQuery);
  });

  it('waits for nothing where all is right', () => {
    const request = { params: { task_id: ID, worker_id: 'w-1' }, query: {}, body: { seconds: 5 } };
    expect(readRequest(request as unknown as FastifyRequest, work)).toBeUndefined();
  });

  it.each([
    [{ params: { task_id: 'x', worker_id: 'w-1' }, body: {} }, '{task_id}', 'is_uuid'],
    [{ params: { task_id: ID, worker_id: 'a b' }, body: {} }, '{worker_id}', 'is_client_id'],
    [{ params: { task_id: ID, worker_id: 'w-1' }, body: { seconds: 0 } }, '/seconds', 'min'],
    [{ params: { task_id: ID, worker_id: 'w-1' }, body: [] }, '', 'is_object'],
    [{ params: { task_id: ID, worker_id: 'w-1' }, body: undefined }, '/seconds', 'required'],
  ])('refuses %j', async (parts, pointer, code) => {
    expect(await faultOf(work, parts)).toEqual([{ pointer, code }]);
  });

  it('refuses what a query does not have', async () => {
    expect(await faultOf(list, { query: { colour: 'red' } })).toEqual([
      { pointer: '?colour', code: 'unknown_field' },
    ]);
  });
});

describe('queryFaults', () => {
  it('refuses fields where an operation has no query', () => {
    expect(queryFaults({}, work)).toEqual([]);
    expect(queryFaults({ colour: 'red' }, work)).toMatchObject([
      { pointer: '?colour', code: 'unknown_field' },
    ]);
    expect(queryFaults({ colour: 'red' }, list)).toEqual([]);
    expect(queryFaults({ colour: 'red' }, undefined)).toEqual([]);
  });

  it('refuses everywhere what cannot be stored', () => {
    expect(queryFaults({ cursor: 'a\u0000' }, list)).toMatchObject([
      { pointer: '?cursor', code: 'unstorable_text' },
    ]);
  });
});
