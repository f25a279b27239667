import { type Fault, pointerTo } from '#engine/errors';
import { compile, expressionFaults } from '#engine/expression';
import type { JsonObject } from '#engine/graph';

/** What happened on one version in one span of time. */
export interface VersionMetrics {
  started: number;
  ended: number;
  /** Of those that ended: failed or timed out. */
  failed: number;
  /** Null: none has ended. */
  error_rate_percentage: number | null;
  /** From start to end; null: none has ended. */
  avg_duration_minutes: number | null;
  /** Steps and instances whose deadline passed in the span before they ended. */
  deadline_misses: number;
  escalations: number;
}

/** The new version since it was applied, and the former one in a span of the same length before. */
export interface Observation {
  span_minutes: number;
  current: VersionMetrics;
  before: VersionMetrics;
}

export interface Breach {
  condition: string;
  reason: string;
}

const AT = '/auto_rollback_conditions';
const DEFAULT_MINIMUM_ENDED = 5;
const LIMITS = ['error_rate_percentage', 'avg_duration_minutes', 'deadline_misses'] as const;
/** A rate and a mean say little about a few instances; a count says what it says. */
const NEEDS_ENDED: ReadonlySet<string> = new Set(['error_rate_percentage', 'avg_duration_minutes']);
const KNOWN: readonly string[] = [...LIMITS, 'expression', 'minimum_ended'];

/** What is wrong with `auto_rollback_conditions` as they were sent. */
export function conditionFaults(conditions: JsonObject): Fault[] {
  return Object.entries(conditions).flatMap(([name, value]) => {
    const pointer = pointerTo(AT, name);
    if (!KNOWN.includes(name)) {
      const message = `${name} is no condition; there are ${KNOWN.join(', ')}.`;
      return [{ pointer, code: 'unknown_field', message }];
    }
    if (name === 'expression') {
      return typeof value === 'string'
        ? expressionFaults(value, pointer)
        : [{ pointer, code: 'is_text', message: 'expression is FEEL text.' }];
    }
    if (typeof value === 'number' && value >= 0) return [];
    return [{ pointer, code: 'min', message: `${name} is a number of at least 0.` }];
  });
}

/** The conditions that hold: `auto_rollback_conditions` against an observation. */
export function breaches(conditions: JsonObject, observed: Observation, now: Date): Breach[] {
  const { current } = observed;
  const minimum = numberOr(conditions['minimum_ended'], DEFAULT_MINIMUM_ENDED);
  const found: Breach[] = [];
  for (const name of LIMITS) {
    const limit = conditions[name];
    const value = current[name];
    if (typeof limit !== 'number' || value === null || value <= limit) continue;
    if (NEEDS_ENDED.has(name) && current.ended < minimum) continue;
    const reason = `${name} is ${rounded(value)}, above ${limit} (${current.ended} instances ended).`;
    found.push({ condition: name, reason });
  }
  const { expression } = conditions;
  if (typeof expression === 'string') {
    const context = { ...current, span_minutes: observed.span_minutes, before: observed.before };
    if (compile(expression).test(context, { now }).matched) {
      found.push({ condition: 'expression', reason: `${expression} holds.` });
    }
  }
  return found;
}

function numberOr(value: unknown, fallback: number): number {
  return typeof value === 'number' ? value : fallback;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
