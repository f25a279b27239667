/**
 * Every job of the product: its name and what it carries. Payloads hold ids, never state: the tables are the truth, and
 * a job only says "look now" (design.md §1). A new job is a line here, a line in `JOBS`, and one `@JobHandler`.
 */
export interface JobMap {
  /** There may be tasks for built-in handlers: claim up to the free capacity. */
  'tasks.run': Record<string, never>;
  /** There may be timers that are due. */
  'timers.fire': Record<string, never>;
  /** A bulk call has incidents to resolve. */
  'incidents.resolve': { batch_id: string };
  /** A modification has instances to move. */
  'modification.move': {
    modification_id: string;
    /** Where the job before it stopped. */
    after?: { round: number; instance_id: string };
  };
  /** Look at what applied modifications do. */
  'modification.monitor': Record<string, never>;
  /** A candidate has recorded decisions to be tried on. */
  'routing.backtest': { backtest_id: string };
  /** There may be like decisions enough for a model, or enough new ones for a new model. */
  'routing.train': Record<string, never>;
  /** There may be something that people are to be told. */
  'notifications.deliver': Record<string, never>;
  /** Roll history up into the tables that reports read. */
  'analytics.roll-up': Record<string, never>;
}

export type JobName = keyof JobMap;

export interface JobOptions {
  /** Jobs of one queue share its workers: what is short and urgent is kept apart from what is long. */
  queue: QueueName;
  /** Tries in all, with exponential backoff from a second. A wake-up needs one: the sweeper repeats it. */
  attempts: number;
  /** Runs by itself every so often, once over all processes. */
  every_ms?: number;
}

export const QUEUES = {
  /** Wake-ups. */
  engine: { concurrency: 4 },
  /** Roll-ups, monitoring and the like. */
  background: { concurrency: 1 },
} as const satisfies Record<string, { concurrency: number }>;

export type QueueName = keyof typeof QUEUES;

export const QUEUE_NAMES = Object.keys(QUEUES) as QueueName[];

export const JOBS: Readonly<Record<JobName, JobOptions>> = {
  'tasks.run': { queue: 'engine', attempts: 1 },
  'timers.fire': { queue: 'engine', attempts: 1 },
  'incidents.resolve': { queue: 'engine', attempts: 3 },
  'modification.move': { queue: 'engine', attempts: 3 },
  'modification.monitor': { queue: 'background', attempts: 1, every_ms: 5_000 },
  'routing.backtest': { queue: 'background', attempts: 3 },
  'routing.train': { queue: 'background', attempts: 1 },
  'notifications.deliver': { queue: 'engine', attempts: 1 },
  'analytics.roll-up': { queue: 'background', attempts: 3, every_ms: 15 * 60_000 },
};

export const JOB_NAMES = Object.keys(JOBS) as JobName[];

/** What is in a BullMQ job: the payload, and the id under which its cause is followed. */
export interface JobEnvelope {
  payload: JobMap[JobName];
  /** For whom it is done; null: for each tenant, one after the other. */
  tenant_id: string | null;
  correlation_id: string | null;
}
