import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { CurrentPrincipal, type Principal } from '#platform/auth';
import { ApiProblems, type Page, UuidParam } from '#platform/http';

import {
  IncidentBatchView,
  RetryIncidentsRequest,
  SkipIncidentsRequest,
} from './incident-batches.dto.js';
import { IncidentBatchesService } from './incident-batches.service.js';
import {
  IncidentPage,
  type IncidentSummary,
  IncidentView,
  ListIncidentsQuery,
  ResolveIncidentRequest,
  SkipIncidentRequest,
} from './incidents.dto.js';
import { IncidentsService } from './incidents.service.js';

const REFUSALS = [
  'incident_not_found',
  'incident_resolved',
  'execution_ended',
  'instance_not_running',
  'instance_not_failed',
  'step_not_found',
] as const;

@ApiTags('incidents')
@Controller('parallel/incidents')
export class IncidentsController {
  constructor(
    private readonly incidents: IncidentsService,
    private readonly batches: IncidentBatchesService,
  ) {}

  @Get()
  @ApiOperation({
    operationId: 'listIncidents',
    summary: 'Incidents, newest first',
    description:
      'What stands still until somebody decides: tasks out of attempts, and instances that failed with no rule for it. Filters hold together; page with `next_cursor`.',
  })
  @ApiOkResponse({ type: IncidentPage })
  @ApiProblems('cursor_invalid')
  list(@Query() query: ListIncidentsQuery): Promise<Page<IncidentSummary>> {
    return this.incidents.list(query);
  }

  @Get(':incident_id')
  @ApiOperation({
    operationId: 'getIncident',
    summary: 'Read an incident',
    description: 'With its error, the task as it was sent, and how its execution and instance are.',
  })
  @ApiOkResponse({ type: IncidentView })
  @ApiProblems('incident_not_found')
  read(@UuidParam('incident_id') incident_id: string): Promise<IncidentView> {
    return this.incidents.read(incident_id);
  }

  @Post('retry')
  @HttpCode(202)
  @ApiOperation({
    operationId: 'retryIncidents',
    summary: 'Retry many incidents',
    description:
      'Answers with how many open incidents the filter finds; a job retries them, newest first, each for itself. Read how far it is at `GET /parallel/incidents/batches/{batch_id}`.',
  })
  @ApiAcceptedResponse({ type: IncidentBatchView })
  retryMany(
    @Body() { filter, note }: RetryIncidentsRequest,
    @CurrentPrincipal() principal: Principal,
  ): Promise<IncidentBatchView> {
    return this.batches.start('retry', { filter, note, output_data: null }, principal.id);
  }

  @Post('skip')
  @HttpCode(202)
  @ApiOperation({
    operationId: 'skipIncidents',
    summary: 'Skip many incidents',
    description: 'As `retryIncidents`; each counts as completed with the output given.',
  })
  @ApiAcceptedResponse({ type: IncidentBatchView })
  skipMany(
    @Body() { filter, note, output_data }: SkipIncidentsRequest,
    @CurrentPrincipal() principal: Principal,
  ): Promise<IncidentBatchView> {
    return this.batches.start('skip', { filter, note, output_data }, principal.id);
  }

  @Get('batches/:batch_id')
  @ApiOperation({
    operationId: 'getIncidentBatch',
    summary: 'How far a bulk call is',
    description: 'With those that could not be resolved, and why.',
  })
  @ApiOkResponse({ type: IncidentBatchView })
  @ApiProblems('incident_batch_not_found')
  batch(@UuidParam('batch_id') batch_id: string): Promise<IncidentBatchView> {
    return this.batches.read(batch_id);
  }

  @Post(':incident_id/retry')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'retryIncident',
    summary: 'Retry an incident',
    description:
      'The task gets fresh attempts, as do, of a `for_each`, its items that had failed, and what was skipped for it comes back; an execution that has ended is opened again. An instance that failed enters its step anew.',
  })
  @ApiOkResponse({ type: IncidentView })
  @ApiProblems(...REFUSALS)
  retry(
    @UuidParam('incident_id') incident_id: string,
    @Body() { note }: ResolveIncidentRequest,
    @CurrentPrincipal() principal: Principal,
  ): Promise<IncidentView> {
    return this.incidents.resolve(incident_id, { action: 'retry', note }, principal.id);
  }

  @Post(':incident_id/skip')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'skipIncident',
    summary: 'Skip an incident',
    description:
      'The task counts as completed with the output given, and what depends on it goes on. An instance that failed goes on behind its step, which counts as bypassed; the output is laid over its data.',
  })
  @ApiOkResponse({ type: IncidentView })
  @ApiProblems(...REFUSALS)
  skip(
    @UuidParam('incident_id') incident_id: string,
    @Body() { note, output_data }: SkipIncidentRequest,
    @CurrentPrincipal() principal: Principal,
  ): Promise<IncidentView> {
    return this.incidents.resolve(incident_id, { action: 'skip', output_data, note }, principal.id);
  }

  @Post(':incident_id/fail')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'failIncident',
    summary: 'Give an incident up',
    description:
      'Its execution, where it still runs, ends as failed; what has ended stays as it is. Nothing is left to decide then.',
  })
  @ApiOkResponse({ type: IncidentView })
  @ApiProblems('incident_not_found', 'incident_resolved')
  fail(
    @UuidParam('incident_id') incident_id: string,
    @Body() { note }: ResolveIncidentRequest,
    @CurrentPrincipal() principal: Principal,
  ): Promise<IncidentView> {
    return this.incidents.resolve(incident_id, { action: 'fail', note }, principal.id);
  }
}
