/** Keywords of older drafts that would be ignored, and what says the same now. */
export const OF_OLDER_DRAFTS: Readonly<Record<string, string>> = {
  dependencies: 'dependentRequired or dependentSchemas',
  additionalItems: 'prefixItems with items',
  $recursiveRef: '$dynamicRef',
};

type SingleKeyword =
  | 'not'
  | 'if'
  | 'then'
  | 'else'
  | 'contains'
  | 'items'
  | 'additional_properties'
  | 'property_names'
  | 'unevaluated_items'
  | 'unevaluated_properties';
type ListKeyword = 'all_of' | 'any_of' | 'one_of' | 'prefix_items';
type NamedKeyword = 'properties' | 'dependent_schemas';

/** Keywords with one schema, and where a node keeps it. */
export const SINGLE = new Map<string, SingleKeyword>([
  ['not', 'not'],
  ['if', 'if'],
  ['then', 'then'],
  ['else', 'else'],
  ['contains', 'contains'],
  ['items', 'items'],
  ['additionalProperties', 'additional_properties'],
  ['propertyNames', 'property_names'],
  ['unevaluatedItems', 'unevaluated_items'],
  ['unevaluatedProperties', 'unevaluated_properties'],
]);
/** With a list of schemas. */
export const LISTED = new Map<string, ListKeyword>([
  ['allOf', 'all_of'],
  ['anyOf', 'any_of'],
  ['oneOf', 'one_of'],
  ['prefixItems', 'prefix_items'],
]);
/** With schemas by their names. */
export const NAMED = new Map<string, NamedKeyword>([
  ['properties', 'properties'],
  ['dependentSchemas', 'dependent_schemas'],
]);

type NumberKeyword = 'maximum' | 'exclusive_maximum' | 'minimum' | 'exclusive_minimum';
type CountKeyword = `${'max' | 'min'}_${'length' | 'items' | 'contains' | 'properties'}`;

/** With a number. */
export const NUMBERS = new Map<string, NumberKeyword>([
  ['maximum', 'maximum'],
  ['exclusiveMaximum', 'exclusive_maximum'],
  ['minimum', 'minimum'],
  ['exclusiveMinimum', 'exclusive_minimum'],
]);
/** With a whole number, 0 or more. */
export const COUNTS = new Map<string, CountKeyword>([
  ['maxLength', 'max_length'],
  ['minLength', 'min_length'],
  ['maxItems', 'max_items'],
  ['minItems', 'min_items'],
  ['maxContains', 'max_contains'],
  ['minContains', 'min_contains'],
  ['maxProperties', 'max_properties'],
  ['minProperties', 'min_properties'],
]);
