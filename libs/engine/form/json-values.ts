/** A value's JSON with its keys in order: the same text for what JSON Schema calls equal. */
export function canonical(
  value: unknown,
  spend: (steps: number) => void = () => undefined,
): string {
  if (typeof value === 'string') {
    spend(1 + (value.length >> 4));
    return JSON.stringify(value);
  }
  spend(1);
  if (typeof value !== 'object' || value === null) return value === 0 ? '0' : String(value);
  if (Array.isArray(value)) {
    return `[${(value as unknown[]).map((item) => canonical(item, spend)).join(',')}]`;
  }
  const fields = value as Record<string, unknown>;
  const parts = Object.keys(fields)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(fields[key], spend)}`);
  return `{${parts.join(',')}}`;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
