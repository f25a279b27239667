import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AuditSubjects, listEntries } from '#audit';
import { Database } from '#persistence';
import { ApiProblems, decodeCursor, type Page, pageOf } from '#platform/http';
import {
  AuditEntryView,
  AuditPage,
  AuditQuery,
  entryView,
  ErasureRequest,
  ErasureView,
} from './audit.dto.js';

@ApiTags('access')
@Controller('audit')
export class AuditController {
  constructor(
    private readonly database: Database,
    private readonly subjects: AuditSubjects,
  ) {}

  @Get()
  @ApiOperation({
    operationId: 'listAuditEntries',
    summary: 'Who did what, when, from where, for whom',
    description:
      'Every request that changed something, latest first. Entries are only ever added, and chained by hashes; `npm run audit:verify` follows the chain.',
  })
  @ApiOkResponse({ type: AuditPage })
  @ApiProblems('cursor_invalid')
  async list(@Query() query: AuditQuery): Promise<Page<AuditEntryView>> {
    const { limit, cursor, actor, subject, operation, resource_id, from, to } = query;
    const [before] = cursor === undefined ? [null] : decodeCursor(cursor, ['uuid']);
    const rows = await listEntries(this.database.read, [
      before,
      actor ?? null,
      subject ?? null,
      operation ?? null,
      resource_id ?? null,
      instantOf(from),
      instantOf(to),
      limit + 1,
    ]);
    return pageOf(rows, limit, ({ audit_id }) => [audit_id], entryView);
  }

  @Post('erasures')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'eraseAuditSubject',
    summary: 'Erase a person from the audit',
    description:
      'Throws away the key under which the audit has sealed what it says about them. The entries and their chain stay as they are, and nobody can tell any more whom they speak of.',
  })
  @ApiOkResponse({ type: ErasureView })
  @ApiProblems('subject_not_found')
  async erase(@Body() { subject }: ErasureRequest): Promise<ErasureView> {
    const { erased_at, ...erasure } = await this.subjects.erase(subject);
    return { ...erasure, erased_at: erased_at.toISOString() };
  }
}

function instantOf(text: string | undefined): Date | null {
  return text === undefined ? null : new Date(text);
}
