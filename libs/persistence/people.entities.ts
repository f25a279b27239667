import { Check, Entity, ForeignKey, Index, Unique } from 'typeorm';
import type { BusinessCalendar, Holiday } from '#engine/calendar';
import { Flag, Id, Instant, Int, Json, now, optional, Text, Uuid, UuidKey } from './columns.js';

/** Somebody of the company, as its HR system knows them. What processes ask for (role, department, level) stands here. */
@Entity('people')
@ForeignKey(() => PersonEntity, ['manager_id'], ['person_id'])
@Unique(['external_id', 'tenant_id'])
@Unique(['subject', 'tenant_id'])
@Index('people_by_manager', ['manager_id'], { where: 'manager_id is not null' })
@Check('people_roles_check', "jsonb_typeof(roles) = 'array'")
export class PersonEntity {
  @UuidKey() person_id: string;
  /** Theirs in the system that sends them. */
  @Id() external_id: string;
  /** `sub` of their tokens, or `api_key:<name>`; null: they do not call by themselves. */
  @Text(optional) subject: string | null;
  @Text() name: string;
  @Text(optional) email: string | null;
  /** Business roles, such as `manager`. */
  @Json({ default: [] }) roles: string[];
  @Id(optional) department: string | null;
  @Int({ default: 0 }) management_level: number;
  @Uuid(optional) manager_id: string | null;
  @Flag({ default: true }) active: boolean;
  @Instant(now) created_at: Date;
  @Instant(now) updated_at: Date;
}

/** A time in which somebody else acts for a person. */
@Entity('absences')
@ForeignKey(() => PersonEntity, ['person_id'], ['person_id'])
@ForeignKey(() => PersonEntity, ['substitute_id'], ['person_id'])
@Index('absences_of_person', ['person_id', 'absence_id'])
@Index('absences_of_substitute', ['substitute_id', 'absence_id'])
@Check('absences_substitute_check', 'person_id <> substitute_id')
@Check('absences_time_check', 'starts_at < ends_at')
export class AbsenceEntity {
  @UuidKey() absence_id: string;
  @Uuid() person_id: string;
  @Uuid() substitute_id: string;
  @Instant() starts_at: Date;
  @Instant() ends_at: Date;
  @Text({ default: '' }) reason: string;
  @Text() created_by: string;
  @Instant(now) created_at: Date;
}

/** When a department works; without one, everybody else. */
@Entity('calendars')
@Index('calendars_department_key', { synchronize: false })
export class CalendarEntity {
  @UuidKey() calendar_id: string;
  @Text() name: string;
  @Id(optional) department: string | null;
  @Id() time_zone: string;
  @Json() working_hours: BusinessCalendar['working_hours'];
  @Json({ default: [] }) holidays: Holiday[];
  @Instant(now) created_at: Date;
  @Instant(now) updated_at: Date;
}
