import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { CurrentPrincipal, type Principal } from '#platform/auth';
import { ApiProblems, ClientIdParam, type Page, PageQuery, UuidParam } from '#platform/http';

import {
  CompleteStepRequest,
  HistoryEvent,
  HistoryPage,
  InstancePage,
  InstanceSummary,
  InstanceView,
  ListAllInstancesQuery,
  ListInstancesQuery,
  ReasonRequest,
  StartInstanceRequest,
} from './instances.dto.js';
import { InstancesService } from './instances.service.js';

const INSTANCE = 'workflows/:workflow_id/instances/:workflow_instance_id';

@ApiTags('instances')
@Controller()
export class InstancesController {
  constructor(private readonly instances: InstancesService) {}

  @Post('workflows/:workflow_id/instances')
  @ApiOperation({
    operationId: 'startInstance',
    summary: 'Start an instance',
    description:
      "Starts an instance of the workflow's current version and takes it to its first waiting step.",
  })
  @ApiCreatedResponse({ type: InstanceView })
  @ApiProblems(
    'workflow_not_found',
    'workflow_inactive',
    'instance_exists',
    'speaks_for_others',
    'approver_not_entitled',
  )
  start(
    @UuidParam('workflow_id') workflow_id: string,
    @Body() request: StartInstanceRequest,
    @CurrentPrincipal() principal: Principal,
  ): Promise<InstanceView> {
    return this.instances.start(workflow_id, request, principal);
  }

  @Get('workflows/:workflow_id/instances')
  @ApiOperation({
    operationId: 'listInstancesOfWorkflow',
    summary: 'Instances of a workflow, newest first',
    description: 'Filter by status; page with `next_cursor`.',
  })
  @ApiOkResponse({ type: InstancePage })
  @ApiProblems('cursor_invalid')
  listOfWorkflow(
    @UuidParam('workflow_id') workflow_id: string,
    @Query() query: ListInstancesQuery,
    @CurrentPrincipal() principal: Principal,
  ): Promise<Page<InstanceSummary>> {
    return this.instances.list({ ...query, workflow_id }, principal);
  }

  @Get('instances')
  @ApiOperation({
    operationId: 'listInstances',
    summary: 'Instances of all workflows, newest first',
    description: 'Filter by workflow and status; page with `next_cursor`.',
  })
  @ApiOkResponse({ type: InstancePage })
  @ApiProblems('cursor_invalid')
  list(
    @Query() query: ListAllInstancesQuery,
    @CurrentPrincipal() principal: Principal,
  ): Promise<Page<InstanceSummary>> {
    return this.instances.list(query, principal);
  }

  @Get(INSTANCE)
  @ApiOperation({
    operationId: 'getInstance',
    summary: 'Read an instance',
    description: 'Where it stands, its data, and every step that it has entered.',
  })
  @ApiOkResponse({ type: InstanceView })
  @ApiProblems('instance_not_found')
  read(
    @UuidParam('workflow_id') workflow_id: string,
    @ClientIdParam('workflow_instance_id') workflow_instance_id: string,
    @CurrentPrincipal() principal: Principal,
  ): Promise<InstanceView> {
    return this.instances.read({ workflow_id, workflow_instance_id }, principal);
  }

  @Get(`${INSTANCE}/history`)
  @ApiOperation({
    operationId: 'getInstanceHistory',
    summary: 'History of an instance',
    description: 'Every event, oldest first: what happened, when, and who caused it. Append-only.',
  })
  @ApiOkResponse({ type: HistoryPage })
  @ApiProblems('instance_not_found', 'cursor_invalid')
  history(
    @UuidParam('workflow_id') workflow_id: string,
    @ClientIdParam('workflow_instance_id') workflow_instance_id: string,
    @Query() query: PageQuery,
    @CurrentPrincipal() principal: Principal,
  ): Promise<Page<HistoryEvent>> {
    return this.instances.history({ workflow_id, workflow_instance_id }, query, principal);
  }

  @Post(`${INSTANCE}/steps/:step_id/complete`)
  @HttpCode(200)
  @ApiOperation({
    operationId: 'completeStep',
    summary: 'Complete a user task',
    description:
      "Ends the user task at which the instance stands and moves it on. The output is laid over the instance's data. It has to fit the step's `form_schema`; every fault is told by its place under `/output_data`.",
  })
  @ApiOkResponse({ type: InstanceView })
  @ApiProblems(
    'instance_not_found',
    'instance_not_running',
    'step_not_found',
    'step_not_current',
    'step_not_waiting',
    'approver_not_entitled',
    'duties_not_separate',
    'speaks_for_others',
  )
  complete(
    @UuidParam('workflow_id') workflow_id: string,
    @ClientIdParam('workflow_instance_id') workflow_instance_id: string,
    @ClientIdParam('step_id') step_id: string,
    @Body() request: CompleteStepRequest,
    @CurrentPrincipal() principal: Principal,
  ): Promise<InstanceView> {
    return this.instances.completeStep(
      { workflow_id, workflow_instance_id },
      step_id,
      request,
      principal,
    );
  }

  @Post(`${INSTANCE}/suspend`)
  @HttpCode(200)
  @ApiOperation({
    operationId: 'suspendInstance',
    summary: 'Suspend',
    description:
      'Holds the instance where it is: no step can be completed until it is resumed. Work already handed out may finish; its result is taken up on resume.',
  })
  @ApiOkResponse({ type: InstanceView })
  @ApiProblems('instance_not_found', 'instance_not_running')
  suspend(
    @UuidParam('workflow_id') workflow_id: string,
    @ClientIdParam('workflow_instance_id') workflow_instance_id: string,
    @Body() { reason }: ReasonRequest,
    @CurrentPrincipal() { id }: Principal,
  ): Promise<InstanceView> {
    return this.instances.command(
      { workflow_id, workflow_instance_id },
      { type: 'suspend', reason },
      id,
    );
  }

  @Post(`${INSTANCE}/resume`)
  @HttpCode(200)
  @ApiOperation({
    operationId: 'resumeInstance',
    summary: 'Resume',
    description: 'Lets a suspended instance go on; results that came in meanwhile are taken up.',
  })
  @ApiOkResponse({ type: InstanceView })
  @ApiProblems('instance_not_found', 'instance_not_suspended')
  resume(
    @UuidParam('workflow_id') workflow_id: string,
    @ClientIdParam('workflow_instance_id') workflow_instance_id: string,
    @Body() { reason }: ReasonRequest,
    @CurrentPrincipal() { id }: Principal,
  ): Promise<InstanceView> {
    return this.instances.command(
      { workflow_id, workflow_instance_id },
      { type: 'resume', reason },
      id,
    );
  }

  @Post(`${INSTANCE}/cancel`)
  @HttpCode(200)
  @ApiOperation({
    operationId: 'cancelInstance',
    summary: 'Cancel',
    description: 'Ends the instance and stops its work, executions and timers.',
  })
  @ApiOkResponse({ type: InstanceView })
  @ApiProblems('instance_not_found', 'instance_not_running')
  cancel(
    @UuidParam('workflow_id') workflow_id: string,
    @ClientIdParam('workflow_instance_id') workflow_instance_id: string,
    @Body() { reason }: ReasonRequest,
    @CurrentPrincipal() { id }: Principal,
  ): Promise<InstanceView> {
    return this.instances.command(
      { workflow_id, workflow_instance_id },
      { type: 'cancel', reason },
      id,
    );
  }
}
