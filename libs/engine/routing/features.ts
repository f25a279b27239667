import type { JsonObject } from '#engine/graph';

/** How one field of the data becomes features of a model. */
export type FieldEncoding = { path: string[]; missing: boolean } & (
  | { kind: 'number'; mean: number; deviation: number }
  | { kind: 'boolean' }
  /** Always the same where it is there. */
  | { kind: 'present' }
  | { kind: 'text'; values: string[] }
);

export interface Encoding {
  fields: FieldEncoding[];
}

/** The data that a decision rested on: what is sent over what the instance has, and the user's and the system's. */
export interface DecisionData {
  instance_data: JsonObject;
  workflow_data: JsonObject;
  user_context: JsonObject;
  system_context: JsonObject;
}

export function modelInput(data: DecisionData): JsonObject {
  const { instance_data, workflow_data, user_context: user, system_context: system } = data;
  return { ...instance_data, ...workflow_data, user, system };
}

const MOST_FEATURES = 40;
const MOST_VALUES = 12;
const DEEPEST = 3;
/** A value, a field or its absence tells nothing that was seen less often. */
const LEAST_CASES = 5;
/** Standard deviations; what lies beyond is taken for this far out. */
const FARTHEST = 6;

/**
 * How these data are told to a model: numbers as standard deviations from their mean, booleans as 0 and 1, texts of few
 * values one by one, and for each whether it is missing. Fields of many texts (names, ids), of mixed kinds and lists are
 * left aside. The fields seen most often come first, until there are 40 features.
 */
export function learnEncoding(inputs: readonly JsonObject[]): Encoding {
  const seen = new Map<string, unknown[]>();
  for (const input of inputs) {
    for (const [path, value] of leaves(input, [])) {
      const key = JSON.stringify(path);
      const values = seen.get(key);
      if (values) values.push(value);
      else seen.set(key, [value]);
    }
  }
  const candidates = [...seen]
    .sort(([one, a], [other, b]) => b.length - a.length || (one < other ? -1 : 1))
    .flatMap(([key, values]) => encodingOf(JSON.parse(key) as string[], values, inputs.length));
  const fields: FieldEncoding[] = [];
  let features = 0;
  for (const field of candidates) {
    features += widthOf(field);
    if (features > MOST_FEATURES) break;
    fields.push(field);
  }
  return { fields };
}

/** The features of some data, the first of them 1 for the intercept. */
export function encode({ fields }: Encoding, input: JsonObject): number[] {
  return [1, ...fields.flatMap((field) => featuresOf(field, valueAt(input, field.path)))];
}

/** What the features are, in their order. */
export function featureNames({ fields }: Encoding): string[] {
  return [
    'intercept',
    ...fields.flatMap((field) => {
      const name = field.path.join('.');
      if (field.kind === 'present') return [`${name} is there`];
      const own =
        field.kind === 'text'
          ? field.values.map((value) => `${name} = ${JSON.stringify(value)}`)
          : [name];
      return field.missing ? [...own, `${name} is missing`] : own;
    }),
  ];
}

function widthOf(field: FieldEncoding): number {
  return (field.kind === 'text' ? field.values.length : 1) + (field.missing ? 1 : 0);
}

function featuresOf(field: FieldEncoding, value: unknown): number[] {
  const own = ownFeatures(field, value);
  const none = own.every((each) => each === null);
  return [...own.map((each) => each ?? 0), ...(field.missing ? [none ? 1 : 0] : [])];
}

/** Null: the value is not there, or is none of this kind. */
function ownFeatures(field: FieldEncoding, value: unknown): (number | null)[] {
  switch (field.kind) {
    case 'number': {
      if (typeof value !== 'number') return [null];
      const away = (value - field.mean) / field.deviation;
      return [Math.max(-FARTHEST, Math.min(FARTHEST, away))];
    }
    case 'boolean':
      return [typeof value === 'boolean' ? Number(value) : null];
    case 'present':
      return [Number(value !== undefined && value !== null)];
    case 'text':
      return field.values.map((known) =>
        typeof value === 'string' ? Number(value === known) : null,
      );
  }
}

function encodingOf(path: string[], values: readonly unknown[], cases: number): FieldEncoding[] {
  if (values.length < LEAST_CASES) return [];
  const field = { path, missing: cases - values.length >= LEAST_CASES };
  if (values.every((value) => typeof value === 'number')) {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    const deviation = Math.sqrt(variance);
    if (!Number.isFinite(deviation) || deviation === 0) return presence(field);
    return [{ ...field, kind: 'number', mean, deviation }];
  }
  if (values.every((value) => typeof value === 'boolean')) {
    return new Set(values).size > 1 ? [{ ...field, kind: 'boolean' }] : presence(field);
  }
  if (!values.every((value) => typeof value === 'string')) return [];
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  if (counts.size === 1) return presence(field);
  const common = [...counts].filter(([, count]) => count >= LEAST_CASES).map(([value]) => value);
  if (counts.size > MOST_VALUES || common.length === 0) return [];
  return [{ ...field, kind: 'text', values: common.toSorted() }];
}

/** Of a field that is always the same: whether it is there, where that differs. */
function presence({ path, missing }: { path: string[]; missing: boolean }): FieldEncoding[] {
  return missing ? [{ path, missing: false, kind: 'present' }] : [];
}

function* leaves(value: object, path: readonly string[]): Generator<[string[], unknown]> {
  for (const [key, member] of Object.entries(value) as [string, unknown][]) {
    if (member === null || Array.isArray(member)) continue;
    if (typeof member !== 'object') yield [[...path, key], member];
    else if (path.length + 1 < DEEPEST) yield* leaves(member, [...path, key]);
  }
}

function valueAt(input: unknown, path: readonly string[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as JsonObject)[key];
  }
  return value;
}
