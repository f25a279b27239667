import { Body, Controller, Get, Headers, HttpCode, Post, Query, Res } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { CurrentPrincipal, type Principal } from '#platform/auth';
import { ApiProblems, ClientIdParam, type Page, PageQuery } from '#platform/http';

import {
  ApplyModificationRequest,
  DecideModificationRequest,
  ListModificationsQuery,
  ModifyRequest,
} from './modification.dto.js';
import {
  ModificationAnswer,
  ModificationPage,
  type ModificationSummary,
  PreviewAnswer,
} from './modification-views.dto.js';
import { statusOf } from './modification-answer.js';
import { ModificationsService } from './modifications.service.js';

@ApiTags('modification')
@Controller('dynamic')
export class ModificationsController {
  constructor(private readonly modifications: ModificationsService) {}

  @Post('modify')
  @HttpCode(202)
  @ApiOperation({
    operationId: 'modifyWorkflow',
    summary: 'Modify a workflow while it runs',
    description:
      'Works out the changed definition and its impact on real running instances. High and critical impact waits for an approval (APPROVAL_REQUIRED_FOR_HIGH_IMPACT); everything else may be applied, at once with `auto_apply`. Applying keeps a snapshot and makes a new version; running instances stay on theirs unless `apply_to` is `all` or `filter`; `migration` says how they move. Refused, with the way that shows it, when instances could come to where they cannot end as they should and could not before. It is worked out again when it is applied, so that changes made in between are kept; where it no longer fits them it is refused, and where its impact has grown so that it needs an approval that nobody gave, it waits for one.',
  })
  @ApiHeader({
    name: 'If-Match',
    required: false,
    description: "The ETag of the workflow's current version: refused when it has changed since.",
  })
  @ApiAcceptedResponse({
    type: ModificationAnswer,
    description: 'Waits to be approved or applied.',
  })
  @ApiOkResponse({ type: ModificationAnswer, description: 'Applied.' })
  @ApiProblems(
    'workflow_not_found',
    'workflow_inactive',
    'modification_exists',
    'emergency_disabled',
    'precondition_failed',
  )
  async modify(
    @Body() request: ModifyRequest,
    @Headers('if-match') ifMatch: string | undefined,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ModificationAnswer> {
    const answer = await this.modifications.modify(request, ifMatch, principal);
    reply.status(statusOf(answer));
    return answer;
  }

  @Post('preview')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'previewModification',
    summary: 'See what a modification would do',
    description:
      'The body of `POST /dynamic/modify`; nothing is written. Shows the changes, the new definition, and what would happen to the open instances: at each step, and one by one (paged by `limit` and `cursor`).',
  })
  @ApiOkResponse({ type: PreviewAnswer })
  @ApiProblems('workflow_not_found', 'workflow_inactive', 'emergency_disabled')
  preview(@Body() request: ModifyRequest, @Query() page: PageQuery): Promise<PreviewAnswer> {
    return this.modifications.preview(request, page);
  }

  @Get('status/:modification_id')
  @ApiOperation({
    operationId: 'getModificationStatus',
    summary: 'Read a modification',
    description: 'Where it stands, what it changes, and how many instances it has moved.',
  })
  @ApiOkResponse({ type: ModificationAnswer })
  @ApiProblems('modification_not_found')
  status(@ClientIdParam('modification_id') modification_id: string): Promise<ModificationAnswer> {
    return this.modifications.read(modification_id);
  }

  @Get('modifications')
  @ApiOperation({
    operationId: 'listModifications',
    summary: 'Modifications, newest first',
    description: 'Filter by workflow and status; page with `next_cursor`.',
  })
  @ApiOkResponse({ type: ModificationPage })
  @ApiProblems('cursor_invalid')
  list(@Query() query: ListModificationsQuery): Promise<Page<ModificationSummary>> {
    return this.modifications.list(query);
  }

  @Post('approve/:modification_id')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'approveModification',
    summary: 'Approve a modification',
    description:
      'By somebody other than who asked for it. With `auto_apply` it is then applied at once.',
  })
  @ApiOkResponse({ type: ModificationAnswer })
  @ApiProblems(
    'modification_not_found',
    'modification_not_pending',
    'own_approval',
    'modification_not_applicable',
    'workflow_inactive',
  )
  approve(
    @ClientIdParam('modification_id') modification_id: string,
    @Body() request: DecideModificationRequest,
    @CurrentPrincipal() principal: Principal,
  ): Promise<ModificationAnswer> {
    return this.modifications.approve(modification_id, request, principal);
  }

  @Post('reject/:modification_id')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'rejectModification',
    summary: 'Reject a modification',
    description: 'Also withdraws one that is approved and not applied yet.',
  })
  @ApiOkResponse({ type: ModificationAnswer })
  @ApiProblems('modification_not_found', 'modification_not_pending')
  reject(
    @ClientIdParam('modification_id') modification_id: string,
    @Body() request: DecideModificationRequest,
    @CurrentPrincipal() principal: Principal,
  ): Promise<ModificationAnswer> {
    return this.modifications.reject(modification_id, request, principal);
  }

  @Post('apply/:modification_id')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'applyModification',
    summary: 'Apply an approved modification',
    description:
      'Snapshot, new version and current version in one transaction; instances follow with `apply_to: all`. Still waits (`pending_approval`) when its impact has grown so that it now needs an approval.',
  })
  @ApiOkResponse({ type: ModificationAnswer })
  @ApiProblems(
    'modification_not_found',
    'modification_not_pending',
    'modification_not_applicable',
    'workflow_inactive',
  )
  apply(
    @ClientIdParam('modification_id') modification_id: string,
    @Body() request: ApplyModificationRequest,
    @CurrentPrincipal() principal: Principal,
  ): Promise<ModificationAnswer> {
    return this.modifications.apply(modification_id, request, principal);
  }
}
