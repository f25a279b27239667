import { Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { CurrentPrincipal, type Principal } from '#platform/auth';
import { ApiProblems, ClientIdParam, type Page } from '#platform/http';

import {
  BreakerPage,
  type BreakerSummary,
  BreakerView,
  ListBreakersQuery,
} from './breakers.dto.js';
import { BreakersService } from './breakers.service.js';

@ApiTags('circuit breakers')
@Controller('parallel/circuit-breakers')
export class BreakersController {
  constructor(private readonly breakers: BreakersService) {}

  @Get()
  @ApiOperation({
    operationId: 'listCircuitBreakers',
    summary: 'What work depends on, and whether it answers',
    description:
      'One breaker for each host that handlers call and each task type that workers do, shared by all processes. By kind and name; page with `next_cursor`.',
  })
  @ApiOkResponse({ type: BreakerPage })
  @ApiProblems('cursor_invalid')
  list(@Query() query: ListBreakersQuery): Promise<Page<BreakerSummary>> {
    return this.breakers.list(query);
  }

  @Get(':kind/:name')
  @ApiOperation({
    operationId: 'getCircuitBreaker',
    summary: 'Read a circuit breaker',
    description: 'Its state now and its history.',
  })
  @ApiOkResponse({ type: BreakerView })
  @ApiProblems('circuit_breaker_not_found')
  read(
    @ClientIdParam('kind') kind: string,
    @ClientIdParam('name') name: string,
  ): Promise<BreakerView> {
    return this.breakers.read(kind, name);
  }

  @Post(':kind/:name/open')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'openCircuitBreaker',
    summary: 'Open a circuit by hand',
    description:
      'Work that depends on it is parked, without spending attempts, until somebody closes it. Other processes follow within a second.',
  })
  @ApiOkResponse({ type: BreakerView })
  @ApiProblems('circuit_breaker_not_found')
  open(
    @ClientIdParam('kind') kind: string,
    @ClientIdParam('name') name: string,
    @CurrentPrincipal() principal: Principal,
  ): Promise<BreakerView> {
    return this.breakers.put(kind, name, 'open', principal.id);
  }

  @Post(':kind/:name/close')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'closeCircuitBreaker',
    summary: 'Close a circuit by hand',
    description: 'Without probes; parked work goes on, 50 tasks a second.',
  })
  @ApiOkResponse({ type: BreakerView })
  @ApiProblems('circuit_breaker_not_found')
  close(
    @ClientIdParam('kind') kind: string,
    @ClientIdParam('name') name: string,
    @CurrentPrincipal() principal: Principal,
  ): Promise<BreakerView> {
    return this.breakers.put(kind, name, 'closed', principal.id);
  }
}
