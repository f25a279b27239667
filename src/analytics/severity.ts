export const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** From 0; −1 where nothing is known. */
export const severityRank = (severity: Severity | null): number =>
  severity === null ? -1 : SEVERITIES.indexOf(severity);

/** A shorter wait is no bottleneck, however large its share of a short process. */
export const SHORT_WAIT_MINUTES = 1;
