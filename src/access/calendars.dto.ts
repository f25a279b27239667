import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsObject, IsOptional, ValidateNested } from 'class-validator';
import type { SentCalendar } from '#access/calendars';
import type { WorkingHours } from '#engine/calendar';
import type { CalendarEntity } from '#persistence';
import { IsText } from '#platform/http';

export class WorkingHoursRequest implements WorkingHours {
  @ApiProperty({ example: '09:00', description: 'Local time, HH:MM.' })
  @IsText({ min: 1, max: 5 })
  from: string;

  @ApiProperty({ example: '17:00', description: 'Later on the same day; at most 24:00.' })
  @IsText({ min: 1, max: 5 })
  to: string;
}

function Stretches(): PropertyDecorator {
  return (target, key) => {
    ApiPropertyOptional({ type: [WorkingHoursRequest], description: 'Left out: free.' })(
      target,
      key,
    );
    IsOptional()(target, key);
    IsArray()(target, key);
    ArrayMaxSize(10)(target, key);
    IsObject({ each: true })(target, key);
    ValidateNested({ each: true })(target, key);
    Type(() => WorkingHoursRequest)(target, key);
  };
}

export class WeekRequest {
  @Stretches() monday?: WorkingHoursRequest[];
  @Stretches() tuesday?: WorkingHoursRequest[];
  @Stretches() wednesday?: WorkingHoursRequest[];
  @Stretches() thursday?: WorkingHoursRequest[];
  @Stretches() friday?: WorkingHoursRequest[];
  @Stretches() saturday?: WorkingHoursRequest[];
  @Stretches() sunday?: WorkingHoursRequest[];
}

export class HolidayRequest {
  @ApiProperty({ example: '2026-12-25' })
  @IsText({ min: 1, max: 10 })
  date: string;

  @ApiProperty({ example: 'Christmas' })
  @IsText({ min: 1, max: 100 })
  name: string;
}

export class CalendarRequest {
  @ApiProperty({ example: 'Berlin office' })
  @IsText({ min: 1, max: 200 })
  name: string;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    example: 'HR',
    description: 'Whose; left out: of all departments that have none of their own.',
  })
  @IsOptional()
  @IsText({ min: 1, max: 100 })
  department?: string | null;

  @ApiProperty({ example: 'Europe/Berlin' })
  @IsText({ min: 1, max: 100 })
  time_zone: string;

  @ApiProperty({
    type: WeekRequest,
    example: { monday: [{ from: '09:00', to: '17:00' }] },
    description: 'At least five hours a week.',
  })
  @IsObject()
  @ValidateNested()
  @Type(() => WeekRequest)
  working_hours: WeekRequest;

  @ApiPropertyOptional({ type: [HolidayRequest] })
  @IsArray()
  @ArrayMaxSize(2_000)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => HolidayRequest)
  holidays: HolidayRequest[] = [];
}

export class CalendarView {
  @ApiProperty({ format: 'uuid' }) calendar_id: string;
  @ApiProperty({ example: 'Berlin office' }) name: string;
  @ApiProperty({ type: String, nullable: true, example: 'HR' }) department: string | null;
  @ApiProperty({ example: 'Europe/Berlin' }) time_zone: string;
  @ApiProperty({ type: WeekRequest }) working_hours: object;
  @ApiProperty({ type: [HolidayRequest] }) holidays: HolidayRequest[];
  @ApiProperty({ format: 'date-time' }) created_at: string;
  @ApiProperty({ format: 'date-time' }) updated_at: string;

  static of(row: CalendarEntity): CalendarView {
    return {
      calendar_id: row.calendar_id,
      name: row.name,
      department: row.department,
      time_zone: row.time_zone,
      working_hours: row.working_hours,
      holidays: row.holidays,
      created_at: row.created_at.toISOString(),
      updated_at: row.updated_at.toISOString(),
    };
  }
}

export class CalendarPage {
  @ApiProperty({ type: [CalendarView] }) items: CalendarView[];
  @ApiProperty({ type: String, nullable: true, example: null }) next_cursor: string | null;
}

export function sentCalendar(request: CalendarRequest): SentCalendar {
  const { name, time_zone, working_hours, holidays } = request;
  return {
    name,
    department: request.department ?? null,
    time_zone,
    working_hours: { ...working_hours },
    holidays,
  };
}
