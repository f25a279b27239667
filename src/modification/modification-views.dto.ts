import { ApiProperty } from '@nestjs/swagger';

import {
  IMPACT_LEVELS,
  type ImpactAnalysis,
  type ImpactLevel,
  MODIFICATION_TYPES,
  type ModificationType,
} from '#engine/definition';
import type { Finding, FindingCode, PathStep } from '#engine/soundness';
import { APPROVAL_STATUSES, MODIFICATION_STATUSES } from '#persistence';

import { CanaryView } from './canary/canary.dto.js';
import { EffectCounts } from './effects/effects.dto.js';
import { InstanceFatePage } from './moves/migration.dto.js';
import { APPLY_TO } from './moves/migration-plan.js';

const ANY_OBJECT = { type: 'object', additionalProperties: true } as const;
const TEXT_OR_NULL = { type: String, nullable: true } as const;
const INSTANT_OR_NULL = { type: String, format: 'date-time', nullable: true } as const;

export class ImpactAnalysisView implements ImpactAnalysis {
  @ApiProperty({ enum: IMPACT_LEVELS }) impact_level: ImpactLevel;
  @ApiProperty({ description: 'Open instances of the workflow.' }) affected_instances: number;
  @ApiProperty({ description: 'How long the move of instances takes; 0 where none moves.' })
  estimated_disruption_minutes: number;
  @ApiProperty({ type: [String], description: 'The facts behind the level, with their figures.' })
  risk_factors: string[];
  @ApiProperty({ type: [String] }) mitigation_strategies: string[];
  @ApiProperty() approval_required: boolean;
  @ApiProperty() estimated_rollback_time_minutes: number;
}

export class ModificationResult {
  @ApiProperty({ example: 'change-2026-17' }) modification_id: string;
  @ApiProperty({ enum: MODIFICATION_STATUSES }) status: string;
  @ApiProperty({
    type: ImpactAnalysisView,
    nullable: true,
    description: 'Null where `impact_analysis_required` was false.',
  })
  impact_analysis: ImpactAnalysis | null;
  @ApiProperty({ enum: APPROVAL_STATUSES }) approval_status: string;
  @ApiProperty({ ...INSTANT_OR_NULL, description: 'When it was applied.' })
  execution_timestamp: string | null;
  @ApiProperty({ description: 'It is applied and no later change is current.' })
  rollback_available: boolean;
  @ApiProperty() monitoring_active: boolean;
}

export class MoveFailure {
  @ApiProperty() workflow_instance_id: string;
  @ApiProperty() reason: string;
}

export class MoveCounts {
  @ApiProperty() moved: number;
  @ApiProperty() moved_back: number;
  @ApiProperty({ description: 'Those that the filter did not let through.' }) left_out: number;
  @ApiProperty({ description: 'Instances that stayed where they were.' }) failed: number;
}

export class MovesView extends MoveCounts {
  @ApiProperty({
    ...TEXT_OR_NULL,
    description: '`in_progress`, `paused` or `completed`; null: none.',
  })
  status: string | null;
  @ApiProperty({ type: [MoveFailure], description: 'The first 20 of them.' })
  failures: MoveFailure[];
}

export class RollbackView {
  @ApiProperty({ ...TEXT_OR_NULL, description: 'Null: none was asked for.' }) status: string | null;
  @ApiProperty({ description: "The modification's own strategy." }) strategy: string;
  @ApiProperty(TEXT_OR_NULL) reason: string | null;
  @ApiProperty(TEXT_OR_NULL) requested_by: string | null;
  @ApiProperty(INSTANT_OR_NULL) scheduled_at: string | null;
  @ApiProperty(INSTANT_OR_NULL) timestamp: string | null;
  @ApiProperty({ ...TEXT_OR_NULL, description: 'Why one that was to happen by itself did not.' })
  error: string | null;
  @ApiProperty({
    type: EffectCounts,
    nullable: true,
    description:
      'What was done outside in the time that it takes back: counted when it began, and when the last instance was back. Null: it was not rolled back.',
  })
  effects: EffectCounts | null;
}

export class ApprovalView {
  @ApiProperty() approved_by: string;
  @ApiProperty() comments: string;
}

export class ReviewView {
  @ApiProperty({ format: 'date-time' }) due_at: string;
  @ApiProperty() overdue: boolean;
  @ApiProperty({
    ...TEXT_OR_NULL,
    description: '`accepted` or `objected`; null: not reviewed yet.',
  })
  verdict: string | null;
  @ApiProperty(TEXT_OR_NULL) reviewed_by: string | null;
  @ApiProperty(INSTANT_OR_NULL) reviewed_at: string | null;
  @ApiProperty(TEXT_OR_NULL) comments: string | null;
}

export class ChangeTracking {
  @ApiProperty({ format: 'uuid' }) change_request_id: string;
  @ApiProperty({ enum: MODIFICATION_TYPES }) modification_type: ModificationType;
  @ApiProperty() requested_by: string;
  @ApiProperty() reason: string;
  @ApiProperty() emergency_change: boolean;
  @ApiProperty({ type: [ApprovalView], description: 'Of MODIFICATION_APPROVALS_REQUIRED.' })
  approvals: ApprovalView[];
  @ApiProperty(TEXT_OR_NULL) approved_by: string | null;
  @ApiProperty(TEXT_OR_NULL) approval_comments: string | null;
  @ApiProperty({ ...TEXT_OR_NULL, description: 'Why it was not applied at its time.' })
  error: string | null;
  @ApiProperty({ ...INSTANT_OR_NULL, description: 'When it is applied by itself.' })
  scheduled_at: string | null;
  @ApiProperty(TEXT_OR_NULL) applied_by: string | null;
  @ApiProperty({ description: 'The version it starts from.', example: 1 }) from_version: number;
  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'The version it made; null before it is applied, and of an emergency bypass.',
  })
  to_version: number | null;
  @ApiProperty({
    ...TEXT_OR_NULL,
    format: 'uuid',
    description: 'The definition as it was, in `rollback_snapshots`.',
  })
  snapshot_id: string | null;
  @ApiProperty({ type: [String], description: 'What changes, in words.' }) sentences: string[];
  @ApiProperty({ type: 'array', items: ANY_OBJECT, description: 'What changes, as data.' })
  changes: unknown[];
  @ApiProperty({ enum: APPLY_TO }) apply_to: string;
  @ApiProperty(ANY_OBJECT) step_mapping: Record<string, string | null>;
  @ApiProperty({
    ...ANY_OBJECT,
    description: 'How else instances are moved: `filter`, `in_progress`, `values`, `timers`.',
  })
  migration: object;
  @ApiProperty({ type: MovesView }) moves: MovesView;
  @ApiProperty({ type: CanaryView, nullable: true, description: 'Null: it is not tried first.' })
  canary: CanaryView | null;
  @ApiProperty({
    type: ReviewView,
    nullable: true,
    description: 'Of what passed as an emergency; null of everything else.',
  })
  review: ReviewView | null;
  @ApiProperty({ type: RollbackView }) rollback: RollbackView;
}

/** contract.md §70; also the answer of every call that follows it up. */
export class ModificationAnswer {
  @ApiProperty({ format: 'uuid' }) request_id: string;
  @ApiProperty({ format: 'uuid' }) workflow_id: string;
  @ApiProperty({ type: ModificationResult }) modification_result: ModificationResult;
  @ApiProperty({ type: ChangeTracking }) change_tracking: ChangeTracking;
  @ApiProperty({ type: [String], description: 'What can or should be done now.' })
  next_steps: string[];
  @ApiProperty({ ...INSTANT_OR_NULL, description: 'Null before it is applied.' })
  estimated_completion_time: string | null;
  @ApiProperty({ type: [String], example: ['/api/v1/workflows/dynamic/status/change-2026-17'] })
  monitoring_endpoints: string[];
}

export class ModificationSummary {
  @ApiProperty() modification_id: string;
  @ApiProperty({ format: 'uuid' }) workflow_id: string;
  @ApiProperty({ enum: MODIFICATION_TYPES }) modification_type: ModificationType;
  @ApiProperty({ enum: MODIFICATION_STATUSES }) status: string;
  @ApiProperty({ enum: APPROVAL_STATUSES }) approval_status: string;
  @ApiProperty() requested_by: string;
  @ApiProperty() reason: string;
  @ApiProperty() from_version: number;
  @ApiProperty({ type: Number, nullable: true }) to_version: number | null;
  @ApiProperty({ type: [String] }) sentences: string[];
  @ApiProperty({ format: 'date-time' }) created_at: string;
  @ApiProperty(INSTANT_OR_NULL) execution_timestamp: string | null;
}

export class ModificationPage {
  @ApiProperty({ type: [ModificationSummary] }) items: ModificationSummary[];
  @ApiProperty(TEXT_OR_NULL) next_cursor: string | null;
}

export class FateView {
  @ApiProperty() version_number: number;
  @ApiProperty(TEXT_OR_NULL) step_id: string | null;
  @ApiProperty({ description: 'Open instances there.' }) instances: number;
  @ApiProperty({ description: 'Of them, those that would be moved.' }) moving: number;
  @ApiProperty({ ...TEXT_OR_NULL, description: 'Where those would stand; null: nowhere.' })
  to_step_id: string | null;
  @ApiProperty({ example: 'They go on at hr_processing.' }) what_happens: string;
}

export class PathStepView implements PathStep {
  @ApiProperty() step_id: string;
  @ApiProperty({ ...TEXT_OR_NULL, description: 'What it ends with; null: the way ends there.' })
  outcome: string | null;
  @ApiProperty({ ...ANY_OBJECT, description: 'Data with which it goes this way.' })
  data: Record<string, unknown>;
}

export class FindingView implements Finding {
  @ApiProperty({ type: String, example: 'never_ends' }) code: FindingCode;
  @ApiProperty({ enum: ['error', 'warning'] }) severity: 'error' | 'warning';
  @ApiProperty({ description: 'The step, rule or synchronization point.' }) subject: string;
  @ApiProperty({ description: 'JSON pointer into the new definition.' }) pointer: string;
  @ApiProperty() message: string;
  @ApiProperty({ type: [PathStepView], description: 'A way that shows it, from the start.' })
  path: PathStepView[];
}

export class PreviewAnswer {
  @ApiProperty({ format: 'uuid' }) workflow_id: string;
  @ApiProperty() from_version: number;
  @ApiProperty({ type: [String] }) sentences: string[];
  @ApiProperty({ type: 'array', items: ANY_OBJECT }) changes: unknown[];
  @ApiProperty({
    ...ANY_OBJECT,
    nullable: true,
    description: 'The changed definition; null of an emergency bypass, which changes none.',
  })
  new_definition: object | null;
  @ApiProperty({ type: [FateView], description: 'What happens to open instances, by step.' })
  instances: FateView[];
  @ApiProperty({ type: InstanceFatePage, description: 'What happens to each, a page of them.' })
  instance_fates: InstanceFatePage;
  @ApiProperty({
    type: [FindingView],
    description:
      'What is unsound about the new definition and was not about the former one, and where running instances would be moved to without a way to their end.',
  })
  unsound: FindingView[];
  @ApiProperty({ type: ImpactAnalysisView }) impact_analysis: ImpactAnalysis;
}
