import type { JobQueue } from './queue-backend.js';

/**
 * A queue that is opened anew until it has worked once: BullMQ keeps the failure of a queue's first connection for as
 * long as that object lives, so that a server that comes after the process would never be used. After the first
 * success it reconnects by itself.
 */
export class ReopeningQueue {
  private current: JobQueue;
  private proven = false;

  constructor(
    private readonly open: () => JobQueue,
    private readonly onError: (error: Error) => void,
  ) {
    this.current = open();
  }

  async use<Result>(work: (queue: JobQueue) => Promise<Result>): Promise<Result> {
    const queue = this.current;
    try {
      const result = await work(queue);
      this.proven = true;
      return result;
    } catch (error) {
      if (!this.proven && queue === this.current) {
        this.current = this.open();
        // not waited for: without a connection it may take its time
        queue.close().catch(this.onError);
      }
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.current.close();
  }
}
