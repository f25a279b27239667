import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { DomainError } from '#engine/errors';
import { Database } from '#persistence';
import { ApiProblems, decodeCursor, type Page, pageOf, UuidParam } from '#platform/http';

import { ListModelsQuery, ModelPage, ModelSummary, ModelView } from './models.dto.js';
import { findModel, listModels } from './models.queries.js';

@ApiTags('routing')
@Controller('conditional/models')
export class ModelsController {
  constructor(private readonly database: Database) {}

  @Get()
  @ApiOperation({
    operationId: 'listDecisionModels',
    summary: 'Models of how decisions of a workflow turn out',
    description:
      'Latest first. A logistic regression of whether like decisions (same rule or leaf, same target) turned out well, on the data they rested on; trained behind the scenes once `ML_MODEL_MIN_CASES` (200) of them have an outcome, and anew when a fifth has come to them. The earliest three quarters are trained on, the others held out to see how it does.',
  })
  @ApiOkResponse({ type: ModelPage })
  @ApiProblems('cursor_invalid')
  async list(@Query() query: ListModelsQuery): Promise<Page<ModelSummary>> {
    const { workflow_id, is_current = null, limit, cursor } = query;
    const [before] = cursor === undefined ? [null] : decodeCursor(cursor, ['uuid']);
    const rows = await listModels(this.database.read, [workflow_id, before, is_current, limit + 1]);
    return pageOf(
      rows,
      limit,
      (row) => [row.model_id],
      (row) => ModelSummary.of(row),
    );
  }

  @Get(':model_id')
  @ApiOperation({
    operationId: 'getDecisionModel',
    summary: 'One model, with what it looks at',
    description: 'Its features with their weights, and how it did on decisions held out.',
  })
  @ApiOkResponse({ type: ModelView })
  @ApiProblems('decision_model_not_found')
  async read(@UuidParam('model_id') model_id: string): Promise<ModelView> {
    const [row] = await findModel(this.database.read, [model_id]);
    if (row) return ModelView.from(row);
    throw new DomainError('decision_model_not_found', `There is no decision model ${model_id}.`, {
      model_id,
    });
  }
}
