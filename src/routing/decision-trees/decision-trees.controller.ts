import { Body, Controller, Delete, Get, Headers, Post, Put, Query, Req, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiCreatedResponse,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { ApiProblems, ClientIdParam, type Page, withEtag } from '#platform/http';

import {
  ListTreesQuery,
  ReplaceTreeRequest,
  StoreTreeRequest,
  TreePage,
  TreeView,
} from './decision-trees.dto.js';
import { DecisionTreesService } from './decision-trees.service.js';

/** Bodies come in unchecked: their faults of shape and of meaning go into one answer. */
@ApiTags('decision trees')
@Controller('conditional/decision-trees')
export class DecisionTreesController {
  constructor(private readonly trees: DecisionTreesService) {}

  @Post()
  @ApiOperation({
    operationId: 'storeDecisionTree',
    summary: 'Store a decision tree',
    description:
      'Everything that is wrong with it comes back in one answer: nodes that are not there, cycles with their members, nodes that nothing leads to, expressions that do not parse, targets that are no step.',
  })
  @ApiBody({ type: StoreTreeRequest })
  @ApiCreatedResponse({ type: TreeView })
  @ApiProblems('decision_tree_exists', 'workflow_not_found', 'expression_syntax')
  async store(
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TreeView> {
    const { view, etag } = await this.trees.store(body);
    reply.header('etag', etag);
    return view;
  }

  @Get()
  @ApiOperation({
    operationId: 'listDecisionTrees',
    summary: 'Decision trees by id',
    description: 'Each by its active version, else its latest.',
  })
  @ApiOkResponse({ type: TreePage })
  @ApiProblems('cursor_invalid')
  list(@Query() query: ListTreesQuery): Promise<Page<TreeView>> {
    return this.trees.list(query);
  }

  @Get(':tree_id')
  @ApiOperation({
    operationId: 'getDecisionTree',
    summary: 'Read a decision tree',
    description: 'With an ETag; `If-None-Match` gives 304.',
  })
  @ApiOkResponse({ type: TreeView })
  @ApiProblems('decision_tree_not_found')
  async read(
    @ClientIdParam('tree_id') tree_id: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TreeView | undefined> {
    const { view, etag } = await this.trees.read(tree_id);
    return withEtag(request, reply, etag, view);
  }

  @Put(':tree_id')
  @ApiOperation({
    operationId: 'replaceDecisionTree',
    summary: 'Replace a decision tree',
    description: 'Makes its next version, which decides from now on.',
  })
  @ApiHeader({ name: 'If-Match', required: false })
  @ApiBody({ type: ReplaceTreeRequest })
  @ApiOkResponse({ type: TreeView })
  @ApiProblems('decision_tree_not_found', 'precondition_failed', 'expression_syntax')
  async replace(
    @ClientIdParam('tree_id') tree_id: string,
    @Body() body: unknown,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TreeView> {
    const { view, etag } = await this.trees.replace(tree_id, body, ifMatch);
    reply.header('etag', etag);
    return view;
  }

  @Delete(':tree_id')
  @ApiOperation({
    operationId: 'deactivateDecisionTree',
    summary: 'Deactivate a decision tree',
    description:
      'It decides no more: conditional steps that name it go on by their rules, and routing by it is refused.',
  })
  @ApiHeader({ name: 'If-Match', required: false })
  @ApiOkResponse({ type: TreeView })
  @ApiProblems('decision_tree_not_found', 'precondition_failed')
  async deactivate(
    @ClientIdParam('tree_id') tree_id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TreeView> {
    const { view, etag } = await this.trees.deactivate(tree_id, ifMatch);
    reply.header('etag', etag);
    return view;
  }
}
