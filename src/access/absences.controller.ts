import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Absences } from '#access/directory';
import { CurrentPrincipal, type Principal } from '#platform/auth';
import { ApiProblems, decodeCursor, type Page, pageOf, PageQuery, UuidParam } from '#platform/http';
import { AbsencePage, AbsenceRequest, AbsenceView } from './absences.dto.js';

@ApiTags('access')
@Controller('access/absences')
export class AbsencesController {
  constructor(private readonly absences: Absences) {}

  @Post()
  @ApiOperation({
    operationId: 'createAbsence',
    summary: 'Name a substitute for a time',
    description:
      'Your own, or anybody’s as an operator. The substitute may act for you in that time, and whatever they do says so.',
  })
  @ApiCreatedResponse({ type: AbsenceView })
  @ApiProblems('speaks_for_others', 'person_not_found')
  async create(
    @Body() { person, substitute, from, to, reason }: AbsenceRequest,
    @CurrentPrincipal() principal: Principal,
  ): Promise<AbsenceView> {
    const time = { from: new Date(from), to: new Date(to) };
    const absence = { person: person ?? null, substitute, reason, ...time };
    return AbsenceView.of(await this.absences.create(absence, principal));
  }

  @Get()
  @ApiOperation({
    operationId: 'listAbsences',
    summary: 'Absences',
    description: 'Your own and those in which you act for others; as an operator, everybody’s.',
  })
  @ApiOkResponse({ type: AbsencePage })
  @ApiProblems('cursor_invalid')
  async list(
    @Query() { limit, cursor }: PageQuery,
    @CurrentPrincipal() principal: Principal,
  ): Promise<Page<AbsenceView>> {
    const [after] = cursor === undefined ? [null] : decodeCursor(cursor, ['uuid']);
    const rows = await this.absences.list(principal, after, limit + 1);
    return pageOf(
      rows,
      limit,
      ({ absence_id }) => [absence_id],
      (row) => AbsenceView.of(row),
    );
  }

  @Post(':absence_id/end')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'endAbsence',
    summary: 'End an absence now',
    description: 'From now on the substitute acts for themselves alone.',
  })
  @ApiOkResponse({ type: AbsenceView })
  @ApiProblems('absence_not_found', 'absence_ended', 'speaks_for_others')
  async end(
    @UuidParam('absence_id') absence_id: string,
    @CurrentPrincipal() principal: Principal,
  ): Promise<AbsenceView> {
    return AbsenceView.of(await this.absences.end(absence_id, principal));
  }
}
