import { Body, Controller, Delete, Get, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { ApiProblems, type Page, UuidParam } from '#platform/http';

import {
  ListOverridesQuery,
  OverridePage,
  OverrideView,
  StoreOverrideRequest,
} from './routing-overrides.dto.js';
import { RoutingOverrides } from './routing-overrides.service.js';

@ApiTags('modification')
@Controller('dynamic/routing-overrides')
export class RoutingOverridesController {
  constructor(private readonly overrides: RoutingOverrides) {}

  @Post()
  @ApiOperation({
    operationId: 'createRoutingOverride',
    summary: 'Route differently for a while',
    description:
      "A route that is tried before the workflow's own rules, on running instances too, without a new version: until `expiry_time`, or until it is deleted. One that passes over an approval, and leads to none, is refused: that is a change of the workflow, which others approve.",
  })
  @ApiCreatedResponse({ type: OverrideView })
  @ApiProblems('workflow_not_found', 'override_passes_approval', 'rule_exists', 'expression_syntax')
  create(@Body() request: StoreOverrideRequest): Promise<OverrideView> {
    return this.overrides.create(request);
  }

  @Get()
  @ApiOperation({
    operationId: 'listRoutingOverrides',
    summary: 'Routing overrides, newest first',
    description: 'Filter by workflow and by whether they hold; page with `next_cursor`.',
  })
  @ApiOkResponse({ type: OverridePage })
  @ApiProblems('cursor_invalid')
  list(@Query() query: ListOverridesQuery): Promise<Page<OverrideView>> {
    return this.overrides.list(query);
  }

  @Delete(':routing_id')
  @ApiOperation({
    operationId: 'deleteRoutingOverride',
    summary: 'End a routing override',
    description: 'It holds no more; its row stays for reports.',
  })
  @ApiOkResponse({ type: OverrideView })
  @ApiProblems('rule_not_found')
  delete(@UuidParam('routing_id') routing_id: string): Promise<OverrideView> {
    return this.overrides.delete(routing_id);
  }
}
