import { Body, Controller, Get, HttpCode, Post, Put, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { CurrentPrincipal, type Principal } from '#platform/auth';
import { ApiProblems, type Page, UuidParam } from '#platform/http';

import { ChooseRequest, DecisionPage, DecisionSummary, ListDecisionsQuery } from './choices.dto.js';
import { ChoicesService } from './choices.service.js';
import {
  EvaluateRequest,
  EvaluateResponse,
  RecordedDecision,
  RouteRequest,
  RouteResponse,
} from './decisions.dto.js';
import { DecisionsService } from './decisions.service.js';
import { Evaluations } from './evaluations.js';

@ApiTags('routing')
@Controller('conditional')
export class RoutingController {
  constructor(
    private readonly decisions: DecisionsService,
    private readonly choices: ChoicesService,
    private readonly evaluations: Evaluations,
  ) {}

  @Put('route')
  @ApiOperation({
    operationId: 'routeInstance',
    summary: 'Decide where an instance goes, and take it there',
    description:
      'The stored tree named by `decision_tree_id` decides first, the table named by `decision_table_id` where no tree does; then the rules sent along, the stored rules of the workflow and for all workflows, temporary routes, and the routing rules of the workflow that may apply after this step, each by priority; else the next step in order follows. An instance that is not known yet is made, standing at `current_step_id`. Calling again with the same body changes nothing more, until the instance has moved on. A decision whose confidence is known and below the `minimum_confidence` of the workflow moves nothing: `awaits_person` is true, and a person chooses by `POST /conditional/decisions/{decision_id}/choose`.',
  })
  @ApiOkResponse({ type: RouteResponse })
  @ApiProblems(
    'workflow_not_found',
    'workflow_inactive',
    'decision_tree_not_found',
    'decision_table_not_found',
    'step_not_found',
    'step_not_current',
    'instance_not_running',
    'expression_syntax',
    'own_approval',
    'duties_not_separate',
  )
  route(
    @Body() request: RouteRequest,
    @CurrentPrincipal() principal: Principal,
  ): Promise<RouteResponse> {
    return this.decisions.route(request, principal);
  }

  @Get('decisions/:decision_id')
  @ApiOperation({
    operationId: 'getDecision',
    summary: 'Why a decision came out as it did',
    description:
      'Of a decision that a call asked for, or that rules and trees took by themselves when a step had ended: which rules were tried in which order, what each part of their conditions was on the data of then, and what became of the instance.',
  })
  @ApiOkResponse({ type: RecordedDecision })
  @ApiProblems('decision_not_found')
  why(@UuidParam('decision_id') decision_id: string): Promise<RecordedDecision> {
    return this.decisions.why(decision_id);
  }

  @Get('decisions')
  @ApiOperation({
    operationId: 'listDecisions',
    summary: 'Decisions of a workflow, and those that wait for a person',
    description:
      'Latest first. With `awaiting` those that were less certain than the `minimum_confidence` of their workflow, the one that has waited longest first: choose by `POST /conditional/decisions/{decision_id}/choose`. What rules and trees decide by themselves when a step ends is among them.',
  })
  @ApiOkResponse({ type: DecisionPage })
  @ApiProblems('cursor_invalid')
  list(@Query() query: ListDecisionsQuery): Promise<Page<DecisionSummary>> {
    return this.choices.list(query);
  }

  @Post('decisions/:decision_id/choose')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'chooseDecision',
    summary: 'Choose where an instance goes, in the place of an uncertain decision',
    description:
      'The instance goes where the person says: as decided, or to another step. The choice is the label of the decision: like decisions count it as one that turned out well when it was confirmed, and as one that did not when it was changed. Nobody chooses of their own request. A participant needs one of the roles of the step, and chooses neither in place of an approval nor past one; an operator may.',
  })
  @ApiOkResponse({ type: RecordedDecision })
  @ApiProblems(
    'decision_not_found',
    'decision_not_awaited',
    'step_not_found',
    'instance_not_running',
    'own_approval',
    'duties_not_separate',
    'approver_not_entitled',
    'speaks_for_others',
  )
  choose(
    @UuidParam('decision_id') decision_id: string,
    @Body() request: ChooseRequest,
    @CurrentPrincipal() principal: Principal,
  ): Promise<RecordedDecision> {
    return this.choices.choose(decision_id, request, principal);
  }

  @Post('evaluate')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'evaluateExpressions',
    summary: 'Try out expressions, tables and trees',
    description:
      'Evaluates each expression, stored decision table or stored decision tree on the data given with it. One that cannot be is an error in its place; the others are evaluated. Nothing is written.',
  })
  @ApiOkResponse({ type: EvaluateResponse })
  async evaluate(@Body() { evaluations }: EvaluateRequest): Promise<EvaluateResponse> {
    return { results: await this.evaluations.all(evaluations) };
  }
}
