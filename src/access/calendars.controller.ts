import { Body, Controller, Delete, Get, Post, Put, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Calendars } from '#access/calendars';
import { ApiProblems, decodeCursor, type Page, pageOf, PageQuery, UuidParam } from '#platform/http';
import { CalendarPage, CalendarRequest, CalendarView, sentCalendar } from './calendars.dto.js';

@ApiTags('access')
@Controller('access/calendars')
export class CalendarsController {
  constructor(private readonly calendars: Calendars) {}

  @Post()
  @ApiOperation({
    operationId: 'createCalendar',
    summary: 'Add a business calendar',
    description:
      'Working hours and holidays of a department, or the default ones. Steps with `working_time` count their escalation by it.',
  })
  @ApiCreatedResponse({ type: CalendarView })
  @ApiProblems('calendar_exists')
  async create(@Body() request: CalendarRequest): Promise<CalendarView> {
    return CalendarView.of(await this.calendars.create(sentCalendar(request)));
  }

  @Get()
  @ApiOperation({
    operationId: 'listCalendars',
    summary: 'Business calendars',
    description: 'In the order in which they came.',
  })
  @ApiOkResponse({ type: CalendarPage })
  @ApiProblems('cursor_invalid')
  async list(@Query() { limit, cursor }: PageQuery): Promise<Page<CalendarView>> {
    const [after] = cursor === undefined ? [null] : decodeCursor(cursor, ['uuid']);
    const rows = await this.calendars.list(after, limit + 1);
    return pageOf(
      rows,
      limit,
      ({ calendar_id }) => [calendar_id],
      (row) => CalendarView.of(row),
    );
  }

  @Put(':calendar_id')
  @ApiOperation({
    operationId: 'changeCalendar',
    summary: 'Change a business calendar',
    description:
      'For deadlines that are set from now on; those that run stay as they were counted.',
  })
  @ApiOkResponse({ type: CalendarView })
  @ApiProblems('calendar_not_found', 'calendar_exists')
  async change(
    @UuidParam('calendar_id') calendar_id: string,
    @Body() request: CalendarRequest,
  ): Promise<CalendarView> {
    return CalendarView.of(await this.calendars.change(calendar_id, sentCalendar(request)));
  }

  @Delete(':calendar_id')
  @ApiOperation({
    operationId: 'deleteCalendar',
    summary: 'Delete a business calendar',
    description: 'The default one counts in its place; without that, every hour does.',
  })
  @ApiOkResponse({ type: CalendarView })
  @ApiProblems('calendar_not_found')
  async delete(@UuidParam('calendar_id') calendar_id: string): Promise<CalendarView> {
    return CalendarView.of(await this.calendars.delete(calendar_id));
  }
}
