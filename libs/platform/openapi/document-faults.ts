import type { OpenAPIObject } from '@nestjs/swagger';
import { operationsOf, type Media, type Operation } from './complete.js';

type Schema = Record<string, unknown>;

/** What a reader would miss in the document, one sentence each; none when it is complete. */
export function documentFaults(document: OpenAPIObject): string[] {
  const schemas = (document.components?.schemas ?? {}) as Record<string, Schema>;
  const seen = new Set<string>();
  return operationsOf(document).flatMap(({ method, path, operation }) => {
    const faults = operationFaults(operation, schemas);
    const id = operation.operationId ?? '';
    if (seen.has(id)) faults.push(`operationId ${id} is used twice`);
    seen.add(id);
    return faults.map((fault) => `${method.toUpperCase()} ${path}: ${fault}`);
  });
}

function operationFaults(operation: Operation, schemas: Record<string, Schema>): string[] {
  const faults: string[] = [];
  // the id that @nestjs/swagger makes up by itself
  if (/^\w+Controller_/.test(operation.operationId ?? 'XController_'))
    faults.push('no operationId');
  if (!operation.summary) faults.push('no summary');
  if (!operation.description) faults.push('no description');
  const answers = Object.entries(operation.responses);
  const good = answers.filter(([status]) => /^[23]/.test(status));
  if (good.length === 0) faults.push('no successful answer');
  if (!answers.some(([, { content }]) => content?.['application/problem+json'])) {
    faults.push('no error codes');
  }
  const bodies = good.map(([status, { content }]) => ({ name: `answer ${status}`, content }));
  bodies.push({ name: 'request body', content: operation.requestBody?.content });
  for (const { name, content } of bodies) {
    for (const media of Object.values(content ?? {}))
      faults.push(...mediaFaults(name, media, schemas));
  }
  return faults;
}

function mediaFaults(name: string, media: Media, schemas: Record<string, Schema>): string[] {
  if (media.schema === undefined || Object.keys(media.schema).length === 0)
    return [`${name} has no schema`];
  const shown = media.example !== undefined || media.examples !== undefined;
  return shown || hasExample(media.schema, schemas, new Set()) ? [] : [`${name} has no example`];
}

/** An example anywhere in a schema: its own, or one of its fields. */
function hasExample(
  schema: Schema,
  schemas: Record<string, Schema>,
  visited: Set<unknown>,
): boolean {
  if (visited.has(schema)) return false;
  visited.add(schema);
  if (schema.example !== undefined || schema.examples !== undefined || schema.enum !== undefined) {
    return true;
  }
  const named =
    typeof schema.$ref === 'string' ? schemas[schema.$ref.split('/').at(-1) ?? ''] : undefined;
  const inner = [
    named,
    schema.items,
    ...['allOf', 'anyOf', 'oneOf'].flatMap((key) => (schema[key] as unknown[] | undefined) ?? []),
    ...Object.values((schema.properties as Record<string, unknown> | undefined) ?? {}),
  ];
  return inner.some(
    (part) =>
      typeof part === 'object' && part !== null && hasExample(part as Schema, schemas, visited),
  );
}
