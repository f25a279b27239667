import { Body, Controller, Delete, Get, Headers, Post, Put, Query, Req, Res } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { ApiProblems, ClientIdParam, type Page, withEtag } from '#platform/http';

import {
  ListRulesQuery,
  ReplaceRuleRequest,
  RuleOwnerQuery,
  RulePage,
  RuleView,
  StoreRuleRequest,
} from './rules.dto.js';
import { RulesService } from './rules.service.js';

@ApiTags('rules')
@Controller('conditional/rules')
export class RulesController {
  constructor(private readonly rules: RulesService) {}

  @Post()
  @ApiOperation({
    operationId: 'storeRule',
    summary: 'Store a business rule',
    description:
      'For one workflow, or for all of them. A rule of a workflow takes the place of one for all workflows with the same `rule_id`.',
  })
  @ApiCreatedResponse({ type: RuleView })
  @ApiProblems('rule_exists', 'workflow_not_found', 'expression_syntax')
  async store(
    @Body() request: StoreRuleRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RuleView> {
    const { view, etag } = await this.rules.store(request);
    reply.header('etag', etag);
    return view;
  }

  @Get()
  @ApiOperation({
    operationId: 'listRules',
    summary: 'Stored rules, first made first',
    description: 'Each by its active version, else its latest.',
  })
  @ApiOkResponse({ type: RulePage })
  @ApiProblems('cursor_invalid')
  list(@Query() query: ListRulesQuery): Promise<Page<RuleView>> {
    return this.rules.list(query);
  }

  @Get(':rule_id')
  @ApiOperation({
    operationId: 'getRule',
    summary: 'Read a stored rule',
    description: 'With an ETag; `If-None-Match` gives 304.',
  })
  @ApiOkResponse({ type: RuleView })
  @ApiProblems('rule_not_found')
  async read(
    @ClientIdParam('rule_id') rule_id: string,
    @Query() owner: RuleOwnerQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RuleView | undefined> {
    const { view, etag } = await this.rules.read({
      rule_id,
      workflow_id: owner.workflow_id ?? null,
    });
    return withEtag(request, reply, etag, view);
  }

  @Put(':rule_id')
  @ApiOperation({
    operationId: 'replaceRule',
    summary: 'Replace a stored rule',
    description: 'Makes its next version, which decides from now on.',
  })
  @ApiHeader({ name: 'If-Match', required: false })
  @ApiOkResponse({ type: RuleView })
  @ApiProblems('rule_not_found', 'precondition_failed', 'expression_syntax')
  async replace(
    @ClientIdParam('rule_id') rule_id: string,
    @Query() owner: RuleOwnerQuery,
    @Body() request: ReplaceRuleRequest,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RuleView> {
    const key = { rule_id, workflow_id: owner.workflow_id ?? null };
    const { view, etag } = await this.rules.replace(key, request, ifMatch);
    reply.header('etag', etag);
    return view;
  }

  @Delete(':rule_id')
  @ApiOperation({
    operationId: 'deactivateRule',
    summary: 'Deactivate a stored rule',
    description: 'It decides no more from now on; what it has decided stays as it is.',
  })
  @ApiHeader({ name: 'If-Match', required: false })
  @ApiOkResponse({ type: RuleView })
  @ApiProblems('rule_not_found', 'precondition_failed')
  async deactivate(
    @ClientIdParam('rule_id') rule_id: string,
    @Query() owner: RuleOwnerQuery,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RuleView> {
    const key = { rule_id, workflow_id: owner.workflow_id ?? null };
    const { view, etag } = await this.rules.deactivate(key, ifMatch);
    reply.header('etag', etag);
    return view;
  }
}
