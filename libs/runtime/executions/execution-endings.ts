import { Injectable, Logger } from '@nestjs/common';

import type { ExecutionStatus, JsonObject } from '#engine/graph';
import { Sweeper } from '#jobs';
import { Database, statement, type Tx } from '#persistence';

import { Batcher } from './batcher.js';
import type { Movement } from './execution-movement.js';
import { ExecutionSignals } from './execution-signals.js';
import type { ExecutionEnded, ExecutionEndListener, GoingOn } from './execution-spec.js';
import { readResults } from './outcomes.queries.js';

interface EndedRow {
  execution_id: string;
  instance_id: string;
  step_execution_id: string;
  overall_status: ExecutionStatus;
  end_reason: string | null;
  output: { tasks: JsonObject } | null;
  correlation_id: string | null;
}

const takeEnded = statement<EndedRow, [readonly string[], readonly string[]]>(
  'take_ended_executions',
  `
  update parallel_executions set instance_notified_at = clock_timestamp()
  where execution_id = any($1::text[]) and step_execution_id is not null and instance_id = any($2::uuid[])
    and actual_completion_time is not null and instance_notified_at is null and not compensating
  returning execution_id, instance_id, step_execution_id, overall_status, end_reason, output, correlation_id`,
);

/** The index on untold executions serves this. */
const findUntold = statement<{ execution_id: string }, [number]>(
  'find_untold_executions',
  `
  select execution_id from parallel_executions
  where step_execution_id is not null and actual_completion_time is not null and instance_notified_at is null
    and not compensating
  order by actual_completion_time limit $1`,
);

/** Instances that go on in one transaction. */
const BATCH = 100;
const BATCHES_AT_A_TIME = 2;

/**
 * Tells instances that the work of their step has ended: after the end is committed, and until it has arrived. Ends
 * that come together share a transaction (group commit).
 */
@Injectable()
export class ExecutionEndings {
  private readonly logger = new Logger(ExecutionEndings.name);
  private listener: ExecutionEndListener | undefined;
  private readonly batcher = new Batcher<string, true>((ids) => this.tellMany(ids), {
    size: BATCH,
    concurrency: BATCHES_AT_A_TIME,
  });

  constructor(
    private readonly database: Database,
    signals: ExecutionSignals,
    sweeper: Sweeper,
  ) {
    signals.on('ended', ({ execution_id, step_execution_id }) => {
      if (step_execution_id !== null) void this.tell(execution_id);
    });
    sweeper.register('execution_endings', () => this.tellAll());
  }

  listen(listener: ExecutionEndListener): void {
    if (this.listener) throw new Error('Ends of executions have two listeners; keep one.');
    this.listener = listener;
  }

  /** Never rejects: what could not be told is told again by the sweeper. */
  async tell(execution_id: string): Promise<void> {
    try {
      await this.batcher.add(execution_id);
    } catch (error) {
      this.logger.warn({ err: error, execution_id }, 'An instance could not be told of an end.');
    }
  }

  /**
   * Tells what ends in this transaction, which holds the executions: so it takes only instances that nobody else holds,
   * and waits for none (every other door locks the instance first). The rest is told after the commit.
   */
  async tellIn(tx: Tx, movement: Movement): Promise<GoingOn> {
    const ended = movement.ended();
    if (ended.length === 0 || !this.listener) return NOBODY;
    const unread = ended.filter(({ execution_id }) => !movement.results.has(execution_id));
    if (unread.length > 0) {
      for (const { execution_id, tasks } of await readResults(tx, [
        unread.map(({ execution_id }) => execution_id),
      ])) {
        movement.results.set(execution_id, tasks);
      }
    }
    return this.listener.decide(
      tx,
      ended.map((execution) =>
        endedOf(execution, { tasks: movement.results.get(execution.execution_id) ?? {} }),
      ),
    );
  }

  /** In the transaction of the listener, which holds the instances: only one can tell an end, and only once. */
  async take(
    tx: Tx,
    executionIds: readonly string[],
    instanceIds: readonly string[],
  ): Promise<ExecutionEnded[]> {
    const rows = await takeEnded(tx, [executionIds, instanceIds]);
    return rows.map((row) => endedOf(row, row.output));
  }

  private async tellMany(executionIds: readonly string[]): Promise<true[]> {
    await this.database.transaction(async (tx) => this.listener?.tell(tx, executionIds));
    return executionIds.map(() => true);
  }

  private async tellAll(): Promise<void> {
    if (!this.listener) return;
    const untold = await findUntold(this.database.read, [BATCH]);
    await Promise.all(untold.map(({ execution_id }) => this.tell(execution_id)));
  }
}

const NOBODY: GoingOn = { told: [], write: () => Promise.resolve() };

function endedOf(row: Omit<EndedRow, 'output'>, output: EndedRow['output']): ExecutionEnded {
  const { execution_id, instance_id, step_execution_id, overall_status, end_reason } = row;
  const succeeded = overall_status === 'completed' || overall_status === 'partially_completed';
  return {
    execution_id,
    instance_id,
    step_execution_id,
    correlation_id: row.correlation_id,
    succeeded,
    output: output ?? { tasks: {} },
    error: succeeded ? null : (end_reason ?? `The execution ended as ${overall_status}.`),
  };
}
