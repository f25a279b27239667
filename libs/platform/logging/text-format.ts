import type { DestinationStream } from 'pino';

const QUIET = new Set(['level', 'time', 'service', 'msg', 'context', 'stack', 'err']);

/** Turns pino's lines into `20:24:01 info  [Context] message key=value`, for people at a terminal. */
export function textDestination(output: DestinationStream): DestinationStream {
  return { write: (line) => output.write(asText(line)) };
}

export function asText(line: string): string {
  const entry = JSON.parse(line) as Record<string, unknown>;
  const time = String(entry.time).slice(11, 19);
  const context = typeof entry.context === 'string' ? `[${entry.context}] ` : '';
  const fields = Object.entries(entry)
    .filter(([key]) => !QUIET.has(key))
    .map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const err = entry.err as { stack?: string } | undefined;
  const stack = err?.stack ?? entry.stack;
  const below = typeof stack === 'string' ? `\n${stack}` : '';
  const message = typeof entry.msg === 'string' ? entry.msg : '';
  return `${time} ${String(entry.level).padEnd(5)} ${context}${message}${fields.join('')}${below}\n`;
}
