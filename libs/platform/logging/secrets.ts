const SECRETS: ReadonlySet<string> = new Set(['authorization', 'password', 'secret']);
const HIDDEN = '[hidden]';

/**
 * The fields of a log line without secrets, at the top and one level below. pino's own redaction by `*.password` takes
 * twice as long as the rest of the line.
 */
export function withoutSecrets(fields: Record<string, unknown>): Record<string, unknown> {
  let clean = fields;
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    const shown = SECRETS.has(name) ? HIDDEN : hiddenWithin(value);
    if (shown === value) continue;
    if (clean === fields) clean = { ...fields };
    clean[name] = shown;
  }
  return clean;
}

function hiddenWithin(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const secrets = Object.keys(value).filter((name) => SECRETS.has(name));
  if (secrets.length === 0) return value;
  const hidden = Object.fromEntries(secrets.map((name) => [name, HIDDEN]));
  return value instanceof Error
    ? { ...value, type: value.name, message: value.message, stack: value.stack, ...hidden }
    : { ...value, ...hidden };
}
