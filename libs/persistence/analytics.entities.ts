import { Check, Entity, Index, Unique } from 'typeorm';
import {
  Figure,
  Id,
  Instant,
  Int,
  Json,
  type JsonObject,
  now,
  oneOf,
  optional,
  Text,
  Uuid,
  UuidKey,
  Word,
} from './columns.js';
import { SUGGESTION_STATUSES, type SuggestionStatus } from './words.js';

/** One workflow on one day (UTC), rolled up from its ended instances. */
@Entity('workflow_performance')
@Unique(['workflow_id', 'execution_date'])
export class WorkflowPerformanceEntity {
  @UuidKey() performance_id: string;
  @Uuid() workflow_id: string;
  @Id() workflow_name: string;
  /** The day's first instant, UTC. */
  @Instant() execution_date: Date;
  @Int() total_executions: number;
  @Int() successful_executions: number;
  @Int() failed_executions: number;
  @Figure(optional) avg_execution_time_minutes: number | null;
  @Figure(optional) min_execution_time_minutes: number | null;
  @Figure(optional) max_execution_time_minutes: number | null;
  @Figure(optional) avg_steps_completed: number | null;
  @Json({ default: {} }) resource_utilization: JsonObject;
  @Json({ default: [] }) peak_usage_hours: number[];
  @Instant(now) created_at: Date;
}

/** One step on one day (UTC) of analysis. */
@Entity('bottleneck_analysis')
@Unique(['workflow_id', 'step_id', 'analysis_date'])
export class BottleneckAnalysisEntity {
  @UuidKey() bottleneck_id: string;
  @Uuid() workflow_id: string;
  @Id() step_id: string;
  @Text() step_name: string;
  /** The day's first instant, UTC. */
  @Instant() analysis_date: Date;
  @Figure(optional) avg_processing_time_minutes: number | null;
  @Figure(optional) failure_rate_percentage: number | null;
  @Figure(optional) queue_time_minutes: number | null;
  @Figure(optional) resource_contention_score: number | null;
  @Figure(optional) optimization_potential_score: number | null;
  @Word(optional) bottleneck_severity: string | null;
  @Json({ default: {} }) analysis_metadata: JsonObject;
  @Instant(now) created_at: Date;
}

@Entity('optimization_suggestions')
@Check('optimization_suggestions_status_check', oneOf('status', SUGGESTION_STATUSES))
@Index('optimization_suggestions_by_workflow', ['workflow_id', 'created_at'])
export class OptimizationSuggestionEntity {
  @UuidKey() suggestion_id: string;
  @Uuid() workflow_id: string;
  @Word() category: string;
  @Word() priority: string;
  @Text() title: string;
  @Text() description: string;
  @Figure(optional) estimated_impact_percentage: number | null;
  @Word() implementation_effort: string;
  @Figure(optional) estimated_roi: number | null;
  @Figure(optional) success_probability: number | null;
  @Json({ default: [] }) implementation_steps: string[];
  @Word({ default: 'open' }) status: SuggestionStatus;
  @Instant(now) created_at: Date;
  @Instant(optional) applied_at: Date | null;
}

/** A computed analysis as it was answered. */
@Entity('analytics_results')
@Index('analytics_results_by_time', ['analysis_type', 'analysis_timestamp'])
export class AnalyticsResultEntity {
  @UuidKey() analysis_id: string;
  @Word() analysis_type: string;
  @Instant(now) analysis_timestamp: Date;
  /** How many; which ones stands in `analysis_metadata`. */
  @Int() workflows_analyzed: number;
  @Json() analysis_results: JsonObject;
  @Json({ default: {} }) analysis_metadata: JsonObject;
  @Instant(now) created_at: Date;
}
