/** A span in words: seconds below 2 minutes, minutes below 2 hours, hours below 2 days, else days. */
export function spanText(minutes: number): string {
  if (minutes < 2) return `${numberText(minutes * 60)} s`;
  if (minutes < 120) return `${numberText(minutes)} min`;
  return minutes < 2_880 ? `${numberText(minutes / 60)} h` : `${numberText(minutes / 1_440)} days`;
}

/** One decimal at most, but two figures that count. */
export function numberText(value: number): string {
  const rounded = Math.abs(value) < 1 ? Number(value.toPrecision(2)) : Math.round(value * 10) / 10;
  return String(rounded);
}

/** @param share 0–1 */
export const percentText = (share: number): string => `${numberText(share * 100)} %`;

export function countText(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
