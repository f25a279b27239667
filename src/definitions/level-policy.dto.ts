import { type ApiPropertyOptions, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, ValidateBy, type ValidationOptions } from 'class-validator';

import type { LevelPolicy, Threshold } from '#engine/approval';
import { AsSent, IsAmounts, isJsonObject, IsText } from '#platform/http';

const MOST_VOTERS = 1_000;

const THRESHOLD: ApiPropertyOptions = {
  oneOf: [
    { type: 'string', enum: ['any', 'all'] },
    ...['at_least', 'percentage', 'weight'].map((name) => ({
      type: 'object',
      properties: { [name]: { type: 'number' } },
      required: [name],
      additionalProperties: false,
    })),
  ],
  example: { at_least: 2 },
};

function isThreshold(value: unknown): value is Threshold {
  if (value === 'any' || value === 'all') return true;
  if (!isJsonObject(value)) return false;
  const [entry, ...others] = Object.entries(value);
  if (!entry || others.length > 0) return false;
  const [name, figure] = entry;
  if (typeof figure !== 'number' || !(figure > 0)) return false;
  if (name === 'at_least') return Number.isInteger(figure) && figure <= MOST_VOTERS;
  return name === 'percentage' ? figure <= 100 : name === 'weight' && Number.isFinite(figure);
}

function isVoters(value: unknown): boolean {
  if (value === null) return true;
  if (!Array.isArray(value)) {
    return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MOST_VOTERS;
  }
  return (
    value.length >= 1 &&
    value.length <= MOST_VOTERS &&
    value.every((name) => typeof name === 'string' && name.length >= 1 && name.length <= 200)
  );
}

function checked(
  name: string,
  validate: (value: unknown) => boolean,
  message: string,
): (options?: ValidationOptions) => PropertyDecorator {
  return (options) =>
    ValidateBy({ name, validator: { validate, defaultMessage: () => message } }, options);
}

const IsThreshold = checked(
  'isThreshold',
  isThreshold,
  '$property must be any, all, or one of {at_least: n}, {percentage: 1 to 100}, {weight: n}',
);
const IsVoters = checked(
  'isVoters',
  isVoters,
  `$property must be a whole number from 1, or a list of names (at most ${MOST_VOTERS})`,
);

/** How several people decide one level. */
export class LevelPolicyRequest implements LevelPolicy {
  @ApiPropertyOptional({
    nullable: true,
    oneOf: [
      { type: 'integer', minimum: 1 },
      { type: 'array', items: { type: 'string' } },
    ],
    description:
      'How many vote, or who (subjects or external ids; nobody else may then). Left out: whoever is entitled.',
    example: 3,
  })
  @AsSent()
  @IsVoters()
  voters: number | readonly string[] | null = null;

  @ApiPropertyOptional({ ...THRESHOLD, description: 'When the level is approved; `any` first.' })
  @AsSent()
  @IsThreshold()
  approve_when: Threshold = 'any';

  @ApiPropertyOptional({
    ...THRESHOLD,
    description:
      'When it is rejected. It also is as soon as approvals can no longer become enough.',
    example: 'any',
  })
  @AsSent()
  @IsThreshold()
  reject_when: Threshold = 'any';

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'number' },
    description: 'What votes count, by name or by role; 1 where neither stands here.',
    example: { director: 2 },
  })
  @IsAmounts()
  weights: Record<string, number> = {};

  @ApiPropertyOptional({
    type: [String],
    description: 'A rejection by somebody with one of these roles rejects at once.',
    example: ['auditor'],
  })
  @IsArray()
  @ArrayMaxSize(50)
  @IsText({ min: 1, max: 100 }, { each: true })
  veto_roles: string[] = [];
}
