import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsUUID } from 'class-validator';

import { featureNames } from '#engine/routing';
import { PageQuery, QueryBoolean } from '#platform/http';

import { LowerCase } from '../decisions/decisions.dto.js';
import type { ModelRow } from './models.queries.js';

export class ListModelsQuery extends PageQuery {
  @ApiProperty({ format: 'uuid' })
  @IsUUID()
  @LowerCase()
  workflow_id: string;

  @ApiPropertyOptional({ type: Boolean, description: 'Only the latest of each kind of decision.' })
  @IsOptional()
  @QueryBoolean()
  is_current?: boolean;
}

export class IntervalView {
  @ApiProperty() low: number;
  @ApiProperty() high: number;
}

export class ReliabilityBinView {
  @ApiProperty({ example: 0.8, description: 'Predictions from this on,' }) low: number;
  @ApiProperty({ example: 0.9, description: 'and below this.' }) high: number;
  @ApiProperty({ example: 31 }) cases: number;
  @ApiProperty({ example: 0.86 }) mean_predicted: number;
  @ApiProperty({ example: 0.84, description: 'Share that turned out well.' }) observed: number;
  @ApiProperty({ type: IntervalView, description: 'Of the observed share, at 95 % (Wilson).' })
  interval: IntervalView;
}

export class CalibrationView {
  @ApiProperty({ description: 'Decisions later than those trained on.' }) cases: number;
  @ApiProperty({ description: 'Mean squared error of the predictions: 0 is perfect.' })
  brier_score: number;
  @ApiProperty({ description: 'The same, had each been given the plain share.' })
  brier_score_of_share: number;
  @ApiProperty({ description: 'Of the decisions trained on, those that turned out well.' })
  share: number;
  @ApiProperty({ type: [ReliabilityBinView] }) reliability: ReliabilityBinView[];
}

export class ModelSummary {
  @ApiProperty({ format: 'uuid' }) model_id: string;
  @ApiProperty({ format: 'uuid' }) workflow_id: string;
  @ApiProperty({ enum: ['tree', 'table', 'rule', 'sequence'] }) decided_by: string;
  @ApiProperty({ description: 'The rule, the leaf, or the step whose successor follows.' })
  decided_by_id: string;
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The table that decided, else the tree that was asked.',
  })
  decision_table_or_tree_id: string | null;
  @ApiProperty({ type: String, nullable: true }) target_step_id: string | null;
  @ApiProperty({ description: '1, 2, 3, … for the same kind of decision.' }) version_number: number;
  @ApiProperty({ description: 'The latest of them.' }) is_current: boolean;
  @ApiProperty({
    description:
      'It did better on the decisions held out than their plain share; confidences rest on the current model where that is so.',
  })
  is_better: boolean;
  @ApiProperty() cases_trained: number;
  @ApiProperty({ type: CalibrationView, description: 'Seen on later decisions, held out.' })
  calibration: CalibrationView;
  @ApiProperty({ format: 'date-time' }) first_decision_at: string;
  @ApiProperty({ format: 'date-time' }) last_decision_at: string;
  @ApiProperty({ format: 'date-time' }) created_at: string;

  static of(row: ModelRow): ModelSummary {
    return {
      model_id: row.model_id,
      workflow_id: row.workflow_id,
      decided_by: row.decided_by,
      decided_by_id: row.decided_by_id,
      decision_table_or_tree_id: row.used,
      target_step_id: row.target_step_id,
      version_number: row.version_number,
      is_current: row.is_current,
      is_better: row.is_better,
      cases_trained: row.cases_trained,
      calibration: row.calibration,
      first_decision_at: row.first_decision_at.toISOString(),
      last_decision_at: row.last_decision_at.toISOString(),
      created_at: row.created_at.toISOString(),
    };
  }
}

export class FeatureView {
  @ApiProperty({ example: 'user.department = "HR"' }) name: string;
  @ApiProperty({
    description: 'Log-odds that it adds: of a number by each standard deviation above its mean.',
  })
  weight: number;
  @ApiProperty({ description: 'Of the weight.' }) standard_error: number;
}

export class ModelView extends ModelSummary {
  @ApiProperty({ type: [FeatureView] }) features: FeatureView[];

  static from(row: ModelRow): ModelView {
    const { encoding, fit } = row.model;
    return {
      ...ModelSummary.of(row),
      features: featureNames(encoding).map((name, index) => ({
        name,
        weight: fit.weights[index] ?? 0,
        standard_error: Math.sqrt(fit.covariance[index]?.[index] ?? 0),
      })),
    };
  }
}

export class ModelPage {
  @ApiProperty({ type: [ModelSummary] }) items: ModelSummary[];
  @ApiProperty({ type: String, nullable: true }) next_cursor: string | null;
}
