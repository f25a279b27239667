import type { RE2JS } from 're2js';

export const JSON_TYPES = [
  'null',
  'boolean',
  'object',
  'array',
  'number',
  'string',
  'integer',
] as const;
export type JsonType = (typeof JSON_TYPES)[number];

/** A pattern, in time linear in the text. */
export interface Pattern {
  source: string;
  regex: RE2JS;
}

/** One schema of a form, checked and made ready: its keywords as they are, its subschemas as nodes. */
export interface SchemaNode {
  /** Where it stands in the form, as a JSON pointer. */
  readonly at: string;
  /** A boolean schema: `false` admits nothing. */
  always?: boolean;
  title?: string;

  types?: readonly JsonType[];
  /** Canonical texts of what is allowed (see `canonical`), and how they are shown. */
  allowed?: { texts: ReadonlySet<string>; shown: string };
  multiple_of?: number;
  maximum?: number;
  exclusive_maximum?: number;
  minimum?: number;
  exclusive_minimum?: number;
  max_length?: number;
  min_length?: number;
  pattern?: Pattern;
  format?: string;
  max_items?: number;
  min_items?: number;
  unique_items?: boolean;
  min_contains?: number;
  max_contains?: number;
  max_properties?: number;
  min_properties?: number;
  required?: readonly string[];
  dependent_required?: ReadonlyMap<string, readonly string[]>;

  ref?: SchemaNode;
  all_of?: readonly SchemaNode[];
  any_of?: readonly SchemaNode[];
  one_of?: readonly SchemaNode[];
  not?: SchemaNode;
  if?: SchemaNode;
  then?: SchemaNode;
  else?: SchemaNode;
  dependent_schemas?: ReadonlyMap<string, SchemaNode>;

  prefix_items?: readonly SchemaNode[];
  items?: SchemaNode;
  contains?: SchemaNode;
  unevaluated_items?: SchemaNode;
  properties?: ReadonlyMap<string, SchemaNode>;
  pattern_properties?: readonly { pattern: Pattern; node: SchemaNode }[];
  additional_properties?: SchemaNode;
  property_names?: SchemaNode;
  unevaluated_properties?: SchemaNode;
}

/** What a form may ask of whoever stores it, and of the process that checks an output. */
export const LIMITS = {
  /** JSON values in one form, and how deep they stand in each other. */
  values: 5_000,
  depth: 60,
  pattern_length: 1_000,
  /** Of all patterns of one definition: what they are compiled to, in RE2's instructions. */
  pattern_size: 20_000,
  /** Steps of checking one output: one is about a schema looked at, or sixteen characters. Some 200 ms at most. */
  check_steps: 300_000,
  /** Schemas that are in each other while an output is checked. */
  check_depth: 500,
  /** Faults that one answer lists. */
  faults: 1_000,
} as const;
