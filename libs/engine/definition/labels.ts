/** The longest label that a version may have. */
export const MAX_LABEL = 50;

/**
 * The label of the version after one: its last number counted up (`1.0` → `1.1`, `v2-beta` → `v3-beta`), or with one
 * appended (`first` → `first.1`), until it is not among those taken.
 */
export function nextLabel(label: string, taken: ReadonlySet<string>): string {
  let next = label;
  do {
    next = bumped(next);
  } while (taken.has(next));
  return next;
}

function bumped(label: string): string {
  const numbered = /^(.*?)(\d{1,15})(\D*)$/s.exec(label);
  if (!numbered) return `${label.slice(0, MAX_LABEL - 10)}.1`;
  const [, before = '', number = '0', after = ''] = numbered;
  const next = `${before}${Number(number) + 1}${after}`;
  // A label that has no room for another digit begins anew.
  return Array.from(next).length > MAX_LABEL ? `${label.slice(0, MAX_LABEL - 20)}-1` : next;
}
