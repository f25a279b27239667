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

import { ApiProblems, ClientIdParam, type Page, PageQuery, withEtag } from '#platform/http';

import {
  CheckedTableView,
  ListTablesQuery,
  ReplaceTableRequest,
  StoreTableRequest,
  TablePage,
  TableView,
} from './decision-tables.dto.js';
import { DecisionTablesService } from './decision-tables.service.js';

/** Bodies of tables come in unchecked: their faults of shape and of meaning go into one answer. */
@ApiTags('decision tables')
@Controller('conditional/decision-tables')
export class DecisionTablesController {
  constructor(private readonly tables: DecisionTablesService) {}

  @Post()
  @ApiOperation({
    operationId: 'storeDecisionTable',
    summary: 'Store a decision table',
    description:
      'Refused with every fault in one answer: cells that do not parse, rows of the wrong width, what the hit policy asks for, rules of a unique table that overlap (with an input that shows it), targets that are no step of its workflow. Inputs that no rule matches come back as `warnings`.',
  })
  @ApiBody({ type: StoreTableRequest })
  @ApiCreatedResponse({ type: CheckedTableView })
  @ApiProblems('decision_table_exists', 'workflow_not_found', 'expression_syntax')
  async store(
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CheckedTableView> {
    const { view, etag } = await this.tables.store(body);
    reply.header('etag', etag);
    return view;
  }

  @Get()
  @ApiOperation({
    operationId: 'listDecisionTables',
    summary: 'Decision tables by id',
    description: 'Each by its active version, else its latest.',
  })
  @ApiOkResponse({ type: TablePage })
  @ApiProblems('cursor_invalid')
  list(@Query() query: ListTablesQuery): Promise<Page<TableView>> {
    return this.tables.list(query);
  }

  @Get(':table_id')
  @ApiOperation({
    operationId: 'getDecisionTable',
    summary: 'Read a decision table',
    description: 'With its warnings, and an ETag; `If-None-Match` gives 304.',
  })
  @ApiOkResponse({ type: CheckedTableView })
  @ApiProblems('decision_table_not_found')
  async read(
    @ClientIdParam('table_id') table_id: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CheckedTableView | undefined> {
    const { view, etag } = await this.tables.read(table_id);
    return withEtag(request, reply, etag, view);
  }

  @Get(':table_id/versions')
  @ApiOperation({
    operationId: 'listDecisionTableVersions',
    summary: 'Versions of a decision table, latest first',
    description: 'Every version as it was stored; the active one decides.',
  })
  @ApiOkResponse({ type: TablePage })
  @ApiProblems('decision_table_not_found', 'cursor_invalid')
  versions(
    @ClientIdParam('table_id') table_id: string,
    @Query() query: PageQuery,
  ): Promise<Page<TableView>> {
    return this.tables.versions(table_id, query);
  }

  @Put(':table_id')
  @ApiOperation({
    operationId: 'replaceDecisionTable',
    summary: 'Replace a decision table',
    description: 'Makes its next version, which decides from now on.',
  })
  @ApiHeader({ name: 'If-Match', required: false })
  @ApiBody({ type: ReplaceTableRequest })
  @ApiOkResponse({ type: CheckedTableView })
  @ApiProblems('decision_table_not_found', 'precondition_failed', 'expression_syntax')
  async replace(
    @ClientIdParam('table_id') table_id: string,
    @Body() body: unknown,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CheckedTableView> {
    const { view, etag } = await this.tables.replace(table_id, body, ifMatch);
    reply.header('etag', etag);
    return view;
  }

  @Delete(':table_id')
  @ApiOperation({
    operationId: 'deactivateDecisionTable',
    summary: 'Deactivate a decision table',
    description: 'Routing by it is refused from now on; what it has decided stays as it is.',
  })
  @ApiHeader({ name: 'If-Match', required: false })
  @ApiOkResponse({ type: TableView })
  @ApiProblems('decision_table_not_found', 'precondition_failed')
  async deactivate(
    @ClientIdParam('table_id') table_id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TableView> {
    const { view, etag } = await this.tables.deactivate(table_id, ifMatch);
    reply.header('etag', etag);
    return view;
  }
}
