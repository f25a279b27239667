import { ApiProperty, ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsEmail,
  IsInt,
  IsObject,
  IsOptional,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import type { PersonRow, SentPerson } from '#access/directory';
import { IsClientId, IsText, PageQuery, QueryBoolean } from '#platform/http';

const MAX_PEOPLE = 5_000;

export class PersonRequest {
  @ApiProperty({ example: 'E-17', description: 'Theirs in the system that sends them.' })
  @IsClientId()
  external_id: string;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    example: 'anna',
    description: '`sub` of their tokens, or `api_key:<name>` of their key.',
  })
  @IsOptional()
  @IsText({ min: 1, max: 200 })
  subject?: string | null;

  @ApiProperty({ example: 'Anna Berg' })
  @IsText({ min: 1, max: 200 })
  name: string;

  @ApiPropertyOptional({ type: String, nullable: true, example: 'anna@example.com' })
  @IsOptional()
  @IsEmail()
  email?: string | null;

  @ApiPropertyOptional({
    type: [String],
    example: ['manager'],
    description: 'Business roles, as steps and levels require them.',
  })
  @IsArray()
  @ArrayMaxSize(100)
  @ArrayUnique()
  @IsText({ min: 1, max: 100 }, { each: true })
  roles: string[] = [];

  @ApiPropertyOptional({ type: String, nullable: true, example: 'HR' })
  @IsOptional()
  @IsText({ min: 1, max: 100 })
  department?: string | null;

  @ApiPropertyOptional({ type: 'integer', default: 0, example: 2 })
  @IsInt()
  @Min(0)
  @Max(100)
  management_level: number = 0;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    example: 'E-3',
    description: 'Of their manager; in the directory, or in the same list.',
  })
  @IsOptional()
  @IsClientId()
  manager_external_id?: string | null;

  @ApiPropertyOptional({
    default: true,
    description: 'Somebody who is not active is asked nothing and may do nothing.',
  })
  @IsBoolean()
  active: boolean = true;
}

export class ChangePersonRequest extends OmitType(PersonRequest, ['external_id']) {}

export class LoadPeopleRequest {
  @ApiProperty({ type: [PersonRequest], description: 'At most 5,000.' })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_PEOPLE)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => PersonRequest)
  people: PersonRequest[];
}

export class LoadedView {
  @ApiProperty({ type: 'integer', example: 12 }) created: number;
  @ApiProperty({ type: 'integer', example: 3 }) changed: number;
  @ApiProperty({ type: 'integer', example: 985, description: 'Already as they were sent.' })
  unchanged: number;
}

export class PeopleQuery extends PageQuery {
  @ApiPropertyOptional({ example: 'HR' })
  @IsOptional()
  @IsText({ min: 1, max: 100 })
  department?: string;

  @ApiPropertyOptional({ example: 'manager' })
  @IsOptional()
  @IsText({ min: 1, max: 100 })
  role?: string;

  @ApiPropertyOptional({ description: 'Both when left out.' })
  @IsOptional()
  @QueryBoolean()
  active?: boolean;
}

export class PersonView {
  @ApiProperty({ format: 'uuid' }) person_id: string;
  @ApiProperty({ example: 'E-17' }) external_id: string;
  @ApiProperty({ type: String, nullable: true, example: 'anna' }) subject: string | null;
  @ApiProperty({ example: 'Anna Berg', description: 'Empty once it was erased.' }) name: string;
  @ApiProperty({ type: String, nullable: true, example: 'anna@example.com' }) email: string | null;
  @ApiProperty({ type: [String], example: ['manager'] }) roles: string[];
  @ApiProperty({ type: String, nullable: true, example: 'HR' }) department: string | null;
  @ApiProperty({ type: 'integer', example: 2 }) management_level: number;
  @ApiProperty({ type: String, nullable: true, example: 'E-3' }) manager_external_id: string | null;
  @ApiProperty() active: boolean;
  @ApiProperty({ format: 'date-time' }) created_at: string;
  @ApiProperty({ format: 'date-time' }) updated_at: string;

  static of({ manager_id: _, ...row }: PersonRow): PersonView {
    return {
      person_id: row.person_id,
      external_id: row.external_id,
      subject: row.subject,
      name: row.name,
      email: row.email,
      roles: row.roles,
      department: row.department,
      management_level: row.management_level,
      manager_external_id: row.manager_external_id,
      active: row.active,
      created_at: row.created_at.toISOString(),
      updated_at: row.updated_at.toISOString(),
    };
  }
}

export class PersonPage {
  @ApiProperty({ type: [PersonView] }) items: PersonView[];
  @ApiProperty({ type: String, nullable: true, example: null }) next_cursor: string | null;
}

export class CallerView {
  @ApiProperty({ example: 'user:anna', description: 'As history names them.' }) id: string;
  @ApiProperty({ type: [String], example: ['participant'] }) product_roles: readonly string[];
  @ApiProperty({
    type: [String],
    example: ['manager'],
    description: 'Of the token and of the directory.',
  })
  business_roles: readonly string[];
  @ApiProperty({
    type: PersonView,
    nullable: true,
    description: 'Null: the directory does not know them.',
  })
  person: PersonView | null;
}

export function sentPerson(
  request: Omit<PersonRequest, 'external_id'>,
): Omit<SentPerson, 'external_id'> {
  return {
    subject: request.subject ?? null,
    name: request.name,
    email: request.email ?? null,
    roles: request.roles,
    department: request.department ?? null,
    management_level: request.management_level,
    manager_external_id: request.manager_external_id ?? null,
    active: request.active,
  };
}
