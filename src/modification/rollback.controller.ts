import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { CurrentPrincipal, type Principal } from '#platform/auth';
import { ApiProblems, ClientIdParam } from '#platform/http';

import { RollbackRequest } from './modification.dto.js';
import { ModificationAnswer } from './modification-views.dto.js';
import { Monitoring } from './monitoring/monitoring.service.js';
import { MonitoringAnswer } from './monitoring/monitoring-views.dto.js';
import { Rollbacks } from './rollback.service.js';

/** What follows once a modification is applied. */
@ApiTags('modification')
@Controller('dynamic')
export class RollbackController {
  constructor(
    private readonly rollbacks: Rollbacks,
    private readonly monitoring: Monitoring,
  ) {}

  @Post('rollback/:modification_id')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'rollBackModification',
    summary: 'Roll a modification back',
    description:
      'The former version is current again. With `immediate` the instances on the new version return to it (those that nothing has happened to since they were moved stand exactly where they stood); with `graceful` and `manual` they finish where they are; `scheduled` is `immediate` at a time. Refused when a later version is current, or after an emergency bypass.',
  })
  @ApiOkResponse({ type: ModificationAnswer })
  @ApiProblems('modification_not_found', 'modification_not_reversible', 'workflow_inactive')
  rollBack(
    @ClientIdParam('modification_id') modification_id: string,
    @Body() request: RollbackRequest,
    @CurrentPrincipal() principal: Principal,
  ): Promise<ModificationAnswer> {
    return this.rollbacks.request(modification_id, request, principal);
  }

  @Get('monitoring/:modification_id')
  @ApiOperation({
    operationId: 'getModificationMonitoring',
    summary: 'What a modification has done since it was applied',
    description:
      'Observed every MONITORING_INTERVAL_SECONDS for `monitoring_duration_minutes`: the new version beside the former one.',
  })
  @ApiOkResponse({ type: MonitoringAnswer })
  @ApiProblems('modification_not_found')
  observations(
    @ClientIdParam('modification_id') modification_id: string,
  ): Promise<MonitoringAnswer> {
    return this.monitoring.read(modification_id);
  }
}
