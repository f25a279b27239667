import type { RetryPolicy } from './retry.js';

/** The words of a task graph: contract.md §68, and design.md §4 for handlers. */

export const TASK_TYPES = [
  'approval',
  'automation',
  'computation',
  'integration',
  'notification',
  'validation',
] as const;

export const SYNCHRONIZATION_TYPES = [
  'barrier',
  'join',
  'conditional_join',
  'partial_completion',
] as const;
export type SynchronizationType = (typeof SYNCHRONIZATION_TYPES)[number];

export const FAILURE_STRATEGIES = ['fail_fast', 'partial_success', 'retry_all'] as const;
export type FailureStrategy = (typeof FAILURE_STRATEGIES)[number];

export const SYNCHRONIZATION_FAILURE_STRATEGIES = [
  'fail_fast',
  'best_effort',
  'continue_partial',
] as const;
export type SynchronizationFailureStrategy = (typeof SYNCHRONIZATION_FAILURE_STRATEGIES)[number];

export const LOAD_BALANCING_STRATEGIES = [
  'round_robin',
  'least_loaded',
  'priority_based',
  'resource_aware',
] as const;
export type LoadBalancingStrategy = (typeof LOAD_BALANCING_STRATEGIES)[number];

export const TASK_STATUSES = [
  'pending',
  'ready',
  'running',
  'retrying',
  'completed',
  'failed',
  'cancelled',
  'skipped',
] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

export const EXECUTION_STATUSES = [
  'initializing',
  'running',
  'completed',
  'partially_completed',
  'failed',
  'cancelled',
  'timed_out',
] as const;
export type ExecutionStatus = (typeof EXECUTION_STATUSES)[number];

export const SYNCHRONIZATION_STATUSES = ['waiting', 'reached', 'failed', 'timed_out'] as const;
export type SynchronizationStatus = (typeof SYNCHRONIZATION_STATUSES)[number];

export type JsonObject = Record<string, unknown>;

/** Who does the work of a task or an automated step. Strings may hold `{{ expression }}` over the instance's data. */
export type Handler =
  | {
      type: 'http';
      method: string;
      url: string;
      headers?: Record<string, string>;
      body?: unknown;
      timeout_ms?: number;
    }
  | { type: 'graphql'; url: string; query: string; variables?: JsonObject; timeout_ms?: number }
  | { type: 'notification'; channel: string; to: string; message: string }
  | { type: 'delay'; duration_ms: number }
  | GatherHandler
  | { type: 'worker' };

/** Ours alone: the end of a fan-out (see `expandFanOuts`). */
export interface GatherHandler {
  type: 'gather';
  /** Items that may fail. */
  tolerated: number;
  /** Why there is no list. */
  fault?: string;
}

/** A task for each item of a list. */
export interface ForEach {
  /** FEEL over the instance's data, giving a list. */
  items: string;
  /** Under these names an item's handler and `input_data` have it and its place, from 0. */
  item_name: string;
  index_name: string;
  /** Items at a time; null or left out: as many as the execution lets. */
  max_concurrency?: number | null;
  /** Items that may fail: so many, or this share of them, whichever is more. */
  tolerated_failures?: number | null;
  tolerated_failure_percentage?: number | null;
}

export const HANDLER_TYPES = ['http', 'graphql', 'notification', 'delay', 'worker'] as const;

/** What undoes a completed task when its execution fails. */
export interface Compensation {
  /** Absent: workers that claim `task_type`. Its expressions see `input.input` and `input.output`, the task's own. */
  handler?: Handler | null;
  /** Left out where a handler does it: that of the task. */
  task_type?: string | null;
  max_retry_attempts: number;
  retry_policy?: RetryPolicy | null;
  timeout_minutes: number;
}

/** Of an item of the fan-out `of`. One that is out of attempts has ended without a result, and `of` counts it. */
export interface FanOutItem {
  of: string;
  index: number;
  /** Items of `of` that are ready or in hand at a time; null: as many as the execution lets. */
  concurrency: number | null;
}

export interface TaskDefinition {
  task_id: string;
  task_name: string;
  task_type: string;
  step_id: string;
  /** A weight: the larger starts first. */
  priority: number;
  estimated_duration_minutes: number;
  max_retry_attempts: number;
  retry_policy?: RetryPolicy | null;
  timeout_minutes: number;
  dependencies: string[];
  input_data: JsonObject;
  resource_requirements: JsonObject;
  /** Absent: `{type: 'worker'}`. */
  handler?: Handler | null;
  for_each?: ForEach | null;
  compensation?: Compensation | null;
  item?: FanOutItem & { data: JsonObject };
}

export interface SynchronizationPointDefinition {
  sync_id: string;
  sync_name: string;
  sync_type: SynchronizationType;
  required_tasks: string[];
  minimum_completion_percentage: number;
  timeout_minutes: number;
  failure_strategy: SynchronizationFailureStrategy;
  /** FEEL over the required tasks' results; of a `conditional_join` alone. */
  condition_expression?: string | null;
}

export interface LoadBalancing {
  strategy: LoadBalancingStrategy;
  max_concurrent_tasks: number;
  resource_constraints: JsonObject;
  queue_priority_levels: number;
  adaptive_scaling: boolean;
}

/** What `parallel/execute` is asked to run, and what a `parallel` step may carry. */
export interface TaskGraphDefinition {
  tasks: TaskDefinition[];
  synchronization_points: SynchronizationPointDefinition[];
  load_balancing: LoadBalancing;
  global_timeout_minutes: number;
  failure_strategy: FailureStrategy;
  monitoring_interval_seconds: number;
  /** All or nothing: when not every task completes, those that did are undone (`compensationGraph`). */
  compensate?: boolean;
}

/** What of a graph has faults; of one whose fields have not all the right shape there may be less. */
export type CheckedGraph = Pick<TaskGraphDefinition, 'tasks' | 'synchronization_points'> & {
  load_balancing?: Pick<LoadBalancing, 'strategy' | 'resource_constraints'>;
};
