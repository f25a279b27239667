import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { CurrentPrincipal, type Principal } from '#platform/auth';
import { ApiProblems, UuidParam } from '#platform/http';

import { BacktestRequest, BacktestView } from './backtests.dto.js';
import { BacktestsService } from './backtests.service.js';

@ApiTags('routing')
@Controller('conditional/backtest')
export class BacktestsController {
  constructor(private readonly backtests: BacktestsService) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({
    operationId: 'startBacktest',
    summary: 'Try a candidate on recorded decisions',
    description:
      'Decides the recorded decisions of a period anew, latest first, as a job; nothing stored changes. The candidate stands in the place of the tree, table, rules sent along and stored rules of then; what it does not decide, the routing rules of the version of then do, or the order of its steps. What rules and trees decided by themselves when a step ended, and temporary routes, are left aside.',
  })
  @ApiAcceptedResponse({ type: BacktestView })
  @ApiProblems(
    'workflow_not_found',
    'decision_tree_not_found',
    'decision_table_not_found',
    'expression_syntax',
  )
  start(
    @Body() request: BacktestRequest,
    @CurrentPrincipal() principal: Principal,
  ): Promise<BacktestView> {
    return this.backtests.start(request, principal.id);
  }

  @Get(':backtest_id')
  @ApiOperation({
    operationId: 'getBacktest',
    summary: 'How far a backtest is, and what came out',
    description:
      'The matrix of old and new destinations with how those instances ended, and the decisions that change, each linked.',
  })
  @ApiOkResponse({ type: BacktestView })
  @ApiProblems('backtest_not_found')
  read(@UuidParam('backtest_id') backtest_id: string): Promise<BacktestView> {
    return this.backtests.read(backtest_id);
  }
}
