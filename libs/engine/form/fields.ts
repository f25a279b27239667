import { type Fault, pointerTo } from '#engine/errors';

import { isObject } from './json-values.js';

/** What a field's `type` means as a schema; where the same is called by several names, all of them. */
const FIELD_TYPES: readonly { names: readonly string[]; schema: Record<string, unknown> }[] = [
  { names: ['any', 'file', 'attachment', 'hidden'], schema: {} },
  { names: ['text', 'string', 'textarea', 'password', 'phone', 'tel'], schema: { type: 'string' } },
  { names: ['number', 'decimal', 'currency', 'money'], schema: { type: 'number' } },
  { names: ['integer', 'int'], schema: { type: 'integer' } },
  { names: ['boolean', 'bool', 'checkbox', 'switch'], schema: { type: 'boolean' } },
  { names: ['date'], schema: { type: 'string', format: 'date' } },
  {
    names: ['time'],
    schema: { type: 'string', pattern: '^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$' },
  },
  {
    names: ['datetime', 'date-time', 'date_time'],
    schema: { type: 'string', format: 'date-time' },
  },
  { names: ['duration'], schema: { type: 'string', format: 'duration' } },
  { names: ['email'], schema: { type: 'string', format: 'email' } },
  { names: ['url', 'uri'], schema: { type: 'string', format: 'uri' } },
  { names: ['uuid'], schema: { type: 'string', format: 'uuid' } },
  { names: ['select', 'choice', 'dropdown', 'radio', 'enum'], schema: {} },
  { names: ['multiselect', 'multi_select', 'checkboxes', 'tags'], schema: { type: 'array' } },
  { names: ['list', 'array'], schema: { type: 'array' } },
  { names: ['object', 'group'], schema: { type: 'object' } },
];

const SCHEMAS = new Map(FIELD_TYPES.flatMap(({ names, schema }) => names.map((n) => [n, schema])));

/** The names of the fields that a form fills in, by its outermost level. */
export function fieldNames(form: Record<string, unknown>): string[] {
  if (!isFieldsForm(form)) {
    const { properties } = form;
    return isObject(properties) ? Object.keys(properties) : [];
  }
  return entriesOf(form['fields'], '').flatMap(({ name }) => (name === undefined ? [] : [name]));
}

/** Whether a form is written as `fields`, rather than as a JSON Schema. */
export function isFieldsForm(form: Record<string, unknown>): boolean {
  return (
    Object.hasOwn(form, 'fields') &&
    !Object.hasOwn(form, '$schema') &&
    !Object.hasOwn(form, 'properties')
  );
}

export interface Translated {
  schema: Record<string, unknown>;
  faults: Fault[];
  /** Where in the schema each field is → where it is in the form. */
  places: ReadonlyMap<string, string>;
}

/**
 * `fields` as a JSON Schema: a list of names and of `{name, type, required, …}`, or an object of types and of such by
 * their names. What is optional may be null; a required text is not empty; further fields may be sent.
 */
export function translateFields(form: Record<string, unknown>): Translated {
  const translator = new Translator();
  const schema = translator.object(form, '', '');
  return { schema, faults: translator.faults, places: translator.places };
}

interface Entry {
  name: string | undefined;
  field: Record<string, unknown>;
  at: string;
  /** What the field is, where it is no object: the word of its type. */
  bare: boolean;
}

function entriesOf(fields: unknown, at: string): Entry[] {
  const entryOf = (entry: unknown, place: string, named?: string): Entry => {
    if (isObject(entry)) {
      const { name = named } = entry;
      const known = typeof name === 'string' && name !== '' ? name : undefined;
      return { name: named ?? known, field: entry, at: place, bare: false };
    }
    if (named !== undefined) return { name: named, field: { type: entry }, at: place, bare: true };
    const name = typeof entry === 'string' && entry !== '' ? entry : undefined;
    return { name, field: {}, at: place, bare: true };
  };
  if (Array.isArray(fields)) {
    return (fields as unknown[]).map((entry, index) => entryOf(entry, pointerTo(at, index)));
  }
  return isObject(fields)
    ? Object.entries(fields).map(([name, entry]) => entryOf(entry, pointerTo(at, name), name))
    : [];
}

class Translator {
  readonly faults: Fault[] = [];
  readonly places = new Map<string, string>();

  /** @param at where the object with `fields` is in the form; @param place where its schema is */
  object(form: Record<string, unknown>, at: string, place: string): Record<string, unknown> {
    const { fields, additional_fields } = form;
    if (!Array.isArray(fields) && !isObject(fields)) {
      this.fault(
        `${at}/fields`,
        'is_array',
        'fields is a list of fields, or an object of them by name.',
      );
    }
    if (additional_fields !== undefined && typeof additional_fields !== 'boolean') {
      this.fault(`${at}/additional_fields`, 'is_boolean', 'additional_fields is true or false.');
    }
    const properties = new Map<string, unknown>();
    const required: string[] = [];
    for (const entry of entriesOf(fields, `${at}/fields`)) {
      const { name, field } = entry;
      if (name === undefined) {
        const where = entry.bare ? entry.at : `${entry.at}/name`;
        this.fault(where, 'required', 'A field has a name.');
      } else if (properties.has(name)) {
        const message = `There is a field ${JSON.stringify(name)} already; give each its own name.`;
        this.fault(entry.bare ? entry.at : `${entry.at}/name`, 'duplicate_name', message);
      } else {
        const path = pointerTo(`${place}/properties`, name);
        properties.set(name, this.field(entry, path));
        if (field['required'] === true) required.push(name);
      }
    }
    return {
      type: 'object',
      properties: Object.fromEntries(properties),
      required,
      ...(additional_fields === false && { additionalProperties: false }),
    };
  }

  private field({ field, at, bare }: Entry, place: string): Record<string, unknown> {
    this.places.set(place, at);
    const { type = 'any', required = false, label, title = label } = field;
    const base = typeof type === 'string' ? SCHEMAS.get(type.toLowerCase()) : undefined;
    if (!base) {
      const known = FIELD_TYPES.map(({ names: [name] }) => name).join(', ');
      const message = `${JSON.stringify(type)} is no type of a field; use ${known}.`;
      this.fault(bare ? at : `${at}/type`, 'unknown_value', message);
      return {};
    }
    if (typeof required !== 'boolean') {
      this.fault(`${at}/required`, 'is_boolean', 'required is true or false.');
    }
    const schema: Record<string, unknown> = {
      ...base,
      ...(typeof title === 'string' && { title }),
      ...this.bounds(field, base['type'], at),
      ...this.texts(field, at),
      ...this.inside(field, base['type'], at, place),
    };
    if (required === true) {
      return schema['type'] === 'string' ? { minLength: 1, ...schema } : schema;
    }
    return {
      ...schema,
      ...(typeof schema['type'] === 'string' && { type: [schema['type'], 'null'] }),
      ...(Array.isArray(schema['enum']) && { enum: [...(schema['enum'] as unknown[]), null] }),
    };
  }

  /** `min` and `max`: of a number its size, of a text its characters, of a list its items. */
  private bounds(
    field: Record<string, unknown>,
    type: unknown,
    at: string,
  ): Record<string, unknown> {
    const [least, most] =
      type === 'string'
        ? ['minLength', 'maxLength']
        : type === 'array'
          ? ['minItems', 'maxItems']
          : ['minimum', 'maximum'];
    const counted = type === 'string' || type === 'array';
    return {
      ...this.bound(field, 'min', least, counted, at),
      ...this.bound(field, 'max', most, counted, at),
      ...this.bound(field, 'min_length', 'minLength', true, at),
      ...this.bound(field, 'max_length', 'maxLength', true, at),
    };
  }

  private bound(
    field: Record<string, unknown>,
    name: string,
    keyword: string,
    counted: boolean,
    at: string,
  ): Record<string, unknown> {
    const value = field[name];
    if (value === undefined || value === null) return {};
    const usable =
      typeof value === 'number' && (!counted || (Number.isInteger(value) && value >= 0));
    if (usable) return { [keyword]: value };
    const message = counted ? `${name} is a whole number, 0 or more.` : `${name} is a number.`;
    this.fault(`${at}/${name}`, counted ? 'is_int' : 'is_number', message);
    return {};
  }

  private texts(field: Record<string, unknown>, at: string): Record<string, unknown> {
    const found: Record<string, unknown> = {};
    for (const name of ['pattern', 'format']) {
      const value = field[name];
      if (value === undefined || value === null) continue;
      if (typeof value === 'string') found[name] = value;
      else this.fault(`${at}/${name}`, 'is_text', `${name} is text.`);
    }
    return found;
  }

  /** What a choice, a list or an object is made of. */
  private inside(
    field: Record<string, unknown>,
    type: unknown,
    at: string,
    place: string,
  ): Record<string, unknown> {
    const { options = field['enum'], items, fields } = field;
    const chosen = this.options(
      options,
      `${at}/${field['options'] === undefined ? 'enum' : 'options'}`,
    );
    if (type === 'object') return fields === undefined ? {} : this.object(field, at, place);
    if (type !== 'array') return chosen;
    if (chosen['enum'] !== undefined) return { items: chosen };
    if (items === undefined) return {};
    const bare = !isObject(items);
    const entry = { name: '', field: bare ? { type: items } : items, at: `${at}/items`, bare };
    const required = { ...entry, field: { required: true, ...entry.field } };
    return { items: this.field(required, `${place}/items`) };
  }

  private options(options: unknown, at: string): { enum?: unknown[] } {
    if (options === undefined || options === null) return {};
    if (!Array.isArray(options) || options.length === 0) {
      this.fault(at, 'is_array', 'options is a list of values, or of {value, label}.');
      return {};
    }
    return {
      enum: (options as unknown[]).map((option) =>
        isObject(option) && Object.hasOwn(option, 'value') ? option['value'] : option,
      ),
    };
  }

  private fault(pointer: string, code: string, message: string): void {
    this.faults.push({ pointer, code, message });
  }
}
