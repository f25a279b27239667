import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { ErrorCode } from '#engine/errors';
import { PROBLEM_STATUS, titleOf, typeOf } from './problem-status.js';

/** Documents the refusals of an operation, one example a code. Validation, authentication and 500 come by themselves. */
export function ApiProblems(...codes: ErrorCode[]): MethodDecorator & ClassDecorator {
  const statuses = [...new Set(codes.map((code) => PROBLEM_STATUS[code]))];
  return applyDecorators(
    ...statuses.map((status) =>
      ApiResponse(problemResponse(codes.filter((code) => PROBLEM_STATUS[code] === status))),
    ),
  );
}

/** The response of refusals that share a status. */
export function problemResponse(codes: readonly ErrorCode[]) {
  const examples = codes.map((code) => [code, { $ref: `#/components/examples/${nameOf(code)}` }]);
  return {
    status: PROBLEM_STATUS[codes[0] ?? 'internal_error'],
    description: codes.map((code) => `\`${code}\``).join(', '),
    content: {
      'application/problem+json': {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: Object.fromEntries(examples) as Record<string, { $ref: string }>,
      },
    },
  };
}

/** Every problem as an example, for `components.examples`. */
export function problemExamples(): Record<string, { summary: string; value: unknown }> {
  const codes = Object.keys(PROBLEM_STATUS) as ErrorCode[];
  return Object.fromEntries(
    codes.map((code) => [nameOf(code), { summary: titleOf(code), value: exampleOf(code) }]),
  );
}

function nameOf(code: ErrorCode): string {
  return `problem_${code}`;
}

function exampleOf(code: ErrorCode): Record<string, unknown> {
  const example = {
    type: typeOf(code),
    title: titleOf(code),
    status: PROBLEM_STATUS[code],
    detail: `${titleOf(code)}.`,
    code,
    instance: '/api/v1/workflows/multi-step/create',
    correlation_id: '4bf92f3577b34da6a3ce929d0e0e4736',
  };
  if (code !== 'validation_failed') return example;
  const fault = { pointer: '/steps/0/step_id', code: 'required', detail: 'step_id is required.' };
  return { ...example, detail: fault.detail, errors: [fault] };
}

const TEXT = { type: 'string' } as const;

export const PROBLEM_SCHEMA = {
  type: 'object' as const,
  description: 'A refusal (RFC 9457). Further members are facts about it.',
  required: ['type', 'title', 'status', 'detail', 'code', 'instance', 'correlation_id'],
  properties: {
    type: { ...TEXT, format: 'uri' },
    title: TEXT,
    status: { type: 'integer' },
    detail: { ...TEXT, description: 'What is wrong and what to do next.' },
    code: { ...TEXT, enum: Object.keys(PROBLEM_STATUS) },
    instance: { ...TEXT, description: 'The path that was called.' },
    correlation_id: { ...TEXT, description: 'Quote it when you ask the operator.' },
    errors: {
      type: 'array',
      description: 'Every fault of what was sent.',
      items: {
        type: 'object',
        required: ['pointer', 'code', 'detail'],
        properties: {
          pointer: {
            ...TEXT,
            description:
              'JSON pointer (RFC 6901) into the body; `?name` for a query field, `{name}` for one of the path.',
          },
          code: TEXT,
          detail: TEXT,
        },
      },
    },
  },
  additionalProperties: true,
};
