/** SQLSTATE class 22, data exception: its messages quote the value. */
const QUOTES_A_VALUE = /^22...$/;
/** What PostgreSQL says about where, without saying what was there. */
const PLACES = ['code', 'severity', 'schema', 'table', 'column', 'constraint', 'routine'] as const;
const MAX_CAUSES = 4;

export interface DescribedError {
  type: string;
  message: string;
  stack?: string;
  cause?: DescribedError;
  [place: string]: unknown;
}

/**
 * An error as the log shows it: what it is and where, never what it was about. pg and TypeORM hang a statement's
 * parameters and a row's values (`parameters`, `detail`, `where`) on theirs, which are data of the user's.
 */
export function describeError(error: Error, level = 0): DescribedError {
  const fields = error as unknown as Record<string, unknown>;
  const withheld = typeof fields.code === 'string' && QUOTES_A_VALUE.test(fields.code);
  const message = withheld
    ? `SQLSTATE ${String(fields.code)} (its value is not shown)`
    : error.message;
  const described: DescribedError = { type: error.name, message };
  for (const place of PLACES) {
    if (typeof fields[place] === 'string') described[place] = fields[place];
  }
  if (error.stack !== undefined)
    described.stack = `${error.name}: ${message}\n${framesOf(error.stack)}`;
  const cause = fields.driverError ?? error.cause;
  if (cause instanceof Error && level < MAX_CAUSES)
    described.cause = describeError(cause, level + 1);
  return described;
}

/** The stack's first lines repeat the message, however long. */
function framesOf(stack: string): string {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');
}
