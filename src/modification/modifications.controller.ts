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

import { ListModificationsQuery, ModifyRequest } from './modification.dto.js';
import {
  ModificationAnswer,
  ModificationPage,
  type ModificationSummary,
  PreviewAnswer,
} from './modification-views.dto.js';
import { statusOf } from './modification-answer.js';
import { WhatIfAnswer, WhatIfRequest } from './what-if/what-if.dto.js';
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
  preview(
    @Body() request: ModifyRequest,
    @Query() page: PageQuery,
    @CurrentPrincipal() principal: Principal,
  ): Promise<PreviewAnswer> {
    return this.modifications.preview(request, page, principal);
  }

  @Post('what-if')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'askWhatIf',
    summary: 'Simulate a change on what was recorded',
    description:
      'The body of `POST /dynamic/modify`, with a `seed`; nothing is written. The arrivals of the last TREND_ANALYSIS_DAYS (the latest 1,000) are simulated with the definition as it is and as it would be: the engine decides where each goes, people work on one thing at a time, deadlines escalate. Compared are cycle time, wait at each step, missed deadlines and failures, with intervals at 95 % by the bootstrap, and their paired difference. Refused where fewer than 20 have ended.',
  })
  @ApiOkResponse({ type: WhatIfAnswer })
  @ApiProblems('workflow_not_found', 'workflow_inactive', 'emergency_disabled', 'history_too_short')
  whatIf(
    @Body() request: WhatIfRequest,
    @CurrentPrincipal() principal: Principal,
  ): Promise<WhatIfAnswer> {
    return this.modifications.whatIf(request, principal);
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
}
