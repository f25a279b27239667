import { type Fault, pointerTo } from '#engine/errors';
import { ExpressionLimitError, ExpressionSyntaxError } from '#engine/expression';

import { compileTemplate, isTemplate } from './template.js';
import type { Handler } from './types.js';

export const HTTP_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** `log` writes an event of the execution and a log line; `webhook` posts to `to`. */
export const NOTIFICATION_CHANNELS = ['log', 'webhook'] as const;

export const MAX_DELAY_MS = 366 * 24 * 60 * 60 * 1000;

/** What is wrong with a handler whose fields have the right types. Pointers begin with `at`. */
export function handlerFaults(handler: Handler, at: string): Fault[] {
  switch (handler.type) {
    case 'worker':
    case 'gather':
      return [];
    case 'delay':
      return delayFaults(handler.duration_ms, `${at}/duration_ms`);
    case 'http':
      return [
        ...oneOf(handler.method.toUpperCase(), HTTP_METHODS, `${at}/method`),
        ...urlFaults(handler.url, `${at}/url`),
        ...templateFaults(handler.headers, `${at}/headers`),
        ...templateFaults(handler.body, `${at}/body`),
      ];
    case 'graphql':
      return [
        ...urlFaults(handler.url, `${at}/url`),
        ...templateFaults(handler.variables, `${at}/variables`),
      ];
    case 'notification':
      return [
        ...oneOf(handler.channel, NOTIFICATION_CHANNELS, `${at}/channel`),
        ...(handler.channel === 'webhook'
          ? urlFaults(handler.to, `${at}/to`)
          : templateFaults(handler.to, `${at}/to`)),
        ...templateFaults(handler.message, `${at}/message`),
      ];
  }
}

function delayFaults(durationMs: number, pointer: string): Fault[] {
  if (Number.isInteger(durationMs) && durationMs >= 0 && durationMs <= MAX_DELAY_MS) return [];
  return [
    {
      pointer,
      code: 'out_of_range',
      message: `duration_ms is a whole number of milliseconds from 0 to ${MAX_DELAY_MS} (a year).`,
    },
  ];
}

function oneOf(value: string, allowed: readonly string[], pointer: string): Fault[] {
  if (allowed.includes(value)) return [];
  return [
    {
      pointer,
      code: 'unknown_value',
      message: `${JSON.stringify(value)} is not supported here; use one of ${allowed.join(', ')}.`,
    },
  ];
}

/** An absolute http or https URL without credentials, or one with expressions that compile. */
export function urlFaults(url: string, pointer: string): Fault[] {
  if (isTemplate(url)) return templateFaults(url, pointer);
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const usable = parsed && (parsed.protocol === 'http:' || parsed.protocol === 'https:');
  if (usable && parsed.username === '' && parsed.password === '') return [];
  return [
    {
      pointer,
      code: 'bad_url',
      message:
        'Give an absolute http or https URL without a user name; credentials go into headers.',
    },
  ];
}

/** One fault for each string in `value` whose `{{ expression }}` does not compile. */
export function templateFaults(value: unknown, pointer: string): Fault[] {
  if (typeof value === 'string') return compileFaults(() => compileTemplate(value), pointer);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, field]) =>
    templateFaults(field, pointerTo(pointer, key)),
  );
}

function compileFaults(work: () => unknown, pointer: string): Fault[] {
  try {
    work();
    return [];
  } catch (error) {
    if (error instanceof ExpressionSyntaxError || error instanceof ExpressionLimitError) {
      return [{ pointer, code: error.code, message: error.message }];
    }
    throw error;
  }
}
