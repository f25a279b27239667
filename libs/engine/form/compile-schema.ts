import { type Fault, pointerTo } from '#engine/errors';

import { compilePattern, type PatternBudget } from './patterns.js';
import { canonical, isObject } from './json-values.js';
import { COUNTS, LISTED, NAMED, NUMBERS, OF_OLDER_DRAFTS, SINGLE } from './keywords.js';
import { findEndless, resolveReferences } from './references.js';
import { sizeFault } from './size.js';
import { JSON_TYPES, type JsonType, type Pattern, type SchemaNode } from './types.js';

export const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

export interface CompiledSchema {
  root: SchemaNode;
  faults: Fault[];
  /** It has `unevaluated…`: what was evaluated has to be kept track of. */
  tracks: boolean;
}

/**
 * A schema of JSON Schema 2020-12 with everything that is wrong with it. Nothing is fetched, nothing is generated:
 * references stay within it. `format` is asserted where it is known (see formats.ts); other keywords that the standard
 * does not know are annotations.
 */
export function compileSchema(schema: unknown, budget: PatternBudget): CompiledSchema {
  const tooMuch = sizeFault(schema);
  if (tooMuch) return { root: { at: '' }, faults: [tooMuch], tracks: false };
  const compiler = new SchemaCompiler(budget);
  const root = compiler.node(schema, '');
  const { faults, nodes, references, anchors } = compiler;
  faults.push(...resolveReferences({ nodes, references, anchors, id: compiler.id }));
  if (faults.length === 0) faults.push(...findEndless(nodes.values()));
  return { root, faults, tracks: compiler.tracks };
}

class SchemaCompiler {
  readonly faults: Fault[] = [];
  readonly nodes = new Map<string, SchemaNode>();
  readonly references: { node: SchemaNode; at: string; reference: string }[] = [];
  readonly anchors = new Map<string, SchemaNode>();
  id: string | null = null;
  tracks = false;

  constructor(private readonly budget: PatternBudget) {}

  node(schema: unknown, at: string): SchemaNode {
    const node: SchemaNode = { at };
    this.nodes.set(at, node);
    if (typeof schema === 'boolean') node.always = schema;
    else if (isObject(schema)) this.keywords(node, schema);
    else this.fault(at, 'is_schema', 'A schema is an object, true or false.');
    return node;
  }

  private keywords(node: SchemaNode, schema: Record<string, unknown>): void {
    for (const [keyword, value] of Object.entries(schema)) {
      const at = pointerTo(node.at, keyword);
      const newer = Object.hasOwn(OF_OLDER_DRAFTS, keyword) ? OF_OLDER_DRAFTS[keyword] : undefined;
      if (newer !== undefined) {
        this.fault(at, 'older_draft', `${keyword} is of an older draft; use ${newer}.`);
      } else {
        this.core(node, keyword, value, at);
        this.applicator(node, keyword, value, at);
        this.assertion(node, keyword, value, at);
      }
    }
  }

  private core(node: SchemaNode, keyword: string, value: unknown, at: string): void {
    switch (keyword) {
      case '$schema':
        if (typeof value !== 'string' || value.replace(/#$/, '') !== DIALECT) {
          this.fault(
            at,
            'unknown_dialect',
            `Schemas here are of ${DIALECT}; or leave $schema out.`,
          );
        }
        return;
      case '$id':
        if (node.at !== '') {
          this.fault(
            at,
            'nested_id',
            'Only the whole form has an $id; use $defs and $anchor inside.',
          );
        } else if (this.text(value, at)) this.id = value.replace(/#$/, '');
        return;
      case '$anchor':
      case '$dynamicAnchor':
        if (!this.text(value, at)) return;
        if (!/^[A-Za-z_][-A-Za-z0-9._]*$/.test(value) || this.otherHas(value, node)) {
          this.fault(
            at,
            'bad_anchor',
            'An anchor is a name of its own: letters, digits, - . and _.',
          );
        }
        this.anchors.set(value, node);
        return;
      case '$ref':
      case '$dynamicRef':
        if (this.text(value, at)) this.references.push({ node, at, reference: value });
        return;
      case 'title':
        if (typeof value === 'string' && value !== '') node.title = value;
        return;
      case '$defs':
      case 'definitions':
        this.named(value, at);
        return;
      default:
        return;
    }
  }

  private otherHas(anchor: string, node: SchemaNode): boolean {
    const other = this.anchors.get(anchor);
    return other !== undefined && other !== node;
  }

  private applicator(node: SchemaNode, keyword: string, value: unknown, at: string): void {
    const single = SINGLE.get(keyword);
    if (keyword === 'items' && Array.isArray(value)) {
      this.fault(at, 'older_draft', 'A list of items is of an older draft; use prefixItems.');
    } else if (single) node[single] = this.node(value, at);
    const listed = LISTED.get(keyword);
    if (listed) node[listed] = this.listed(value, at);
    const named = NAMED.get(keyword);
    if (named) node[named] = this.named(value, at);
    if (single?.startsWith('unevaluated')) this.tracks = true;
    if (keyword !== 'patternProperties') return;
    node.pattern_properties = [...this.named(value, at)].flatMap(([source, under]) => {
      const pattern = this.pattern(source, pointerTo(at, source));
      return pattern ? [{ pattern, node: under }] : [];
    });
  }

  private assertion(node: SchemaNode, keyword: string, value: unknown, at: string): void {
    const bound = NUMBERS.get(keyword);
    if (bound && this.number(value, at)) node[bound] = value;
    const count = COUNTS.get(keyword);
    if (count && this.count(value, at)) node[count] = value;
    switch (keyword) {
      case 'type':
        node.types = this.typeNames(value, at);
        return;
      case 'enum':
        if (Array.isArray(value)) node.allowed = allowed(value as unknown[], node.allowed);
        else this.fault(at, 'is_array', 'enum is a list of values.');
        return;
      case 'const':
        node.allowed = allowed([value], node.allowed);
        return;
      case 'multipleOf':
        if (!this.number(value, at)) return;
        if (value > 0) node.multiple_of = value;
        else this.fault(at, 'is_positive', 'multipleOf is greater than 0.');
        return;
      case 'uniqueItems':
        if (typeof value === 'boolean') node.unique_items = value;
        else this.fault(at, 'is_boolean', 'uniqueItems is true or false.');
        return;
      case 'pattern': {
        const pattern = this.text(value, at) ? this.pattern(value, at) : undefined;
        if (pattern) node.pattern = pattern;
        return;
      }
      case 'format':
        if (this.text(value, at)) node.format = value;
        return;
      case 'required':
        node.required = this.texts(value, at);
        return;
      case 'dependentRequired':
        if (!isObject(value)) this.fault(at, 'is_object', 'dependentRequired is an object.');
        else {
          node.dependent_required = new Map(
            Object.entries(value).map(([name, needed]) => [
              name,
              this.texts(needed, pointerTo(at, name)),
            ]),
          );
        }
        return;
      default:
        return;
    }
  }

  private listed(value: unknown, at: string): SchemaNode[] {
    if (Array.isArray(value) && value.length > 0) {
      return value.map((schema, index) => this.node(schema, pointerTo(at, index)));
    }
    this.fault(at, 'is_array', 'Here stands a list of schemas, one or more.');
    return [];
  }

  private named(value: unknown, at: string): Map<string, SchemaNode> {
    if (isObject(value)) {
      return new Map(
        Object.entries(value).map(([name, schema]) => [
          name,
          this.node(schema, pointerTo(at, name)),
        ]),
      );
    }
    this.fault(at, 'is_object', 'Here stands an object of schemas, by their names.');
    return new Map();
  }

  private typeNames(value: unknown, at: string): JsonType[] {
    const names = Array.isArray(value) ? (value as unknown[]) : [value];
    const unknown = names.filter((name) => !JSON_TYPES.some((type) => type === name));
    if (names.length > 0 && unknown.length === 0) return names as JsonType[];
    this.fault(at, 'unknown_value', `type is one or a list of ${JSON_TYPES.join(', ')}.`);
    return [...JSON_TYPES];
  }

  private texts(value: unknown, at: string): string[] {
    if (Array.isArray(value) && value.every((name) => typeof name === 'string')) {
      return [...new Set(value)];
    }
    this.fault(at, 'is_array', 'Here stands a list of names, such as ["amount"].');
    return [];
  }

  private text(value: unknown, at: string): value is string {
    if (typeof value === 'string') return true;
    this.fault(at, 'is_text', 'Here stands text.');
    return false;
  }

  private number(value: unknown, at: string): value is number {
    if (typeof value === 'number') return true;
    this.fault(at, 'is_number', 'Here stands a number.');
    return false;
  }

  private count(value: unknown, at: string): value is number {
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return true;
    this.fault(at, 'is_int', 'Here stands a whole number, 0 or more.');
    return false;
  }

  private pattern(source: string, at: string): Pattern | undefined {
    const { pattern, fault } = compilePattern(source, this.budget);
    if (fault) this.fault(at, fault.code, fault.message);
    return pattern;
  }

  private fault(pointer: string, code: string, message: string): void {
    this.faults.push({ pointer, code, message });
  }
}

/** Of an enum and a const, what both allow. */
function allowed(
  values: readonly unknown[],
  before: SchemaNode['allowed'],
): NonNullable<SchemaNode['allowed']> {
  const kept = values.filter((value) => before?.texts.has(canonical(value)) ?? true);
  const shown = kept.map((value) => JSON.stringify(value)).join(', ');
  return {
    texts: new Set(kept.map((value) => canonical(value))),
    shown: shown.length > 200 ? `${shown.slice(0, 200)}…` : shown,
  };
}
