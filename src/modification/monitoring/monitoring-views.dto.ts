import { ApiProperty } from '@nestjs/swagger';

import { MODIFICATION_STATUSES } from '#persistence';

import { NotificationView } from '../../routing/notifications/notifications.dto.js';
import type { Breach, Observation, VersionMetrics } from './breaches.js';

const FIGURE_OR_NULL = { type: Number, nullable: true } as const;

export class VersionMetricsView implements VersionMetrics {
  @ApiProperty() started: number;
  @ApiProperty() ended: number;
  @ApiProperty({ description: 'Of those that ended: failed or timed out.' }) failed: number;
  @ApiProperty({ ...FIGURE_OR_NULL, description: 'Null: none has ended.' })
  error_rate_percentage: number | null;
  @ApiProperty({ ...FIGURE_OR_NULL, description: 'Null: none has ended.' })
  avg_duration_minutes: number | null;
  @ApiProperty({ description: 'Steps and instances that were not done by their deadline.' })
  deadline_misses: number;
  @ApiProperty() escalations: number;
}

export class MetricsView implements Observation {
  @ApiProperty() span_minutes: number;
  @ApiProperty({ type: VersionMetricsView, description: 'The new version since it was applied.' })
  current: VersionMetrics;
  @ApiProperty({
    type: VersionMetricsView,
    description: 'The former version in a span of the same length before.',
  })
  before: VersionMetrics;
}

export class BreachView implements Breach {
  @ApiProperty({ example: 'error_rate_percentage' }) condition: string;
  @ApiProperty({ example: 'error_rate_percentage is 40, above 10 (20 instances ended).' })
  reason: string;
}

export class ObservationView {
  @ApiProperty({ format: 'date-time' }) observed_at: string;
  @ApiProperty({ type: MetricsView }) metrics: Observation;
  @ApiProperty({ type: [BreachView], description: 'The conditions that held.' })
  breached: Breach[];
}

export class MonitoringAnswer {
  @ApiProperty() modification_id: string;
  @ApiProperty({ format: 'uuid' }) workflow_id: string;
  @ApiProperty({ enum: MODIFICATION_STATUSES }) status: string;
  @ApiProperty() monitoring_active: boolean;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) monitoring_until:
    string | null;
  @ApiProperty({ description: 'MONITORING_INTERVAL_SECONDS', example: 30 })
  interval_seconds: number;
  @ApiProperty({ type: 'object', additionalProperties: true })
  auto_rollback_conditions: Record<string, unknown>;
  @ApiProperty({ description: 'Whether a condition that holds rolls it back.' })
  auto_rollback: boolean;
  @ApiProperty({ type: String, nullable: true }) rollback_reason: string | null;
  @ApiProperty({ type: [ObservationView], description: 'The latest 200, newest first.' })
  observations: ObservationView[];
  @ApiProperty({
    type: [NotificationView],
    description:
      'Who was told what became of it by itself: `rolled_back`, `canary_stopped`, `rollback_failed`, `application_failed`, `approval_needed`, `instances_not_moved`, `review_overdue`. Oldest first.',
  })
  notifications: NotificationView[];
}
