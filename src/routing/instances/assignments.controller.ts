import { Body, Controller, Get, HttpCode, Post, Put, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { CurrentPrincipal, type Principal } from '#platform/auth';
import { ApiProblems, ClientIdParam, type Page, PageQuery, UuidParam } from '#platform/http';

import {
  AssignRequest,
  ClaimRequest,
  CommentRequest,
  DelegateRequest,
  FormDataRequest,
  GiveBackRequest,
  StepComment,
  StepCommentPage,
} from './assignments.dto.js';
import { AssignmentsService } from './assignments.service.js';
import { InstanceView } from './instances.dto.js';

const STEP = 'workflows/:workflow_id/instances/:workflow_instance_id/steps/:step_id';

const AT_A_STEP = [
  'instance_not_found',
  'instance_not_running',
  'step_not_found',
  'step_not_current',
  'step_not_waiting',
  'speaks_for_others',
] as const;
const ENTITLED = [
  ...AT_A_STEP,
  'step_claimed',
  'approver_not_entitled',
  'approval_not_asked',
  'approval_already_given',
  'own_approval',
  'duties_not_separate',
  'not_substitute',
] as const;

/** Who has a step. */
@ApiTags('instances')
@Controller()
export class AssignmentsController {
  constructor(private readonly assignments: AssignmentsService) {}

  @Post(`${STEP}/claim`)
  @HttpCode(200)
  @ApiOperation({
    operationId: 'claimStep',
    summary: 'Claim',
    description:
      'Takes a task or an approval that nobody has, as one who may act on it. Of many at once one gets it. A task is then completed by them alone; of an approval it only shows who looks at it, and everybody entitled may still decide.',
  })
  @ApiOkResponse({ type: InstanceView })
  @ApiProblems(...ENTITLED)
  claim(
    @UuidParam('workflow_id') workflow_id: string,
    @ClientIdParam('workflow_instance_id') workflow_instance_id: string,
    @ClientIdParam('step_id') step_id: string,
    @Body() request: ClaimRequest,
    @CurrentPrincipal() principal: Principal,
  ): Promise<InstanceView> {
    const key = { workflow_id, workflow_instance_id };
    return this.assignments.claim(key, step_id, request, principal);
  }

  @Post(`${STEP}/release`)
  @HttpCode(200)
  @ApiOperation({
    operationId: 'releaseStep',
    summary: 'Release',
    description:
      'Gives it back to everybody who may act on it: by who has it (of a delegated one, by who delegated it), or by an operator.',
  })
  @ApiOkResponse({ type: InstanceView })
  @ApiProblems(...AT_A_STEP, 'step_not_claimed', 'not_the_assignee')
  release(
    @UuidParam('workflow_id') workflow_id: string,
    @ClientIdParam('workflow_instance_id') workflow_instance_id: string,
    @ClientIdParam('step_id') step_id: string,
    @Body() request: GiveBackRequest,
    @CurrentPrincipal() principal: Principal,
  ): Promise<InstanceView> {
    const key = { workflow_id, workflow_instance_id };
    return this.assignments.release(key, step_id, request, principal);
  }

  @Post(`${STEP}/assign`)
  @HttpCode(200)
  @ApiOperation({
    operationId: 'assignStep',
    summary: 'Assign',
    description:
      'Gives it to somebody who might act on it by themselves, also away from who has it: by operators, and by the manager of that person where nobody has it, or they themselves or another of theirs.',
  })
  @ApiOkResponse({ type: InstanceView })
  @ApiProblems(...ENTITLED, 'may_not_assign', 'person_not_found')
  assign(
    @UuidParam('workflow_id') workflow_id: string,
    @ClientIdParam('workflow_instance_id') workflow_instance_id: string,
    @ClientIdParam('step_id') step_id: string,
    @Body() request: AssignRequest,
    @CurrentPrincipal() principal: Principal,
  ): Promise<InstanceView> {
    const key = { workflow_id, workflow_instance_id };
    return this.assignments.assign(key, step_id, request, principal);
  }

  @Post(`${STEP}/delegate`)
  @HttpCode(200)
  @ApiOperation({
    operationId: 'delegateStep',
    summary: 'Delegate',
    description:
      'Who has a task passes it on to somebody who does it and hands it back. They need no role: they save the form and comment, and cannot complete it. Nobody who is kept apart from the step can be asked, and votes are not passed on.',
  })
  @ApiOkResponse({ type: InstanceView })
  @ApiProblems(
    ...AT_A_STEP,
    'step_not_claimed',
    'step_claimed',
    'step_delegated',
    'not_the_assignee',
    'not_delegable',
    'duties_not_separate',
    'person_not_found',
  )
  delegate(
    @UuidParam('workflow_id') workflow_id: string,
    @ClientIdParam('workflow_instance_id') workflow_instance_id: string,
    @ClientIdParam('step_id') step_id: string,
    @Body() request: DelegateRequest,
    @CurrentPrincipal() principal: Principal,
  ): Promise<InstanceView> {
    const key = { workflow_id, workflow_instance_id };
    return this.assignments.delegate(key, step_id, request, principal);
  }

  @Post(`${STEP}/hand-back`)
  @HttpCode(200)
  @ApiOperation({
    operationId: 'handBackStep',
    summary: 'Hand back',
    description:
      'A delegated task goes back to who delegated it: by who was asked, by who asked them, or by an operator.',
  })
  @ApiOkResponse({ type: InstanceView })
  @ApiProblems(
    ...AT_A_STEP,
    'step_not_claimed',
    'step_not_delegated',
    'not_the_assignee',
    'duties_not_separate',
  )
  handBack(
    @UuidParam('workflow_id') workflow_id: string,
    @ClientIdParam('workflow_instance_id') workflow_instance_id: string,
    @ClientIdParam('step_id') step_id: string,
    @Body() request: GiveBackRequest,
    @CurrentPrincipal() principal: Principal,
  ): Promise<InstanceView> {
    const key = { workflow_id, workflow_instance_id };
    return this.assignments.handBack(key, step_id, request, principal);
  }

  @Put(`${STEP}/form-data`)
  @ApiOperation({
    operationId: 'saveFormData',
    summary: 'Save the form before it is sent',
    description:
      'By whoever may act on the step; of a task that somebody has, by them. What completes the step, or decides it, is laid over it. It is not checked until then.',
  })
  @ApiOkResponse({ type: InstanceView })
  @ApiProblems(...ENTITLED)
  saveFormData(
    @UuidParam('workflow_id') workflow_id: string,
    @ClientIdParam('workflow_instance_id') workflow_instance_id: string,
    @ClientIdParam('step_id') step_id: string,
    @Body() request: FormDataRequest,
    @CurrentPrincipal() principal: Principal,
  ): Promise<InstanceView> {
    const key = { workflow_id, workflow_instance_id };
    return this.assignments.saveFormData(key, step_id, request, principal);
  }

  @Post(`${STEP}/comments`)
  @ApiOperation({
    operationId: 'commentOnStep',
    summary: 'Comment',
    description:
      'On a step that the instance has come to, by whoever may read it. Comments stay as they are: they are events of the history.',
  })
  @ApiCreatedResponse({ type: StepComment })
  @ApiProblems(
    'instance_not_found',
    'instance_not_running',
    'step_not_found',
    'step_not_entered',
    'speaks_for_others',
  )
  comment(
    @UuidParam('workflow_id') workflow_id: string,
    @ClientIdParam('workflow_instance_id') workflow_instance_id: string,
    @ClientIdParam('step_id') step_id: string,
    @Body() request: CommentRequest,
    @CurrentPrincipal() principal: Principal,
  ): Promise<StepComment> {
    const key = { workflow_id, workflow_instance_id };
    return this.assignments.comment(key, step_id, request, principal);
  }

  @Get(`${STEP}/comments`)
  @ApiOperation({
    operationId: 'listStepComments',
    summary: 'Comments on a step, oldest first',
    description: 'Of all entries into it.',
  })
  @ApiOkResponse({ type: StepCommentPage })
  @ApiProblems('instance_not_found', 'cursor_invalid')
  comments(
    @UuidParam('workflow_id') workflow_id: string,
    @ClientIdParam('workflow_instance_id') workflow_instance_id: string,
    @ClientIdParam('step_id') step_id: string,
    @Query() query: PageQuery,
    @CurrentPrincipal() principal: Principal,
  ): Promise<Page<StepComment>> {
    const key = { workflow_id, workflow_instance_id };
    return this.assignments.comments(key, step_id, query, principal);
  }
}
