import { Logger } from '@nestjs/common';
import type { DestinationStream, Logger as Pino } from 'pino';
import { pino } from 'pino';
import type { LogFormat, LogLevel } from '#platform/config';
import { GatheredLines } from './gathered-lines.js';
import { createPino, lineForm, NestLogger } from './logger.js';
import { textDestination } from './text-format.js';

/** What is told of a request: the template of its path, not the ids in it. */
export interface RequestLine {
  method: string;
  route: string;
  status: number;
  duration_ms: number;
  principal: string | undefined;
  correlation_id: string;
}

let requests: Pino | undefined;

/** Makes this process write its log: what Nest's `Logger` is told, and a line for each request. */
export function installLog(
  options: { level: LogLevel; format: LogFormat },
  output: DestinationStream = process.stdout,
): void {
  const inJson = options.format === 'json';
  const lines = inJson ? new GatheredLines(output) : output;
  Logger.overrideLogger(new NestLogger(createPino(options, lines)));
  const form = lineForm(options.level);
  const base = { ...form.base, context: 'Http' };
  requests = pino({ ...form, base }, inJson ? lines : textDestination(output));
}

/**
 * The line of a request, where its answer is worth one: `warn` of one that failed, `info` of one that was refused,
 * `debug` of all others, which metrics count and the audit names. Its fields are known, so nothing is looked through for
 * secrets.
 */
export function logRequest(status: number, line: () => RequestLine): void {
  const level = status >= 500 ? 'warn' : status >= 400 ? 'info' : 'debug';
  if (requests?.isLevelEnabled(level)) requests[level](line(), 'request');
}
