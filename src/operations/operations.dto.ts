import { ApiProperty } from '@nestjs/swagger';

const WORDS = { type: String, isArray: true };
const COUNTS = { type: 'object', additionalProperties: { type: 'integer' } } as const;

class OperationAnswer {
  @ApiProperty({ example: 'POST' }) method: string;
  @ApiProperty({ example: '/api/v1/workflows/multi-step/create' }) path: string;
}

class LimitsAnswer {
  @ApiProperty({ type: 'integer', example: 1048576 }) body_bytes: number;
  @ApiProperty({ type: 'integer', example: 32 }) nesting_levels: number;
  @ApiProperty({ type: 'integer', example: 200 }) page_items: number;
}

export class CapabilitiesAnswer {
  @ApiProperty({ example: 'complex-workflows' }) service: string;
  @ApiProperty({ example: '0.1.0' }) version: string;
  @ApiProperty({ enum: ['all', 'api', 'worker'], description: 'What this process does.' })
  role: string;
  @ApiProperty({ enum: ['postgres', 'redis'] }) queue_backend: string;
  @ApiProperty({ enum: ['none', 'api_key', 'api_key_or_jwt'] }) authentication: string;
  @ApiProperty({ type: [OperationAnswer] }) operations: OperationAnswer[];
  @ApiProperty({ ...WORDS, example: ['user_task', 'approval'] }) step_types: string[];
  @ApiProperty({
    ...WORDS,
    example: ['computation'],
    description: 'Those with a meaning of their own; any other name is taken, too.',
  })
  task_types: string[];
  @ApiProperty({ ...WORDS, example: ['http', 'worker'] }) handler_types: string[];
  @ApiProperty({ ...WORDS, example: ['barrier'] }) synchronization_types: string[];
  @ApiProperty({ ...WORDS, example: ['best_effort'] })
  synchronization_failure_strategies: string[];
  @ApiProperty({ ...WORDS, example: ['fail_fast'] }) failure_strategies: string[];
  @ApiProperty({ ...WORDS, example: ['round_robin'] }) load_balancing_strategies: string[];
  @ApiProperty({ ...WORDS, example: ['data_threshold'] }) rule_condition_types: string[];
  @ApiProperty({ ...WORDS, example: ['route_to_step'] }) routing_actions: string[];
  @ApiProperty({ ...WORDS, example: ['condition'] }) decision_tree_node_types: string[];
  @ApiProperty({ ...WORDS, example: ['unique'] }) decision_table_hit_policies: string[];
  @ApiProperty({ ...WORDS, example: ['sum'] }) expression_functions: string[];
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'What single modules tell about themselves.',
    example: {},
  })
  modules: Record<string, unknown>;
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: "The product's settings that are in force, by the variable's name in lower case.",
    example: { max_concurrent_executions: 50 },
  })
  settings: Record<string, unknown>;
  @ApiProperty() limits: LimitsAnswer;
}

class ProcessFigures {
  @ApiProperty({ example: 86400.5 }) uptime_seconds: number;
  @ApiProperty({ example: 132.4, description: 'User and system time since the start.' })
  cpu_seconds: number;
  @ApiProperty({ type: 'integer', example: 142606336 }) memory_bytes: number;
  @ApiProperty({ type: 'integer', example: 61341696 }) heap_used_bytes: number;
  @ApiProperty({ example: 'v24.4.0' }) node_version: string;
}

class DelayFigures {
  @ApiProperty({ example: 1.2 }) mean_ms: number;
  @ApiProperty({ example: 4.8 }) p99_ms: number;
  @ApiProperty({ example: 31.9 }) max_ms: number;
}

class HttpFigures {
  @ApiProperty({ type: 'integer', example: 1042 }) requests: number;
  @ApiProperty({
    type: 'integer',
    example: 3,
    description: 'Answered with a status of 500 or more.',
  })
  failures: number;
  @ApiProperty({
    type: Number,
    nullable: true,
    example: 6.4,
    description: 'Null before the first.',
  })
  mean_duration_ms: number | null;
}

class PoolFigures {
  @ApiProperty({ type: 'integer', example: 6 }) open: number;
  @ApiProperty({ type: 'integer', example: 5 }) idle: number;
  @ApiProperty({ type: 'integer', example: 0, description: 'Requests that wait for a connection.' })
  waiting: number;
  @ApiProperty({ type: 'integer', example: 20 }) limit: number;
}

export class SystemMetricsAnswer {
  @ApiProperty({ format: 'date-time' }) timestamp: string;
  @ApiProperty() process: ProcessFigures;
  @ApiProperty({ description: 'Of the event loop, since it was last asked for.' })
  event_loop_delay: DelayFigures;
  @ApiProperty({ description: 'Of this process, since it started.' }) http: HttpFigures;
  @ApiProperty() database_pool: PoolFigures;
  @ApiProperty({
    type: 'object',
    additionalProperties: COUNTS,
    nullable: true,
    description:
      'Jobs by queue and state; null with a reason in `unavailable` when the queue does not tell.',
    example: { tasks: { waiting: 0, active: 1, delayed: 2 } },
  })
  queues: Record<string, Record<string, number>> | null;
  @ApiProperty({ ...COUNTS, nullable: true, example: { running: 12, completed: 840 } })
  instances: Record<string, number> | null;
  @ApiProperty({ ...COUNTS, nullable: true, example: { running: 2, completed: 310 } })
  executions: Record<string, number> | null;
  @ApiProperty({ ...COUNTS, nullable: true, example: { ready: 4, running: 9, completed: 2911 } })
  tasks: Record<string, number> | null;
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'Which of the figures are null, and why.',
    example: {},
  })
  unavailable: Record<string, string>;
}
