import { Body, Controller, Delete, Get, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiKeys } from '#access/keys';
import { CurrentPrincipal, type Principal } from '#platform/auth';
import {
  ApiProblems,
  decodeCursor,
  type Page,
  pageOf,
  PageQuery,
  SecretAnswer,
  UuidParam,
} from '#platform/http';
import {
  CreateKeyRequest,
  expiryOf,
  KeyPage,
  KeyView,
  keyView,
  MadeKeyView,
  madeKeyView,
  RotateKeyRequest,
} from './keys.dto.js';

@ApiTags('access')
@Controller('access/keys')
export class KeysController {
  constructor(private readonly keys: ApiKeys) {}

  @Post()
  @SecretAnswer()
  @ApiOperation({
    operationId: 'createApiKey',
    summary: 'Make an API key',
    description:
      'A key of 256 random bits with roles of the product. The answer shows it this once: what is stored is its hash.',
  })
  @ApiCreatedResponse({ type: MadeKeyView })
  @ApiProblems('api_key_name_taken')
  async create(
    @Body() { name, roles, expires_in_days }: CreateKeyRequest,
    @CurrentPrincipal() { id }: Principal,
  ): Promise<MadeKeyView> {
    const now = new Date();
    const expires_at = expiryOf(expires_in_days, now);
    return madeKeyView(await this.keys.create({ name, roles, created_by: id, expires_at }), now);
  }

  @Get()
  @ApiOperation({
    operationId: 'listApiKeys',
    summary: 'The stored API keys',
    description:
      'Oldest first, also those that have ended; never the keys themselves. API_KEYS are not among them.',
  })
  @ApiOkResponse({ type: KeyPage })
  @ApiProblems('cursor_invalid')
  async list(@Query() { limit, cursor }: PageQuery): Promise<Page<KeyView>> {
    const [after] = cursor === undefined ? [null] : decodeCursor(cursor, ['uuid']);
    const rows = await this.keys.list(after, limit + 1);
    const now = new Date();
    return pageOf(
      rows,
      limit,
      ({ key_id }) => [key_id],
      (row) => keyView(row, now),
    );
  }

  @Post(':key_id/rotate')
  @SecretAnswer()
  @ApiOperation({
    operationId: 'rotateApiKey',
    summary: 'Replace an API key by a new one',
    description:
      'The new key has the name and the roles of the old one, which stays good for `overlap_seconds` (a day).',
  })
  @ApiCreatedResponse({ type: MadeKeyView })
  @ApiProblems('api_key_not_found', 'api_key_ended')
  async rotate(
    @UuidParam('key_id') key_id: string,
    @Body() { overlap_seconds, expires_in_days }: RotateKeyRequest,
    @CurrentPrincipal() { id }: Principal,
  ): Promise<MadeKeyView> {
    const now = new Date();
    const expires_at = expiryOf(expires_in_days, now);
    const request = { overlap_seconds, expires_at, created_by: id };
    return madeKeyView(await this.keys.rotate(key_id, request), now);
  }

  @Delete(':key_id')
  @ApiOperation({
    operationId: 'revokeApiKey',
    summary: 'Revoke an API key',
    description: 'Refused from now on by this process, and by the others within five seconds.',
  })
  @ApiOkResponse({ type: KeyView })
  @ApiProblems('api_key_not_found', 'api_key_ended')
  async revoke(@UuidParam('key_id') key_id: string): Promise<KeyView> {
    return keyView(await this.keys.revoke(key_id), new Date());
  }
}
