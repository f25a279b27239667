import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { CurrentPrincipal, type Principal } from '#platform/auth';
import { ApiProblems, ClientIdParam } from '#platform/http';

import {
  ApplyModificationRequest,
  DecideModificationRequest,
  ReviewModificationRequest,
} from './modification.dto.js';
import { ModificationDecisions } from './modification-decisions.service.js';
import { ModificationAnswer } from './modification-views.dto.js';

@ApiTags('modification')
@Controller('dynamic')
export class DecisionsController {
  constructor(private readonly decisions: ModificationDecisions) {}

  @Post('approve/:modification_id')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'approveModification',
    summary: 'Approve a modification',
    description:
      'By somebody other than who asked for it; MODIFICATION_APPROVALS_REQUIRED of them let it pass. With `auto_apply` it is then applied at once, with `scheduled_at` at its time.',
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
    return this.decisions.approve(modification_id, request, principal);
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
    return this.decisions.reject(modification_id, request, principal);
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
    return this.decisions.apply(modification_id, request, principal);
  }

  @Post('review/:modification_id')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'reviewModification',
    summary: 'Review an emergency change',
    description:
      'What passed as an emergency is reviewed afterwards, within EMERGENCY_REVIEW_HOURS, by somebody other than who asked for it; `GET /dynamic/modifications?review=overdue` lists what is late. An objection is recorded; it takes nothing back by itself.',
  })
  @ApiOkResponse({ type: ModificationAnswer })
  @ApiProblems('modification_not_found', 'modification_not_pending', 'own_approval')
  review(
    @ClientIdParam('modification_id') modification_id: string,
    @Body() request: ReviewModificationRequest,
    @CurrentPrincipal() principal: Principal,
  ): Promise<ModificationAnswer> {
    return this.decisions.review(modification_id, request, principal);
  }
}
