/** What the jobs library tells about the queue. It provides this under the token QUEUE_HEALTH, from a global module. */
export interface QueueHealth {
  /** Asks the backend itself; `detail` says which one it is and what is wrong, without addresses or secrets. */
  check(): Promise<{ up: boolean; detail: string }>;
  /** Jobs by queue and state, such as `{tasks: {waiting: 3, active: 1, …}}`. */
  counts(): Promise<Record<string, Record<string, number>>>;
}

export const QUEUE_HEALTH = Symbol('QueueHealth');
