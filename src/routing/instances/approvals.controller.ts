import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { CurrentPrincipal, type Principal } from '#platform/auth';
import { ApiProblems, ClientIdParam, UuidParam } from '#platform/http';

import {
  AnswerRequest,
  DecideApprovalRequest,
  QuestionRequest,
  SendBackRequest,
} from './approvals.dto.js';
import { InstanceView } from './instances.dto.js';
import { InstancesService } from './instances.service.js';

const STEP = 'workflows/:workflow_id/instances/:workflow_instance_id/steps/:step_id';

const AT_A_STEP = [
  'instance_not_found',
  'instance_not_running',
  'step_not_found',
  'step_not_current',
  'step_not_waiting',
  'speaks_for_others',
] as const;
const DECIDING = [
  ...AT_A_STEP,
  'approval_not_asked',
  'approval_already_given',
  'approver_not_entitled',
  'own_approval',
  'duties_not_separate',
  'not_substitute',
] as const;

/** What people do at an approval step. */
@ApiTags('instances')
@Controller()
export class ApprovalsController {
  constructor(private readonly instances: InstancesService) {}

  @Post(`${STEP}/approve`)
  @HttpCode(200)
  @ApiOperation({
    operationId: 'approveStep',
    summary: 'Approve',
    description:
      'Gives one approval on an asked level. The step ends when no level is left to ask.',
  })
  @ApiOkResponse({ type: InstanceView })
  @ApiProblems(...DECIDING)
  approve(
    @UuidParam('workflow_id') workflow_id: string,
    @ClientIdParam('workflow_instance_id') workflow_instance_id: string,
    @ClientIdParam('step_id') step_id: string,
    @Body() request: DecideApprovalRequest,
    @CurrentPrincipal() principal: Principal,
  ): Promise<InstanceView> {
    const key = { workflow_id, workflow_instance_id };
    return this.instances.decideApproval(key, step_id, 'approved', request, principal);
  }

  @Post(`${STEP}/reject`)
  @HttpCode(200)
  @ApiOperation({
    operationId: 'rejectStep',
    summary: 'Reject',
    description:
      'Rejects on an asked level and so ends the step. A routing rule after it may see `outcome = "rejected"`; without one the instance ends as rejected.',
  })
  @ApiOkResponse({ type: InstanceView })
  @ApiProblems(...DECIDING)
  reject(
    @UuidParam('workflow_id') workflow_id: string,
    @ClientIdParam('workflow_instance_id') workflow_instance_id: string,
    @ClientIdParam('step_id') step_id: string,
    @Body() request: DecideApprovalRequest,
    @CurrentPrincipal() principal: Principal,
  ): Promise<InstanceView> {
    const key = { workflow_id, workflow_instance_id };
    return this.instances.decideApproval(key, step_id, 'rejected', request, principal);
  }

  @Post(`${STEP}/send-back`)
  @HttpCode(200)
  @ApiOperation({
    operationId: 'sendBackStep',
    summary: 'Send back',
    description:
      'The request goes back to a step that it has come through, with a comment. When it comes here again, every level is asked anew.',
  })
  @ApiOkResponse({ type: InstanceView })
  @ApiProblems(...DECIDING, 'step_not_entered')
  sendBack(
    @UuidParam('workflow_id') workflow_id: string,
    @ClientIdParam('workflow_instance_id') workflow_instance_id: string,
    @ClientIdParam('step_id') step_id: string,
    @Body() request: SendBackRequest,
    @CurrentPrincipal() principal: Principal,
  ): Promise<InstanceView> {
    const key = { workflow_id, workflow_instance_id };
    return this.instances.sendBack(key, step_id, request, principal);
  }

  @Post(`${STEP}/ask`)
  @HttpCode(200)
  @ApiOperation({
    operationId: 'askForInformation',
    summary: 'Ask for information',
    description:
      'Puts a question to the requester. The step stays where it is, with the votes that it has; its deadlines rest until the answer.',
  })
  @ApiOkResponse({ type: InstanceView })
  @ApiProblems(...DECIDING, 'information_awaited')
  ask(
    @UuidParam('workflow_id') workflow_id: string,
    @ClientIdParam('workflow_instance_id') workflow_instance_id: string,
    @ClientIdParam('step_id') step_id: string,
    @Body() request: QuestionRequest,
    @CurrentPrincipal() principal: Principal,
  ): Promise<InstanceView> {
    const key = { workflow_id, workflow_instance_id };
    return this.instances.ask(key, step_id, request, principal);
  }

  @Post(`${STEP}/answer`)
  @HttpCode(200)
  @ApiOperation({
    operationId: 'giveInformation',
    summary: 'Answer a question',
    description:
      'For who wants it approved. The deadlines of the step go on with what was left of them.',
  })
  @ApiOkResponse({ type: InstanceView })
  @ApiProblems(...AT_A_STEP, 'information_not_asked', 'not_the_requester')
  answer(
    @UuidParam('workflow_id') workflow_id: string,
    @ClientIdParam('workflow_instance_id') workflow_instance_id: string,
    @ClientIdParam('step_id') step_id: string,
    @Body() request: AnswerRequest,
    @CurrentPrincipal() principal: Principal,
  ): Promise<InstanceView> {
    const key = { workflow_id, workflow_instance_id };
    return this.instances.answer(key, step_id, request, principal);
  }
}
