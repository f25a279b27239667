import { Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { CurrentPrincipal, type Principal } from '#platform/auth';
import { ApiProblems, ClientIdParam } from '#platform/http';

import { ModificationAnswer } from '../modification-views.dto.js';
import { ModificationMoves } from './moves.service.js';

@ApiTags('modification')
@Controller('dynamic')
export class MovesController {
  constructor(private readonly moves: ModificationMoves) {}

  @Post('pause/:modification_id')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'pauseMoves',
    summary: "Pause a modification's moves of instances",
    description:
      'The batch under way is finished; every instance stays whole, on one version or the other.',
  })
  @ApiOkResponse({ type: ModificationAnswer })
  @ApiProblems('modification_not_found', 'modification_not_pending')
  pause(@ClientIdParam('modification_id') modification_id: string): Promise<ModificationAnswer> {
    return this.moves.pause(modification_id);
  }

  @Post('resume/:modification_id')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'resumeMoves',
    summary: 'Go on with moves that are paused',
    description: 'From where they stopped.',
  })
  @ApiOkResponse({ type: ModificationAnswer })
  @ApiProblems('modification_not_found', 'modification_not_pending')
  resume(@ClientIdParam('modification_id') modification_id: string): Promise<ModificationAnswer> {
    return this.moves.resume(modification_id);
  }

  @Post('reapply/:modification_id')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'reapplyModification',
    summary: 'Roll a roll-back back',
    description:
      'The version that was taken back is current again. Instances that the roll-back moved return to it: those that nothing has happened to since to exactly what they were, the others to the mapped position. Refused when a later version is current.',
  })
  @ApiOkResponse({ type: ModificationAnswer })
  @ApiProblems('modification_not_found', 'modification_not_reversible', 'workflow_inactive')
  reapply(
    @ClientIdParam('modification_id') modification_id: string,
    @CurrentPrincipal() principal: Principal,
  ): Promise<ModificationAnswer> {
    return this.moves.reapply(modification_id, principal);
  }
}
