import { ApiProperty } from '@nestjs/swagger';

import { ProcessMap } from './process-map.dto.js';
import { SEVERITIES, type Severity } from './severity.js';

export const PREDICTION_TYPES = [
  'execution_time',
  'failure_probability',
  'resource_demand',
  'optimization_impact',
] as const;
export type PredictionType = (typeof PREDICTION_TYPES)[number];

export const CATEGORIES = ['performance', 'resource', 'process', 'automation'] as const;
export type Category = (typeof CATEGORIES)[number];

export const EFFORTS = ['low', 'medium', 'high'] as const;
export type Effort = (typeof EFFORTS)[number];

/** Name of a figure → why it is null. */
export type Reasons = Record<string, string>;

const WORKFLOW_ID = '0192f0c1-3a5e-7c3d-9b1a-5f0e8d7c6b5a';
const REASONS = {
  type: 'object',
  additionalProperties: { type: 'string' },
  description: 'Which of the figures are null, and why.',
} as const;
const FIGURE = { type: Number, nullable: true } as const;

export class AnalysisPeriod {
  @ApiProperty({ example: '2026-10-23T09:00:00.000Z' }) start: string;
  @ApiProperty({ example: '2026-11-22T09:00:00.000Z' }) end: string;
}

export class PerformanceMetric {
  @ApiProperty({ example: WORKFLOW_ID }) workflow_id: string;
  @ApiProperty({ example: 'Leave request' }) workflow_name: string;
  @ApiProperty({ example: 120, description: 'Instances that started in the period.' })
  total_executions: number;
  @ApiProperty({ example: 112, description: 'Those of them that have ended.' })
  ended_executions: number;
  @ApiProperty({ ...FIGURE, example: 95.4, description: 'Start to end, of the ended ones.' })
  avg_execution_time_minutes: number | null;
  @ApiProperty({
    ...FIGURE,
    example: 91.1,
    description: 'Of the ended ones, those that completed and were not rejected.',
  })
  success_rate_percentage: number | null;
  @ApiProperty({ ...FIGURE, example: 4.2, description: 'In each of the ended ones.' })
  avg_steps_completed: number | null;
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'book_cover',
    description: 'The step_id in which most entries failed.',
  })
  most_frequent_failure_step: string | null;
  @ApiProperty({
    type: [Number],
    example: [9, 10, 14],
    description: 'The three hours of the day (UTC, 0–23) with the most starts, the busiest first.',
  })
  peak_execution_hours: number[];
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'Work on tasks; `meaning` says what the figure states.',
    example: {
      meaning: 'Tasks of this workflow that each worker had running, on average …',
      tasks_running_per_worker: 0.42,
      tasks: 240,
      workers: 2,
      busy_minutes: 504,
      span_minutes: 600,
    },
  })
  resource_utilization: Record<string, unknown>;
  @ApiProperty({ ...REASONS, example: {} }) unavailable: Reasons;
}

export class Bottleneck {
  @ApiProperty({ example: WORKFLOW_ID }) workflow_id: string;
  @ApiProperty({ example: 'manager_approval' }) step_id: string;
  @ApiProperty({ example: 'Manager approves' }) step_name: string;
  @ApiProperty({ example: 'approval' }) step_type: string;
  @ApiProperty({
    example: 80,
    description: 'Entries that completed or failed: the averages are over them.',
  })
  entries: number;
  @ApiProperty({ example: 3, description: 'Entries that have not ended.' }) open_entries: number;
  @ApiProperty({
    ...FIGURE,
    example: 12.5,
    description:
      'Working time. Of people: from the first action to the end; null where one action ended the step, because then the begin of work is not recorded. Of tasks: while at least one ran.',
  })
  avg_processing_time_minutes: number | null;
  @ApiProperty({ ...FIGURE, example: 4.5, description: 'Of the entries.' })
  failure_rate_percentage: number | null;
  @ApiProperty({
    ...FIGURE,
    example: 340.2,
    description:
      'Waiting time, on average. Of people: from entry to the first action. Of tasks: while none of them ran.',
  })
  queue_time_minutes: number | null;
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'number' },
    nullable: true,
    description: 'Waiting time at these quantiles, from depth `deep` on; null above.',
    example: { p50: 300, p90: 710, p95: 900 },
  })
  queue_time_quantiles_minutes: Record<string, number> | null;
  @ApiProperty({
    ...FIGURE,
    example: 0.96,
    description: "The share of this step's own time that was waiting (0–1).",
  })
  resource_contention_score: number | null;
  @ApiProperty({
    ...FIGURE,
    example: 0.61,
    description:
      "This step's waiting as a share of all time spent in steps of the workflow (0–1): what could be saved at most.",
  })
  optimization_potential_score: number | null;
  @ApiProperty({
    enum: SEVERITIES,
    nullable: true,
    example: 'critical',
    description:
      'The worse of two: by `optimization_potential_score` (from 0.1 medium, 0.25 high, 0.5 critical; low where entries wait less than a minute on average), and by the lower end of the 95 % Wilson interval of the failure rate (from 5 % medium, 10 % high, 25 % critical). Null where no entry has ended.',
  })
  bottleneck_severity: Severity | null;
  @ApiProperty({
    type: [String],
    example: ['Let more people act on "Manager approves", or have it escalate: …'],
  })
  recommended_actions: string[];
  @ApiProperty({ ...REASONS, example: {} }) unavailable: Reasons;
}

export class Prediction {
  @ApiProperty({ enum: PREDICTION_TYPES, example: 'execution_time' })
  prediction_type: PredictionType;
  @ApiProperty({ example: WORKFLOW_ID }) workflow_id: string;
  @ApiProperty({ example: 'minutes' }) unit: string;
  @ApiProperty({
    example: 92.5,
    description:
      'execution_time: minutes that the next instance takes (median of like cases). failure_probability: of the next instance (0–1). resource_demand: instances started per day. optimization_impact: percent of its time that an instance would be spared if nobody waited at the worst step (median).',
  })
  predicted_value: number;
  @ApiProperty({
    example: 0.9,
    description:
      'The probability that prediction_range holds what is predicted: of execution_time and optimization_impact the exact coverage of the order-statistic interval for the next case, (u − l)/(n + 1); of failure_probability and resource_demand the level of the confidence interval.',
  })
  confidence_score: number;
  @ApiProperty({ type: [Number], example: [41.2, 180.9], description: '[low, high]' })
  prediction_range: [number, number];
  @ApiProperty({ example: 96, description: 'Recorded cases that it rests on.' }) cases: number;
  @ApiProperty({ type: [String], example: ['96 completed cases of version 2 since …'] })
  contributing_factors: string[];
  @ApiProperty({ example: 'order-statistics/1' }) model_version: string;
  @ApiProperty({ example: '2026-11-22T09:00:00.000Z' }) prediction_timestamp: string;
}

export class Recommendation {
  @ApiProperty({
    example: 'b0f7a5d6-6f0b-5c3e-9a52-0c6f2f7a1c11',
    description: 'The same whenever the same is recommended of the same step.',
  })
  recommendation_id: string;
  @ApiProperty({ example: WORKFLOW_ID }) workflow_id: string;
  @ApiProperty({ example: 'manager_approval' }) step_id: string;
  @ApiProperty({ enum: CATEGORIES, example: 'process' }) category: Category;
  @ApiProperty({ enum: SEVERITIES, example: 'critical' }) priority: Severity;
  @ApiProperty({ example: 'Shorten the wait for "Manager approves"' }) title: string;
  @ApiProperty({ example: '80 entries waited 5.7 h on average …' }) description: string;
  @ApiProperty({
    ...FIGURE,
    example: 61,
    description: 'Share of all time spent in steps of the workflow that would be saved, at most.',
  })
  estimated_impact_percentage: number | null;
  @ApiProperty({
    enum: EFFORTS,
    example: 'low',
    description: 'low: settings of the step; medium: more people or workers; high: other work.',
  })
  implementation_effort: Effort;
  @ApiProperty({ ...FIGURE, example: null }) estimated_roi: number | null;
  @ApiProperty({ type: [String], example: ['Set auto_escalation_hours of manager_approval …'] })
  implementation_steps: string[];
  @ApiProperty({ ...FIGURE, example: null }) success_probability: number | null;
  @ApiProperty({
    ...REASONS,
    example: { estimated_roi: 'No costs are recorded.' },
  })
  unavailable: Reasons;
}

const OBJECT = { type: 'object', additionalProperties: true } as const;

export class Analysis {
  @ApiProperty({ example: '0192f0c1-3a5e-7c3d-9b1a-5f0e8d7c6b5b' }) analysis_id: string;
  @ApiProperty({ example: '2026-11-22T09:00:00.000Z' }) analysis_timestamp: string;
  @ApiProperty({ type: AnalysisPeriod }) analysis_period: AnalysisPeriod;
  @ApiProperty({ example: 1 }) workflows_analyzed: number;
  @ApiProperty({ example: 120, description: 'Instances that started in the period.' })
  total_executions_analyzed: number;
  @ApiProperty({
    type: [PerformanceMetric],
    description: 'One a workflow: those asked for by id, else those with executions.',
  })
  performance_metrics: PerformanceMetric[];
  @ApiProperty({ type: [Bottleneck], description: 'Every step entered, the worst first.' })
  bottleneck_analysis: Bottleneck[];
  @ApiProperty({ type: [Prediction] }) ml_predictions: Prediction[];
  @ApiProperty({ type: [Recommendation], description: 'The most pressing first.' })
  optimization_recommendations: Recommendation[];
  @ApiProperty({
    ...OBJECT,
    description:
      'Whole days (UTC) of the last TREND_ANALYSIS_DAYS: slope by Theil–Sen, p-value by Mann–Kendall; a direction only where p < 0.05. From depth `deep` on with `workflows` and `steps`.',
    example: {
      days: 30,
      executions: { direction: 'rising', slope_per_day: 0.4, p_value: 0.003, days: 30 },
    },
  })
  trend_analysis: Record<string, unknown>;
  @ApiProperty({
    ...OBJECT,
    description: 'This period beside the one of the same length before it, by workflow.',
    example: { workflows: [{ total_executions: { current: 120, previous: 100, change: 20 } }] },
  })
  comparative_analysis: Record<string, unknown>;
  @ApiProperty({
    type: [ProcessMap],
    description:
      'The ways that instances took, of the 20 workflows with most ended ones; at depth `comprehensive`, else empty.',
  })
  process_maps: ProcessMap[];
  @ApiProperty({
    type: [String],
    example: ['120 instances started in the last 30 days; 112 have ended, 91.1 % of them well.'],
  })
  ai_insights: string[];
  @ApiProperty({
    ...OBJECT,
    description: 'The whole in a few figures; `not_computed` says what is empty, and why.',
    example: { headline: '120 instances started …', not_computed: {} },
  })
  executive_summary: Record<string, unknown>;
}
