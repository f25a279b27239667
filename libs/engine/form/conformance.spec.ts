import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { check } from './check.js';
import { compileSchema } from './compile-schema.js';
import { LIMITS } from './types.js';

/*
 * The JSON Schema Test Suite (json-schema-org/JSON-Schema-Test-Suite 44401e0, MIT, © 2012 Julian Berman), draft 2020-12:
 * what it requires, and the formats that are asserted. Left out are the files on other resources than the schema itself
 * (refRemote, dynamicRef, vocabulary), which forms have not, those that say `format` asserts
 * nothing, and what punycode in a hostname stands for.
 */
const FILE = join(import.meta.dirname, '../../../test/conformance/json-schema-2020-12.json');

interface Group {
  description: string;
  schema: unknown;
  tests: { description: string; data: unknown; valid: boolean }[];
}

const suite = JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, Group[]>;

/** Refused when the form is stored: they name other schemas, or have resources in them. */
const OTHER_RESOURCES = new Set(['remote_reference', 'nested_id', 'unknown_dialect']);

describe('JSON Schema 2020-12', () => {
  const left: string[] = [];

  it.each(Object.keys(suite))('is checked as the standard says: %s', (name) => {
    const wrong: string[] = [];
    for (const { description, schema, tests } of suite[name] ?? []) {
      const { root, faults, tracks } = compileSchema(schema, { left: LIMITS.pattern_size });
      if (faults.some(({ code }) => OTHER_RESOURCES.has(code))) {
        left.push(`${name}: ${description}`);
        continue;
      }
      if (faults.length > 0) wrong.push(`${description}: ${JSON.stringify(faults)}`);
      for (const test of tests) {
        const fits = check(root, test.data, '', tracks).length === 0;
        if (fits !== test.valid) wrong.push(`${description}: ${test.description}: ${fits}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('leaves out schemas with other resources, and no more', () => {
    expect(left).toMatchInlineSnapshot(`
      [
        "anchor: Location-independent identifier with absolute URI",
        "anchor: Location-independent identifier with base URI change in subschema",
        "anchor: same $anchor with different base uri",
        "defs: validate definition against metaschema",
        "optional/unknownKeyword: $id inside an unknown keyword is not a real identifier",
        "ref: remote ref, containing refs itself",
        "ref: Recursive references between schemas",
        "ref: refs with relative uris and defs",
        "ref: relative refs with absolute uris and defs",
        "ref: $id must be resolved against nearest parent, not just immediate parent",
        "ref: order of evaluation: $id and $ref",
        "ref: order of evaluation: $id and $anchor and $ref",
        "ref: order of evaluation: $id and $ref on nested schema",
        "ref: URN ref with nested pointer ref",
        "ref: ref to if",
        "ref: ref to then",
        "ref: ref to else",
        "ref: ref with absolute-path-reference",
        "unevaluatedItems: unevaluatedItems with $dynamicRef",
        "unevaluatedProperties: unevaluatedProperties with $dynamicRef",
      ]
    `);
  });
});
