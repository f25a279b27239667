import { type TransformFnParams, TransformationType } from 'class-transformer';
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import {
  getMetadataStorage,
  type ValidationArguments,
  ValidationTypes,
  type ValidatorConstraintInterface,
} from 'class-validator';
import type { ValidationMetadata } from 'class-validator/types/metadata/ValidationMetadata.js';
import { asSent } from './validators.js';

type Dto = new () => object;
type Fields = Record<string, unknown>;
type TypeOf = (help: { newObject: object; object: object; property: string }) => unknown;

interface Check {
  rule: ValidatorConstraintInterface;
  constraints: unknown[];
  /** Of each item, where the value is a list. */
  each: boolean;
}

interface Field {
  name: string;
  /** The name of its class, for rules that ask. */
  targetName: string;
  /** The class of its objects, from `@Type`. */
  typeOf: TypeOf | null;
  transforms: readonly ((params: TransformFnParams) => unknown)[];
  /** All have to hold, or nothing is checked: `@IsOptional`. */
  conditions: readonly ((object: object, value: unknown) => boolean)[];
  checks: readonly Check[];
  nested: boolean;
}

interface CompiledDto {
  type: Dto;
  fields: ReadonlyMap<string, Field>;
}

const UNSURE = Symbol('unsure');
const compiled = new Map<unknown, CompiledDto | null>();

/**
 * A JSON body as an instance of its DTO class, when it is surely right; undefined when it is wrong, or when the class is
 * one that only class-validator itself can judge. The decorators stay the one declaration and their own rules are what
 * is asked; left out is what costs the time: looking all of them up again for every request, a copy of every value, and
 * an error object for every field that has none. What is wrong is told by class-validator.
 */
export function readRightly(type: unknown, body: unknown): object | undefined {
  const dto = compile(type);
  const read = dto && isObject(body) ? readObject(dto, body) : UNSURE;
  return read === UNSURE ? undefined : read;
}

function readObject(dto: CompiledDto, plain: Fields): object | typeof UNSURE {
  const instance = new dto.type() as Fields;
  for (const name of Object.keys(plain)) {
    const field = dto.fields.get(name);
    const value = field ? readField(field, plain, instance) : UNSURE;
    if (value === UNSURE || value === undefined) return UNSURE;
    instance[name] = value;
  }
  return holds(dto, instance, plain) ? instance : UNSURE;
}

function readField({ name, typeOf, transforms }: Field, plain: Fields, newObject: object): unknown {
  const sent = plain[name];
  let value: unknown = sent;
  if (transforms[0] !== asSent && typeof sent === 'object' && sent !== null) {
    value = typeOf
      ? readNested(typeOf({ newObject, object: plain, property: name }), sent)
      : copyOfList(sent);
    if (value === UNSURE) return UNSURE;
  }
  for (const transform of transforms) {
    value = transform({
      value,
      key: name,
      obj: plain,
      type: TransformationType.PLAIN_TO_CLASS,
      options: {},
    });
  }
  return value;
}

function readNested(type: unknown, sent: object): unknown {
  const dto = compile(type);
  if (!dto) return UNSURE;
  if (!Array.isArray(sent)) return readObject(dto, sent as Fields);
  const items: object[] = [];
  for (const item of sent as unknown[]) {
    const read = isObject(item) ? readObject(dto, item) : UNSURE;
    if (read === UNSURE) return UNSURE;
    items.push(read);
  }
  return items;
}

/** Anything deeper is copied by class-transformer, by its own rules. */
function copyOfList(sent: object): unknown {
  const isFlat =
    Array.isArray(sent) && sent.every((item) => typeof item !== 'object' || item === null);
  return isFlat ? [...(sent as unknown[])] : UNSURE;
}

function holds(dto: CompiledDto, object: Fields, plain: Fields): boolean {
  for (const field of dto.fields.values()) {
    const value = object[field.name];
    if (!isChecked(field, object, value)) continue;
    for (const check of field.checks) if (!passes(check, field, object, value)) return false;
    if (field.nested && !isNested(value, Object.hasOwn(plain, field.name))) return false;
  }
  return true;
}

function isChecked({ conditions }: Field, object: Fields, value: unknown): boolean {
  for (const condition of conditions) if (!condition(object, value)) return false;
  return true;
}

/** What was sent has been read, and so is right, if it is an object at all; a default has not. */
function isNested(value: unknown, wasSent: boolean): boolean {
  if (value === undefined) return true;
  if (typeof value !== 'object' || value === null) return false;
  return wasSent || isRightByDefault(value);
}

function passes(
  { rule, constraints, each }: Check,
  { targetName, name: property }: Field,
  object: object,
  value: unknown,
): boolean {
  const about: ValidationArguments = { targetName, property, object, value, constraints };
  return each && Array.isArray(value)
    ? value.every((item: unknown) => rule.validate(item, about) === true)
    : rule.validate(value, about) === true;
}

function isRightByDefault(value: object): boolean {
  if (Array.isArray(value)) return value.length === 0;
  const dto = compile(value.constructor);
  return dto !== null && holds(dto, value as Fields, {});
}

function compile(type: unknown): CompiledDto | null {
  const known = compiled.get(type);
  if (known !== undefined) return known;
  const dto = typeof type === 'function' ? compileDto(type as Dto) : null;
  compiled.set(type, dto);
  return dto;
}

/** Null for a class with anything that the reading above does not know. */
function compileDto(type: Dto): CompiledDto | null {
  const storage = getMetadataStorage();
  const rules = storage.getTargetValidationMetadatas(type, '', false, false);
  const hasMethods = Object.getOwnPropertyNames(type.prototype).length > 1;
  const isRenamed = defaultMetadataStorage.getStrategy(type) !== 'none';
  if (rules.length === 0 || hasMethods || isRenamed) return null;
  const fields = new Map<string, Field>();
  for (const [name, ofField] of Object.entries(storage.groupByPropertyName(rules))) {
    const field = compileField(type, name, ofField);
    if (field === null) return null;
    fields.set(name, field);
  }
  return { type, fields };
}

function compileField(type: Dto, name: string, rules: readonly ValidationMetadata[]): Field | null {
  const checks: Check[] = [];
  const conditions: Field['conditions'][number][] = [];
  let nested = false;
  for (const rule of rules) {
    const { groups = [], validateIf }: Partial<ValidationMetadata> = rule;
    if (groups.length > 0 || validateIf !== undefined) return null;
    switch (rule.type) {
      case ValidationTypes.CUSTOM_VALIDATION:
      case ValidationTypes.IS_DEFINED:
        for (const { async, instance } of getMetadataStorage().getTargetValidatorConstraints(
          rule.constraintCls,
        )) {
          if (async) return null;
          const constraints = (rule.constraints ?? []) as unknown[];
          checks.push({ rule: instance, constraints, each: rule.each });
        }
        break;
      case ValidationTypes.CONDITIONAL_VALIDATION:
        conditions.push(...(rule.constraints as Field['conditions']));
        break;
      case ValidationTypes.NESTED_VALIDATION:
        nested = true;
        break;
      case ValidationTypes.WHITELIST:
        break;
      default:
        return null;
    }
  }
  const ofType = defaultMetadataStorage.findTypeMetadata(type, name);
  const typeOf = (ofType?.typeFunction as TypeOf | undefined) ?? null;
  const transforms = defaultMetadataStorage.findTransformMetadatas(
    type,
    name,
    TransformationType.PLAIN_TO_CLASS,
  );
  const isPlain = transforms.every(({ options }) => Object.keys(options ?? {}).length === 0);
  const isNestable = !nested || (typeOf !== null && transforms.length === 0);
  const isKnown = isNestable && !ofType?.options?.discriminator && isPlain;
  if (!isKnown) return null;
  return {
    name,
    targetName: type.name,
    typeOf,
    transforms: transforms.map(({ transformFn }) => transformFn),
    conditions,
    checks,
    nested,
  };
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
