import { Controller, Get, Headers, type MessageEvent, Query, Sse, UseGuards } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiProduces,
  ApiTags,
} from '@nestjs/swagger';
import type { Observable } from 'rxjs';

import { ApiProblems, ClientIdParam, PageQuery } from '#platform/http';

import { EffectPage } from '../effects/effects.dto.js';
import { TakenBackEffects } from '../effects/effects.service.js';
import { ModificationExists } from './modification-exists.guard.js';
import { ModificationStream } from './modification-stream.service.js';
import { ProgressView } from './progress.dto.js';

/** What comes of a modification while it is carried out, and of its roll-back. */
@ApiTags('modification')
@ApiExtraModels(ProgressView)
@Controller('dynamic')
export class ProgressController {
  constructor(
    private readonly stream: ModificationStream,
    private readonly effects: TakenBackEffects,
  ) {}

  @Sse('status/:modification_id/events')
  @UseGuards(ModificationExists)
  @ApiOperation({
    operationId: 'streamModificationProgress',
    summary: 'Follow a modification',
    description:
      'Server-sent events `progress` (ProgressView): where it stands now, and again whenever that has changed; with the `Last-Event-ID` of the present state only then. It ends when nothing moves and nothing is still to come by itself. A comment every 15 s without news.',
  })
  @ApiHeader({ name: 'Last-Event-ID', required: false, schema: { type: 'string' } })
  @ApiProduces('text/event-stream')
  @ApiOkResponse({
    description: 'A stream of events.',
    schema: { type: 'string' },
    example:
      'id: applied.not_required.in_progress..1.150.0.0.0..\nevent: progress\ndata: {"modification_id":"change-2026-17","status":"applied","approval_status":"not_required","moves":{"status":"in_progress","round":1,"direction":"forward","moved":150,"moved_back":0,"left_out":0,"failed":0,"waiting":850},"canary":null,"rollback_status":null}\n\n',
  })
  @ApiProblems('modification_not_found')
  events(
    @ClientIdParam('modification_id') modification_id: string,
    @Headers('last-event-id') lastEventId: string | undefined,
  ): Observable<MessageEvent> {
    return this.stream.open(modification_id, lastEventId);
  }

  @Get('effects/:modification_id')
  @ApiOperation({
    operationId: 'listTakenBackEffects',
    summary: 'What was done outside in the time that a roll-back takes back',
    description:
      'Calls, notifications and the work of outside programs that instances had done between their move to the version and their return, by instance, oldest first; paged by `limit` and `cursor`. `compensated`: its undoing has run; `reversible`: it has one, which has not; `irreversible`: it has none. Calls that by their method change nothing are left out. Of a modification that is applied: what an immediate roll-back would leave behind now.',
  })
  @ApiOkResponse({ type: EffectPage })
  @ApiProblems('modification_not_found', 'cursor_invalid')
  list(
    @ClientIdParam('modification_id') modification_id: string,
    @Query() query: PageQuery,
  ): Promise<EffectPage> {
    return this.effects.list(modification_id, query);
  }
}
