import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Post,
  Put,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import {
  ApiBody,
  ApiCreatedResponse,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { CurrentPrincipal, type Principal } from '#platform/auth';
import { ApiProblems, type Page, PageQuery, UuidParam, withEtag } from '#platform/http';

import {
  CreatedWorkflow,
  ValidationReport,
  WorkflowPage,
  WorkflowSummary,
  WorkflowView,
} from './definition-views.dto.js';
import {
  ActivateWorkflowRequest,
  CreateWorkflowRequest,
  ListWorkflowsQuery,
  ReadWorkflowQuery,
} from './definitions.dto.js';
import { WorkflowsService } from './workflows.service.js';

/** Bodies of definitions come in unchecked: their faults of shape and of meaning go into one answer. */
@ApiTags('definitions')
@Controller()
export class DefinitionsController {
  constructor(private readonly workflows: WorkflowsService) {}

  @Post('multi-step/create')
  @ApiOperation({
    operationId: 'createWorkflow',
    summary: 'Create a workflow',
    description:
      'Stores a workflow as its first version. Everything that is wrong with it comes back in one answer, each fault with its JSON pointer.',
  })
  @ApiBody({ type: CreateWorkflowRequest })
  @ApiCreatedResponse({ type: CreatedWorkflow })
  @ApiProblems('workflow_name_taken')
  create(
    @Body() body: unknown,
    @CurrentPrincipal() principal: Principal,
  ): Promise<CreatedWorkflow> {
    return this.workflows.create(body, principal);
  }

  @Post('workflows/validate')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'validateWorkflow',
    summary: 'Check a workflow',
    description:
      'The checks of `POST /multi-step/create`, and what is allowed but probably not meant. Nothing is stored.',
  })
  @ApiBody({ type: CreateWorkflowRequest })
  @ApiOkResponse({ type: ValidationReport })
  validate(@Body() body: unknown): Promise<ValidationReport> {
    return this.workflows.validate(body);
  }

  @Get('workflows')
  @ApiOperation({
    operationId: 'listWorkflows',
    summary: 'Workflows, newest first',
    description: 'Each by its current version: the active one, else the latest.',
  })
  @ApiOkResponse({ type: WorkflowPage })
  @ApiProblems('cursor_invalid')
  list(@Query() query: ListWorkflowsQuery): Promise<Page<WorkflowSummary>> {
    return this.workflows.list(query);
  }

  @Get('workflows/:workflow_id')
  @ApiOperation({
    operationId: 'getWorkflow',
    summary: 'Read a workflow',
    description: 'Its current version, or the one named. With an ETag; `If-None-Match` gives 304.',
  })
  @ApiOkResponse({ type: WorkflowView })
  @ApiProblems('workflow_not_found', 'version_not_found')
  async read(
    @UuidParam('workflow_id') workflow_id: string,
    @Query() { version_number }: ReadWorkflowQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WorkflowView | undefined> {
    const { view, etag } = await this.workflows.read(workflow_id, version_number);
    return withEtag(request, reply, etag, view);
  }

  @Get('workflows/:workflow_id/versions')
  @ApiOperation({
    operationId: 'listWorkflowVersions',
    summary: 'Versions of a workflow, latest first',
    description: 'A version never changes; running instances stay on the one they started with.',
  })
  @ApiOkResponse({ type: WorkflowPage })
  @ApiProblems('workflow_not_found', 'cursor_invalid')
  versions(
    @UuidParam('workflow_id') workflow_id: string,
    @Query() query: PageQuery,
  ): Promise<Page<WorkflowSummary>> {
    return this.workflows.versions(workflow_id, query);
  }

  @Put('workflows/:workflow_id')
  @ApiOperation({
    operationId: 'publishWorkflowVersion',
    summary: 'Publish a new version',
    description:
      'Stores the body as the next version; with `is_active` new instances start with it at once, running ones stay on theirs. A `version` label that is left out or already used is counted up.',
  })
  @ApiHeader({
    name: 'If-Match',
    required: true,
    description: "The ETag of the workflow's current version.",
  })
  @ApiBody({ type: CreateWorkflowRequest })
  @ApiOkResponse({ type: WorkflowView })
  @ApiProblems('workflow_not_found', 'workflow_name_taken', 'precondition_failed')
  async publish(
    @UuidParam('workflow_id') workflow_id: string,
    @Body() body: unknown,
    @Headers('if-match') ifMatch: string | undefined,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WorkflowView> {
    const { view, etag } = await this.workflows.publish(workflow_id, body, ifMatch, principal);
    reply.header('etag', etag);
    return view;
  }

  @Delete('workflows/:workflow_id')
  @ApiOperation({
    operationId: 'deactivateWorkflow',
    summary: 'Deactivate a workflow',
    description: 'No new instances start from now on; running ones go on to their end.',
  })
  @ApiHeader({ name: 'If-Match', required: false })
  @ApiOkResponse({ type: WorkflowView })
  @ApiProblems('workflow_not_found', 'workflow_inactive', 'precondition_failed')
  async deactivate(
    @UuidParam('workflow_id') workflow_id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WorkflowView> {
    const { view, etag } = await this.workflows.deactivate(workflow_id, ifMatch);
    reply.header('etag', etag);
    return view;
  }

  @Post('workflows/:workflow_id/activate')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'activateWorkflow',
    summary: 'Activate a workflow, or an earlier version of it',
    description: 'New instances start with that version from now on; running ones stay on theirs.',
  })
  @ApiHeader({ name: 'If-Match', required: false })
  @ApiOkResponse({ type: WorkflowView })
  @ApiProblems(
    'workflow_not_found',
    'version_not_found',
    'workflow_name_taken',
    'precondition_failed',
  )
  async activate(
    @UuidParam('workflow_id') workflow_id: string,
    @Body() { version_number }: ActivateWorkflowRequest,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WorkflowView> {
    const { view, etag } = await this.workflows.activate(workflow_id, version_number, ifMatch);
    reply.header('etag', etag);
    return view;
  }
}
