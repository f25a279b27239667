import type { OpenAPIObject } from '@nestjs/swagger';

/** Numbers that look random and are the same for the same seed (mulberry32). */
export class Dice {
  constructor(private state: number) {}

  /** From 0 up to, and without, 1. */
  roll(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  chance(share: number): boolean {
    return this.roll() < share;
  }

  below(limit: number): number {
    return Math.floor(this.roll() * limit);
  }

  pick<T>(items: readonly [T, ...T[]] | readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

interface Schema {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  enum?: unknown[];
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  example?: unknown;
}

export interface Operation {
  method: string;
  path: string;
  parameters: { name: string; in: string; schema?: Schema }[];
  body: Schema | undefined;
}

export type Temper = 'valid' | 'nearly valid' | 'hostile';

export interface MadeRequest {
  temper: Temper;
  operation: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer | undefined;
}

const MAX_LEVELS = 6;
const MAX_KNOWN = 40;

const WORDS = [
  'alpha',
  'manager',
  'amount > 100',
  'approved',
  'ünïcode ☃',
  'true',
  "status = 'x'",
  'step_1',
];
const HOSTILE_TEXTS = [
  "'; drop table workflow_definitions; --",
  "' or 1=1 --",
  '\u0000',
  'a\u0000b',
  '\ud800',
  '__proto__',
  'constructor',
  '../../../../etc/passwd',
  '%00%ff',
  '${jndi:ldap://x/y}',
  '{{ constructor.constructor("return process")() }}',
  '<script>alert(1)</script>',
  '\u202e\u200b\ufeff',
  '((((((((((((((((((((((((((((((((',
  'x'.repeat(5_000),
  '9'.repeat(400),
  '-1',
  'NaN',
  '1e999',
  '0001-01-01T00:00:00Z',
  '+275760-09-13T00:00:00.001Z',
  '99999-99-99',
  '{',
  '[1',
  'null',
];
const HOSTILE_VALUES: unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  2 ** 53,
  -(2 ** 63),
  '',
  ' ',
  [],
  {},
  [[]],
  [null],
  { toString: 1 },
];

/** Makes requests of an OpenAPI document: what it promises to take, that with one thing wrong, and what nobody should send. */
export class RequestMaker {
  readonly operations: Operation[];
  private readonly schemas: Record<string, Schema>;
  /** Ids that answers have shown, by the name of their field. */
  private readonly known = new Map<string, string[]>();

  constructor(
    document: OpenAPIObject,
    private readonly dice: Dice,
  ) {
    this.schemas = document.components?.schemas as Record<string, Schema>;
    this.operations = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(
        item as Record<
          string,
          {
            parameters?: Operation['parameters'];
            requestBody?: { content: Record<string, { schema: Schema }> };
          }
        >,
      ).map(([method, { parameters = [], requestBody }]) => ({
        method: method.toUpperCase(),
        path,
        parameters,
        body: requestBody?.content['application/json']?.schema,
      })),
    );
  }

  make(operation: Operation): MadeRequest {
    const fate = this.dice.roll();
    const temper: Temper = fate < 0.45 ? 'valid' : fate < 0.75 ? 'nearly valid' : 'hostile';
    const query = operation.parameters.filter(
      (parameter) => parameter.in === 'query' && this.dice.chance(0.4),
    );
    const search = new URLSearchParams(
      query.map(({ name, schema = {} }): [string, string] => [
        name,
        this.textFor(name, schema, temper),
      ]),
    );
    if (temper === 'hostile' && this.dice.chance(0.2))
      search.append(this.dice.pick(HOSTILE_TEXTS), this.dice.pick(HOSTILE_TEXTS));
    const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) =>
      this.segment(name, temper),
    );
    return {
      temper,
      operation: `${operation.method} ${operation.path}`,
      method: operation.method,
      path: search.size === 0 ? path : `${path}?${search.toString()}`,
      headers: this.headers(temper),
      body: operation.body && this.body(operation.body, temper),
    };
  }

  /** Remembers the ids of an answer, so that later requests name what is there. */
  learn(value: unknown): void {
    if (Array.isArray(value)) for (const part of value.slice(0, 20)) this.learn(part);
    else if (typeof value === 'object' && value !== null) {
      for (const [name, part] of Object.entries(value)) {
        if (typeof part === 'string' && /(_id|_token)$/.test(name)) this.remember(name, part);
        else this.learn(part);
      }
    }
  }

  private remember(name: string, id: string): void {
    const ids = this.known.get(name) ?? [];
    if (ids.length < MAX_KNOWN) ids.push(id);
    else ids[this.dice.below(MAX_KNOWN)] = id;
    this.known.set(name, ids);
  }

  private body(schema: Schema, temper: Temper): Buffer {
    if (temper === 'hostile' && this.dice.chance(0.15)) return this.dice.pick(BROKEN_BODIES)();
    let value = this.value(schema, '', 0);
    if (temper !== 'valid') value = this.spoilt(value, temper);
    return Buffer.from(JSON.stringify(value) ?? 'null');
  }

  private value(given: Schema, name: string, level: number): unknown {
    const schema = this.resolved(given);
    const variants = schema.oneOf ?? schema.anyOf ?? schema.allOf;
    if (variants) return this.value(this.dice.pick(variants), name, level);
    const ids = this.known.get(name);
    if (ids && this.dice.chance(0.7)) return this.dice.pick(ids);
    if (schema.enum) return this.dice.pick(schema.enum);
    const type = this.dice.pick([schema.type ?? 'object'].flat());
    switch (type) {
      case 'null':
        return null;
      case 'boolean':
        return this.dice.chance(0.5);
      case 'integer':
      case 'number':
        return this.number(schema, name, type === 'integer');
      case 'string':
        return this.text(schema);
      case 'array':
        return this.list(schema, name, level);
      default:
        return this.object(schema, level);
    }
  }

  private object({ properties, required = [], example }: Schema, level: number): unknown {
    if (!properties)
      return example ?? { amount: this.dice.below(2_000), note: this.dice.pick(WORDS) };
    const optional = level < MAX_LEVELS ? 0.35 : 0;
    return Object.fromEntries(
      Object.entries(properties)
        .filter(([name]) => required.includes(name) || this.dice.chance(optional))
        .map(([name, schema]) => [name, this.value(schema, name, level + 1)]),
    );
  }

  private list(
    { items = {}, minItems = 0, example }: Schema,
    name: string,
    level: number,
  ): unknown {
    if (example !== undefined && this.dice.chance(0.5)) return example;
    const length = minItems + (level < MAX_LEVELS ? this.dice.below(3) : 0);
    return Array.from({ length }, () => this.value(items, name.replace(/s$/, ''), level + 1));
  }

  private number(
    { minimum, exclusiveMinimum, maximum, example }: Schema,
    name: string,
    whole: boolean,
  ): number {
    // a held-open call would only wait
    if (name.endsWith('wait_seconds')) return 0;
    if (typeof example === 'number' && this.dice.chance(0.5)) return example;
    const least = minimum ?? (exclusiveMinimum ?? 0) + 1;
    const most = Math.max(least, Math.min(maximum ?? 1_000, least + 1_000));
    const value = this.dice.pick([least, most, least + this.dice.roll() * (most - least)]);
    return whole ? Math.floor(value) : value;
  }

  private text({ format, pattern, minLength = 0, maxLength = 60, example }: Schema): string {
    if (typeof example === 'string' && this.dice.chance(0.6)) return example;
    if (format === 'uuid') return '00000000-0000-7000-8000-000000000000';
    if (format === 'date-time') return new Date(1.76e12 + this.dice.below(1e10)).toISOString();
    if (pattern !== undefined) return `id-${this.dice.below(50)}`;
    const text = `${this.dice.pick(WORDS)} ${this.dice.below(100)}`;
    return text.slice(0, maxLength).padEnd(minLength, 'x');
  }

  /** The value with something wrong at one place, or for a hostile one at up to three. */
  private spoilt(value: unknown, temper: Temper): unknown {
    const times = temper === 'hostile' ? 1 + this.dice.below(3) : 1;
    const spoilt: unknown = structuredClone(value);
    for (let time = 0; time < times; time += 1) {
      const holder = this.somewhere(spoilt);
      if (holder === undefined) return this.junk(temper);
      const names = Object.keys(holder);
      const name = this.dice.pick(names.length === 0 ? ['x'] : names);
      const fate = this.dice.below(4);
      if (fate === 0) Reflect.deleteProperty(holder, name);
      else if (fate === 1 && !Array.isArray(holder)) holder[`${name}_x`] = this.junk(temper);
      else holder[name] = this.junk(temper);
    }
    return spoilt;
  }

  private somewhere(value: unknown): Record<string, unknown> | undefined {
    if (typeof value !== 'object' || value === null) return undefined;
    const inner = Object.values(value).filter((part) => typeof part === 'object' && part !== null);
    if (inner.length > 0 && this.dice.chance(0.6)) return this.somewhere(this.dice.pick(inner));
    return value as Record<string, unknown>;
  }

  private junk(temper: Temper): unknown {
    const texts = temper === 'hostile' && this.dice.chance(0.6);
    // a copy: it may be spoilt in its turn
    return structuredClone<unknown>(
      this.dice.pick<unknown>(texts ? HOSTILE_TEXTS : HOSTILE_VALUES),
    );
  }

  private textFor(name: string, schema: Schema, temper: Temper): string {
    if (temper !== 'valid' && this.dice.chance(0.5))
      return this.dice.pick(HOSTILE_TEXTS).replace(/\p{Surrogate}/gu, '?');
    const value = this.value(schema, name, 0);
    return typeof value === 'string' ? value : JSON.stringify(value);
  }

  private segment(name: string, temper: Temper): string {
    if (temper === 'hostile' && this.dice.chance(0.4)) {
      return this.dice.pick([
        '%00',
        '%ff',
        '..%2f..',
        '%2e%2e',
        'a'.repeat(300),
        '%F0%9F%92%A9',
        "'",
        ';',
        '%',
        '-',
      ]);
    }
    const ids = this.known.get(name);
    if (ids && this.dice.chance(0.85)) return encodeURIComponent(this.dice.pick(ids));
    return /^(workflow|decision|backtest|routing|key|task_execution|incident)_id$/.test(name)
      ? '00000000-0000-7000-8000-000000000000'
      : `id-${this.dice.below(50)}`;
  }

  private headers(temper: Temper): Record<string, string> {
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (temper !== 'hostile') return headers;
    if (this.dice.chance(0.1))
      headers['content-type'] = this.dice.pick([
        'text/plain',
        'application/xml',
        'application/json; charset=utf-16',
        ';',
      ]);
    if (this.dice.chance(0.2))
      headers['if-match'] = this.dice.pick(['"x"', '*', 'W/"1"', 'x'.repeat(2_000), '"']);
    if (this.dice.chance(0.2))
      headers['idempotency-key'] = this.dice.pick(['x', 'x'.repeat(300), ' ', 'k-1', '\u00fc']);
    if (this.dice.chance(0.2))
      headers['x-correlation-id'] = this.dice.pick(['x'.repeat(500), '\u00e4', "'--"]);
    if (this.dice.chance(0.1))
      headers['last-event-id'] = this.dice.pick(['-1', '9'.repeat(30), 'x']);
    return headers;
  }

  private resolved(schema: Schema): Schema {
    const name = schema.$ref?.split('/').at(-1);
    return name === undefined ? schema : (this.schemas[name] ?? {});
  }
}

const BROKEN_BODIES: readonly (() => Buffer)[] = [
  () => Buffer.from('{'),
  () => Buffer.from(''),
  () => Buffer.from('null'),
  () => Buffer.from('[1,2'),
  () => Buffer.from([0xff, 0xfe, 0x7b, 0x7d]),
  () => Buffer.from('{"__proto__":{"admin":true}}'),
  () => Buffer.from('{"a":1,"a":2}'),
  () => Buffer.from(`${'['.repeat(5_000)}${']'.repeat(5_000)}`),
  () => Buffer.from(`${'{"a":'.repeat(100)}1${'}'.repeat(100)}`),
  () => Buffer.from(`{"a":1e400,"b":${'9'.repeat(500)}}`),
  () => Buffer.from(`{"x":"${'y'.repeat(1024 * 1024)}"}`),
  () => Buffer.from('"text"'),
];
