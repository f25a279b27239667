import { ApiProperty } from '@nestjs/swagger';
import { getMetadataStorage } from 'class-validator';
import type { ValidationMetadata } from 'class-validator/types/metadata/ValidationMetadata.js';
import { isOptional, schemaOfRules } from './dto-rules.js';

/** Where @nestjs/swagger keeps what `@ApiProperty` said. */
const PROPERTIES = 'swagger/apiModelProperties';

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
  const said = (Reflect.getMetadata(PROPERTIES, prototype, property) ?? {}) as Record<
    string,
    unknown
  >;
  const derived: Record<string, unknown> = schemaOfRules(rules);
  if (fallback !== undefined) derived.default = fallback;
  if (fallback !== undefined || isOptional(rules)) derived.required = false;
  const designType: unknown = Reflect.getMetadata('design:type', prototype, property);
  // the type that @ApiProperty assumed by itself knows no list items, no integers, no objects
  const assumed = said.type === undefined || said.type === designType;
  const kept = assumed && derived.type !== undefined ? { ...said, type: derived.type } : said;
  const isReference = !assumed || said.enum !== undefined || said.$ref !== undefined;
  if (isReference) {
    delete derived.type;
    delete derived.items;
  }
  ApiProperty({ ...derived, ...kept })(prototype, property);
}
