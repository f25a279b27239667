import 'reflect-metadata';
import { Body, Controller, Get, Module, Post, Query } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  type OpenAPIObject,
} from '@nestjs/swagger';
import { IsArray, IsInt, IsOptional, Max, Min } from 'class-validator';
import { RouteAccess } from '#platform/auth';
import { ApiProblems, IsClientId, IsText, PageQuery, UuidParam } from '#platform/http';
import { buildDocument } from './document.js';
import { documentFaults } from './document-faults.js';

class TaskRequest {
  @ApiProperty({ example: 'task-1' }) @IsClientId() task_id: string;
  @IsText({ min: 1, max: 20 }) name: string;
  @IsInt() @Min(1) @Max(9) weight: number = 3;
  @IsOptional() @IsText({ max: 10 }) note?: string;
  @ApiProperty({ type: [String] }) @IsArray() @IsClientId({ each: true }) after: string[] = [];
}

class TaskAnswer {
  @ApiProperty({ example: 'task-1' }) task_id: string;
}

@Controller('tasks')
class TasksController {
  @Post()
  @ApiOperation({ operationId: 'createTask', summary: 'Create', description: 'Creates a task.' })
  @ApiCreatedResponse({ type: TaskAnswer })
  @ApiProblems('execution_exists', 'execution_ended', 'workflow_not_found')
  create(@Body() body: TaskRequest): TaskAnswer {
    return body;
  }

  @Get(':execution_id')
  @ApiOperation({ operationId: 'readTask', summary: 'Read', description: 'Reads a task.' })
  @ApiOkResponse({ type: TaskAnswer })
  read(@UuidParam('execution_id') task_id: string, @Query() _query: PageQuery): TaskAnswer {
    return { task_id };
  }

  @Get('bare')
  bare(): void {}
}

const ROWS = {
  'POST /tasks': ['operator', 'admin'],
  'GET /tasks/{execution_id}': 'everybody',
} as const;

@Module({ controllers: [TasksController] })
class TasksModule {}

describe('the OpenAPI document', () => {
  let document: OpenAPIObject;
  beforeAll(async () => {
    const app = await NestFactory.create(TasksModule, new FastifyAdapter(), { logger: false });
    document = buildDocument(app, '1.2.3', new RouteAccess(ROWS, ''));
    await app.close();
  });

  it('is OpenAPI 3.1', () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(document.info.version).toBe('1.2.3');
  });

  it('promises what the validation checks', () => {
    expect(document.components?.schemas?.TaskRequest).toEqual({
      type: 'object',
      required: ['task_id', 'name'],
      properties: {
        task_id: { type: 'string', pattern: '^[A-Za-z0-9_.:-]{1,100}$', example: 'task-1' },
        name: { type: 'string', minLength: 1, maxLength: 20 },
        weight: { type: 'integer', minimum: 1, maximum: 9, default: 3 },
        note: { type: 'string', minLength: 0, maxLength: 10 },
        after: {
          type: 'array',
          default: [],
          items: { type: 'string', pattern: '^[A-Za-z0-9_.:-]{1,100}$' },
        },
      },
    });
  });

  it('tells the kind of path and query parameters', () => {
    expect(document.paths['/tasks/{execution_id}']?.get?.parameters).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          name: 'execution_id',
          in: 'path',
          schema: { type: 'string', format: 'uuid' },
        }),
        expect.objectContaining({ name: 'limit', in: 'query', required: false }),
      ]),
    );
  });

  it('lists the refusals of an operation and those of all, an example each', () => {
    const { responses } = document.paths['/tasks']!.post!;
    const codesOf = (status: string) => {
      const content = (responses[status] as { content: Record<string, { examples: object }> })
        .content;
      return Object.keys(content['application/problem+json']!.examples);
    };
    expect(Object.keys(responses).sort()).toEqual(
      '201 400 401 403 404 409 413 415 422 429 500 503'.split(' '),
    );
    expect(codesOf('409')).toEqual([
      'execution_exists',
      'execution_ended',
      'idempotency_in_progress',
      'idempotency_answer_lost',
    ]);
    expect(codesOf('400')).toEqual(['validation_failed', 'malformed_json']);
  });

  it('asks for no key where none is needed', () => {
    const { security, responses } = document.paths['/tasks/{execution_id}']!.get!;
    expect(security).toEqual([{}]);
    expect(responses).not.toHaveProperty('401');
  });

  it('shows who has left something out', () => {
    expect(documentFaults(document)).toEqual([
      'GET /tasks/bare: no operationId',
      'GET /tasks/bare: no summary',
      'GET /tasks/bare: no description',
    ]);
  });
});
