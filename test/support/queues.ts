export const QUEUES = ['postgres', 'redis'] as const;
export type QueueBackend = (typeof QUEUES)[number];

/** The same tests on both queue backends. */
export const describeOnBothQueues = (name: string, tests: (queue: QueueBackend) => void): void =>
  describe.each(QUEUES)(`${name} (queue on %s)`, tests);
