import type { LoggerService } from '@nestjs/common';
import { pino, type DestinationStream, type Logger as Pino } from 'pino';
import type { LogFormat, LogLevel } from '#platform/config';
import { correlationId } from './correlation.js';
import { describeError } from './describe-error.js';
import { lineTime } from './line-time.js';
import { withoutSecrets } from './secrets.js';
import { textDestination } from './text-format.js';

/** One JSON object a line on stdout, or readable text for a terminal; each carries the correlation id where there is one. */
export function createPino(
  options: { level: LogLevel; format: LogFormat },
  output: DestinationStream = process.stdout,
): Pino {
  const form = lineForm(options.level);
  return pino(
    {
      ...form,
      formatters: { ...form.formatters, log: withoutSecrets },
      serializers: {
        err: (error: unknown) => (error instanceof Error ? describeError(error) : error),
      },
      mixin: () => {
        const correlation_id = correlationId();
        return correlation_id === undefined ? {} : { correlation_id };
      },
    },
    options.format === 'text' ? textDestination(output) : output,
  );
}

/** What every line has in common. */
export function lineForm(level: LogLevel) {
  return {
    level,
    base: { service: 'complex-workflows' },
    timestamp: () => lineTime(),
    formatters: { level: (label: string) => ({ level: label }) },
  };
}

/** Nest tells every module and route it sets up; of interest to whoever debugs the start. */
const SETUP_CONTEXTS = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

/** What Nest's `new Logger(context)` writes through: `(message, …details, context)`, the context last. */
export class NestLogger implements LoggerService {
  constructor(private readonly pino: Pino) {}

  log(message: unknown, ...rest: unknown[]): void {
    const level = SETUP_CONTEXTS.has(String(rest.at(-1))) ? 'debug' : 'info';
    this.write(level, message, rest);
  }
  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }
  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }
  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }
  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }
  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  private write(
    level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace',
    message: unknown,
    rest: unknown[],
  ): void {
    if (!this.pino.isLevelEnabled(level)) return;
    const last = rest.at(-1);
    const context = typeof last === 'string' ? last : undefined;
    const details = context === undefined ? rest : rest.slice(0, -1);
    const fields: Record<string, unknown> = context === undefined ? {} : { context };
    for (const detail of details) {
      if (detail instanceof Error) fields.err = detail;
      else if (typeof detail === 'string') fields.stack = detail;
      else if (typeof detail === 'object' && detail !== null) Object.assign(fields, detail);
    }
    if (message instanceof Error) {
      this.pino[level]({ ...fields, err: message }, describeError(message).message);
    } else if (typeof message === 'object' && message !== null)
      this.pino[level]({ ...fields, ...message });
    else this.pino[level](fields, String(message));
  }
}
