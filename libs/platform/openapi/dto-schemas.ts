import { ApiProperty } from '@nestjs/swagger';
import { getMetadataStorage } from 'class-validator';
import type { ValidationMetadata } from 'class-validator/types/metadata/ValidationMetadata.js';
import { isOptional, schemaOfRules } from './dto-rules.js';

/** Where @nestjs/swagger keeps what `@ApiProperty` said. */
const PROPERTIES = 'swagger/apiModelProperties';

type Schema = Record<string, unknown>;
type DtoClass = new () => Record<string, unknown>;

/** class-validator tells the rules of a class, but not which classes have some; the map does. */
interface RuleStorage {
  validationMetadatas: ReadonlyMap<unknown, readonly ValidationMetadata[]>;
}

/**
 * Completes every DTO that class-validator checks: types, bounds, defaults, what may be left out.
 * What a DTO says itself by `@ApiProperty` stays.
 */
export function describeDtos(): void {
  const storage = getMetadataStorage();
  for (const target of (storage as unknown as RuleStorage).validationMetadatas.keys()) {
    if (typeof target === 'function') describeDto(target as DtoClass);
  }
}

export function describeDto(dto: DtoClass): void {
  const rules = getMetadataStorage().getTargetValidationMetadatas(dto, '', true, false);
  const byProperty = new Map<string, ValidationMetadata[]>();
  for (const rule of rules) {
    const known = byProperty.get(rule.propertyName);
    if (known === undefined) byProperty.set(rule.propertyName, [rule]);
    else known.push(rule);
  }
  const defaults = new dto();
  for (const [property, ruled] of byProperty) {
    describeProperty(dto, property, ruled, defaults[property]);
  }
}

function describeProperty(
  dto: DtoClass,
  property: string,
  rules: readonly ValidationMetadata[],
  fallback: unknown,
): void {
  const prototype = dto.prototype as object;
  const said = { ...(Reflect.getMetadata(PROPERTIES, prototype, property) as Schema | undefined) };
  const designType: unknown = Reflect.getMetadata('design:type', prototype, property);
  const derived = schemaOfRules(rules);
  if (fallback !== undefined) derived.default = fallback;
  if (fallback !== undefined || isOptional(rules)) derived.required = false;
  if (said.type === undefined || said.type === designType || isPrimitiveList(said)) {
    // assumed by @ApiProperty itself, which knows no integers and nothing of a list's items
    if (derived.type !== undefined) {
      delete said.type;
      delete said.isArray;
    }
  } else {
    delete derived.type;
    delete derived.items;
  }
  if (said.enum !== undefined) delete derived.type;
  ApiProperty({ ...derived, ...said })(prototype, property);
}

function isPrimitiveList(said: Schema): boolean {
  return said.isArray === true && (said.type === String || said.type === Number);
}
