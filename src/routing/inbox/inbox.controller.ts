import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { CurrentPrincipal, type Principal } from '#platform/auth';
import { ApiProblems, ClientIdParam, type Page, UuidParam } from '#platform/http';

import { CanActAnswer, InboxItem, InboxPage, InboxQuery, PersonQuery } from './inbox.dto.js';
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
      'Tasks and approvals of running instances, oldest instance first: by business role, department, management level and as the substitute of somebody absent. Each is what the engine would accept from them now; own requests and steps that need other people are not among them.',
  })
  @ApiOkResponse({ type: InboxPage })
  @ApiProblems('cursor_invalid', 'speaks_for_others', 'person_not_found')
  list(
    @Query() query: InboxQuery,
    @CurrentPrincipal() principal: Principal,
  ): Promise<Page<InboxItem>> {
    return this.inbox.list(query, principal);
  }

  @Get('workflows/:workflow_id/instances/:workflow_instance_id/steps/:step_id/can-act')
  @ApiOperation({
    operationId: 'canActOnStep',
    summary: 'Whether somebody may act on a step, and if not, why',
    description:
      'Decided by the rule that decides acting itself: what is refused here would be refused there, with the same code.',
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
