import type { FastifyInstance } from 'fastify';
import { ValidationError } from '#engine/errors';
import { inspectJson } from './body-check.js';

export const BODY_LIMIT_BYTES = 1024 * 1024;
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Bodies are JSON in UTF-8; anything else is 415. An empty body counts as none. */
export function acceptJsonBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(
    /^application\/(?:[\w.-]+\+)?json(?:\s*;|$)/i,
    { parseAs: 'buffer', bodyLimit: BODY_LIMIT_BYTES },
    (_request, body: Buffer, done) => {
      try {
        done(null, parseBody(body));
      } catch (error) {
        done(error as Error, undefined);
      }
    },
  );
}

/** @throws ValidationError `malformed_json`, or for what no body may hold */
export function parseBody(body: Uint8Array): unknown {
  if (body.length === 0) return undefined;
  const { text, value } = parseJson(body);
  // what cannot be stored cannot stand in UTF-8 or in JSON as it is, but only by its number
  const faults = inspectJson(value, !text.includes('\\u'));
  if (faults.length > 0) throw new ValidationError(faults);
  return value;
}

function parseJson(body: Uint8Array): { text: string; value: unknown } {
  try {
    const text = UTF8.decode(body);
    return { text, value: JSON.parse(text) };
  } catch (error) {
    const where = error instanceof SyntaxError ? ` ${positionOf(error.message)}` : '';
    const message = `The body is not JSON in UTF-8.${where}`;
    throw new ValidationError([{ pointer: '', code: 'malformed_json', message }]);
  }
}

/** Of V8's message only where it stopped: the rest quotes the body. */
function positionOf(message: string): string {
  const position = /at position (\d+)/.exec(message)?.[1];
  return position === undefined
    ? 'It ends too early.'
    : `It stops making sense at character ${position}.`;
}
