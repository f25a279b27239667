import { Injectable, Logger } from '@nestjs/common';

import type { ExecutionStatus, JsonObject } from '#engine/graph';
import { Sweeper } from '#jobs';
import { Database, statement, type Tx } from '#persistence';
import { runWithCorrelation } from '#platform/logging';

import { ExecutionSignals } from './execution-signals.js';
import type { ExecutionEndListener } from './execution-spec.js';

interface EndedRow {
  instance_id: string;
  step_execution_id: string;
  overall_status: ExecutionStatus;
  end_reason: string | null;
  output: { tasks: JsonObject } | null;
  correlation_id: string | null;
}

const takeTelling = statement<{ taken: boolean }, [string]>(
  'take_telling',
  `select pg_try_advisory_xact_lock(491487, hashtext($1)) as taken`,
);

const readEnded = statement<EndedRow, [string]>(
  'read_ended_execution',
  `
  select instance_id, step_execution_id, overall_status, end_reason, output, correlation_id
  from parallel_executions
  where execution_id = $1 and step_execution_id is not null and instance_id is not null
    and actual_completion_time is not null and instance_notified_at is null`,
);

const markTold = statement<object, [string]>(
  'mark_execution_told',
  `update parallel_executions set instance_notified_at = clock_timestamp() where execution_id = $1`,
);

/** The index on untold executions serves this. */
const findUntold = statement<{ execution_id: string }, [number]>(
  'find_untold_executions',
  `
  select execution_id from parallel_executions
  where step_execution_id is not null and actual_completion_time is not null and instance_notified_at is null
  order by actual_completion_time limit $1`,
);

const BATCH = 100;

/** Tells instances that the work of their step has ended: after the end is committed, and until it has arrived. */
@Injectable()
export class ExecutionEndings {
  private readonly logger = new Logger(ExecutionEndings.name);
  private listener: ExecutionEndListener | undefined;

  constructor(
    private readonly database: Database,
    signals: ExecutionSignals,
    sweeper: Sweeper,
  ) {
    signals.on('ended', (execution_id) => void this.tell(execution_id));
    sweeper.register('execution_endings', () => this.tellAll());
  }

  listen(listener: ExecutionEndListener): void {
    if (this.listener) throw new Error('Ends of executions have two listeners; keep one.');
    this.listener = listener;
  }

  /** Never rejects: what could not be told is told again by the sweeper. */
  async tell(executionId: string): Promise<void> {
    const { listener } = this;
    if (!listener) return;
    try {
      const [ended] = await readEnded(this.database.read, [executionId]);
      if (!ended) return;
      await runWithCorrelation(ended.correlation_id, () =>
        this.database.transaction((tx) => this.tellIn(tx, executionId, listener)),
      );
    } catch (error) {
      this.logger.warn(
        { err: error, execution_id: executionId },
        'An instance could not be told of an end.',
      );
    }
  }

  /**
   * The advisory lock, not the execution's row, keeps two processes apart: the listener locks the instance first, as
   * every other door does, so that no two transactions wait for each other.
   */
  private async tellIn(tx: Tx, executionId: string, listener: ExecutionEndListener): Promise<void> {
    const [turn] = await takeTelling(tx, [executionId]);
    if (!turn?.taken) return;
    const [row] = await readEnded(tx, [executionId]);
    if (!row) return;
    const succeeded =
      row.overall_status === 'completed' || row.overall_status === 'partially_completed';
    await listener(tx, {
      instance_id: row.instance_id,
      step_execution_id: row.step_execution_id,
      execution_id: executionId,
      succeeded,
      output: row.output ?? { tasks: {} },
      error: succeeded ? null : (row.end_reason ?? `The execution ended as ${row.overall_status}.`),
    });
    await markTold(tx, [executionId]);
  }

  private async tellAll(): Promise<void> {
    if (!this.listener) return;
    for (const { execution_id } of await findUntold(this.database.read, [BATCH])) {
      await this.tell(execution_id);
    }
  }
}
