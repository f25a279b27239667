import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { ErrorCode } from '#engine/errors';
import { PROBLEM_STATUS, titleOf, typeOf } from './problem-status.js';

/** Documents the refusals of an operation, one example a code. Validation, authentication and 500 come by themselves. */
export function ApiProblems(...codes: ErrorCode[]): MethodDecorator & ClassDecorator {
  const statuses = [...new Set(codes.map((code) => PROBLEM_STATUS[code]))];
  return applyDecorators(
    ...statuses.map((status) =>
      ApiResponse(
        problemResponse(
          status,
          codes.filter((code) => PROBLEM_STATUS[code] === status),
        ),
      ),
    ),
  ) as MethodDecorator & ClassDecorator;
}

export function problemResponse(status: number, codes: readonly ErrorCode[]) {
  return {
    status,
    description: codes.map((code) => `\`${code}\``).join(', '),
    content: {
      'application/problem+json': {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: Object.fromEntries(codes.map((code) => [code, { value: exampleOf(code) }])),
      },
    },
  };
}

function exampleOf(code: ErrorCode) {
  return {
    type: typeOf(code),
    title: titleOf(code),
    status: PROBLEM_STATUS[code],
    detail: `${titleOf(code)}.`,
    code,
    instance: '/api/v1/workflows/…',
    correlation_id: '4bf92f3577b34da6a3ce929d0e0e4736',
  };
}
