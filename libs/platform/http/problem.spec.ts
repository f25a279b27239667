import { HttpException, NotFoundException } from '@nestjs/common';
import { DomainError, ValidationError } from '#engine/errors';
import { problemOf } from './problem.js';

const request = { url: '/api/v1/workflows/x?token=1', id: 'c-1' };
const answer = (error: unknown) => problemOf(error, request);
const fault = (code: string) => ({ pointer: '/a', code, message: 'It is wrong.' });

describe('problemOf', () => {
  it('tells which refusal it is, where, and its facts', () => {
    const error = new DomainError('workflow_not_found', 'There is no such workflow.', {
      workflow_id: 'w',
    });
    expect(answer(error)).toEqual({
      status: 404,
      headers: {},
      body: {
        type: 'urn:complex-workflows:problem:workflow_not_found',
        title: 'Workflow not found',
        status: 404,
        detail: 'There is no such workflow.',
        code: 'workflow_not_found',
        instance: '/api/v1/workflows/x',
        correlation_id: 'c-1',
        workflow_id: 'w',
      },
    });
  });

  it('does not let facts stand in for what it says itself', () => {
    const error = new DomainError('forbidden', 'No.', { status: 200, code: 'ok', type: 'x' });
    expect(answer(error).body).toMatchObject({ status: 403, code: 'forbidden' });
  });

  it('lists every fault', () => {
    const { status, body } = answer(new ValidationError([fault('required'), fault('is_text')]));
    expect(status).toBe(400);
    expect(body.errors).toEqual([
      { pointer: '/a', code: 'required', detail: 'It is wrong.' },
      { pointer: '/a', code: 'is_text', detail: 'It is wrong.' },
    ]);
  });

  it('answers with the status of the one refusal that all faults are', () => {
    expect(answer(new ValidationError([fault('workflow_not_found')])).status).toBe(404);
    const mixed = new ValidationError([fault('workflow_not_found'), fault('required')]);
    expect(answer(mixed)).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
  });

  it.each([
    [new NotFoundException('Cannot GET /x'), 404, 'route_not_found'],
    [new HttpException('too large', 413), 413, 'body_too_large'],
    [new HttpException('type', 415), 415, 'unsupported_media_type'],
    [new HttpException('bad url', 400), 400, 'validation_failed'],
    [new HttpException('teapot', 418), 400, 'validation_failed'],
    [new HttpException('gateway', 502), 500, 'internal_error'],
  ])('knows what Nest and Fastify mean by %p', (error, status, code) => {
    expect(answer(error)).toMatchObject({ status, body: { status, code } });
  });

  it.each([
    Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
    Object.assign(new Error('down'), { code: '57P01' }),
    Object.assign(new Error('many'), { driverError: { code: '53300' } }),
    Object.assign(new AggregateError([Object.assign(new Error('x'), { code: 'ENOTFOUND' })])),
    new Error('Connection terminated unexpectedly'),
    new Error('outer', { cause: new Error('timeout exceeded when trying to connect') }),
  ])('asks to come back when the database is away: %p', (error) => {
    const { status, headers, body } = answer(error);
    expect({ status, code: body.code, retry: headers['retry-after'] }).toEqual({
      status: 503,
      code: 'unavailable',
      retry: '5',
    });
  });

  it('blames the value that PostgreSQL cannot take on the request', () => {
    const error = Object.assign(new Error('out of range'), { driverError: { code: '22003' } });
    expect(answer(error)).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
  });

  it.each([new Error('password=s3cret'), 's3cret', null, undefined, { s3cret: 1 }])(
    'says nothing of what went wrong inside: %p',
    (thrown) => {
      const { status, body } = answer(thrown);
      expect(status).toBe(500);
      expect(JSON.stringify(body)).not.toContain('s3cret');
    },
  );

  it('tells how to authenticate, what is allowed, and when to come back', () => {
    expect(answer(new DomainError('unauthenticated', 'x')).headers['www-authenticate']).toBe(
      'Bearer',
    );
    const method = new DomainError('method_not_allowed', 'x', { allow: ['GET', 'HEAD'] });
    expect(answer(method).headers.allow).toBe('GET, HEAD');
    const busy = new DomainError('too_many_requests', 'x', { retry_after_seconds: 1.2 });
    expect(answer(busy).headers['retry-after']).toBe('2');
  });
});
