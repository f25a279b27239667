import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { CurrentPrincipal, type Principal } from '#platform/auth';
import { ApiProblems, ClientIdParam, type Page, UuidParam } from '#platform/http';

import {
  CanActAnswer,
  InboxCounts,
  InboxCountsQuery,
  InboxItem,
  InboxPage,
  InboxQuery,
  PersonQuery,
} from './inbox.dto.js';
import { InboxService } from './inbox.service.js';

/** What waits for people. */
@ApiTags('inbox')
@Controller()
export class InboxController {
  constructor(private readonly inbox: InboxService) {}

  @Get('inbox')
  @ApiOperation({
    operationId: 'listInbox',
    summary: 'What the caller may act on now',
    description:
      'Tasks and approvals of running instances: by business role, department, management level, assignment and delegation, and as the substitute of somebody absent. Each is what the engine would accept from them now; own requests, steps that need other people and tasks that somebody else has are not among them.',
  })
  @ApiOkResponse({ type: InboxPage })
  @ApiProblems('cursor_invalid', 'speaks_for_others', 'person_not_found')
  list(
    @Query() query: InboxQuery,
    @CurrentPrincipal() principal: Principal,
  ): Promise<Page<InboxItem>> {
    return this.inbox.list(query, principal);
  }

  @Get('inbox/counts')
  @ApiOperation({
    operationId: 'countInbox',
    summary: 'How much the caller may act on now, by group',
    description:
      'Of what `listInbox` shows with the same filters. Exact while there are at most 5,000 steps to look at, else what was found among the oldest 5,000 (`at_least`).',
  })
  @ApiOkResponse({ type: InboxCounts })
  @ApiProblems('speaks_for_others', 'person_not_found')
  counts(
    @Query() query: InboxCountsQuery,
    @CurrentPrincipal() principal: Principal,
  ): Promise<InboxCounts> {
    return this.inbox.counts(query, principal);
  }

  @Get('workflows/:workflow_id/instances/:workflow_instance_id/steps/:step_id/can-act')
  @ApiOperation({
    operationId: 'canActOnStep',
    summary: 'Whether somebody may act on a step, and if not, why',
    description:
      'Decided by the rule that decides acting itself: what is refused here would be refused there, with the same code. A task that somebody else has says who (`step_claimed`); who was given one by delegation acts on it by saving its form and handing it back.',
  })
  @ApiOkResponse({ type: CanActAnswer })
  @ApiProblems('instance_not_found', 'speaks_for_others', 'person_not_found')
  canAct(
    @UuidParam('workflow_id') workflow_id: string,
    @ClientIdParam('workflow_instance_id') workflow_instance_id: string,
    @ClientIdParam('step_id') step_id: string,
    @Query() { person }: PersonQuery,
    @CurrentPrincipal() principal: Principal,
  ): Promise<CanActAnswer> {
    return this.inbox.canAct({ workflow_id, workflow_instance_id }, step_id, person, principal);
  }
}
