import { Injectable } from '@nestjs/common';

import { DomainError } from '#engine/errors';
import { expandFanOuts } from '#engine/graph';
import { afterCommit, newId, statement, type Tx, unawaited } from '#persistence';
import { correlationId } from '#platform/logging';

import { ExecutionAdmission } from './execution-admission.js';
import { endAtOnce } from './execution-at-once.js';
import { ExecutionEndings } from './execution-endings.js';
import { isOpen, Movement } from './execution-movement.js';
import { ExecutionProgress } from './execution-progress.js';
import { handlerKind, type NewExecution } from './execution-rows.js';
import { type CreatedExecution, ExecutionSignals } from './execution-signals.js';
import type { ExecutionEnded, ExecutionEndListener, ExecutionSpec } from './execution-spec.js';
import { writeExecutions } from './execution-writes.js';
import { closeIncidentsOfExecutions, findExecutionsInNeed } from './incidents.queries.js';
import { type ExecutionEvent, lockExecutions } from './progress.queries.js';

const findOpenOfStep = statement<{ execution_id: string }, [string, string]>(
  'find_open_executions_of_step',
  `select execution_id from parallel_executions
   where instance_id = $1 and step_execution_id = $2 and overall_status in ('initializing', 'running')`,
);

const findOpenOfInstance = statement<{ execution_id: string }, [string]>(
  'find_open_executions_of_instance',
  `select execution_id from parallel_executions
   where instance_id = $1 and overall_status in ('initializing', 'running')`,
);

/** Ends of executions of steps that are still open: the instance was suspended when it was told. */
const forgetTold = statement<{ execution_id: string }, [string]>(
  'forget_told_executions',
  `
  update parallel_executions e set instance_notified_at = null
  from step_executions s
  where e.instance_id = $1 and s.step_execution_id = e.step_execution_id and s.ended_at is null
    and e.actual_completion_time is not null
  returning e.execution_id`,
);

/** The one door of executions (design.md §1): they begin and end early here; `ExecutionRepair` begins them again. */
@Injectable()
export class ExecutionRuntime {
  constructor(
    private readonly progress: ExecutionProgress,
    private readonly admission: ExecutionAdmission,
    private readonly endings: ExecutionEndings,
    private readonly signals: ExecutionSignals,
  ) {}

  /**
   * Stores an execution. One that needs no work or wait has ended with this transaction; one of a single task has
   * started; a larger one waits, `initializing`, until fewer than MAX_CONCURRENT_EXECUTIONS run, which is asked here and,
   * where somebody else decides or there is no room, right after the commit.
   * @throws DomainError execution_exists when the id is taken
   */
  async create(tx: Tx, spec: ExecutionSpec): Promise<{ execution_id: string; waits: boolean }> {
    const execution_id = spec.execution_id ?? newId();
    const correlation_id = correlationId() ?? null;
    const graph = expandFanOuts(spec.graph, spec.data);
    const waits = await this.createMany(tx, [
      {
        spec: { ...spec, graph, execution_id, correlation_id },
        beginning: endAtOnce(graph) ?? beginningOf({ graph }),
        told: false,
      },
    ]);
    return { execution_id, waits };
  }

  /**
   * Stores executions as they begin (see `create`), together.
   * @returns whether one of them is still to be admitted
   * @throws DomainError execution_exists
   */
  async createMany(tx: Tx, executions: readonly NewExecution[]): Promise<boolean> {
    if (executions.length === 0) return false;
    await writeExecutions(tx, executions);
    const created = executions.map(createdOf);
    this.signals.workersTasksIn(
      tx,
      created.flatMap(({ released }) => released),
    );
    afterCommit(tx, () => this.signals.created(created));
    const waiting = (isAlone: boolean): string[] =>
      executions
        .filter(({ beginning }) => beginning === 'waiting')
        .filter(({ spec }) => (spec.graph.tasks.length === 1) === isAlone)
        .map(({ spec }) => spec.execution_id);
    await this.admission.start(tx, waiting(true));
    return this.admission.admitNew(tx, waiting(false));
  }

  /**
   * Ends an execution with all that is open in it.
   * @throws DomainError execution_not_found, execution_ended
   */
  async cancel(tx: Tx, execution_id: string, reason: string): Promise<void> {
    const movement = await this.lock(tx, execution_id);
    const execution = movement.executions.get(execution_id);
    if (!execution || !isOpen(execution)) {
      throw new DomainError('execution_ended', 'The execution has already ended.', {
        execution_id,
        overall_status: execution?.overall_status,
      });
    }
    await this.endAll(tx, movement, 'cancelled', reason);
  }

  /** Ends what does the work of this step; nothing when nothing does. */
  async cancelOfStep(
    tx: Tx,
    { instance_id, step_execution_id }: { instance_id: string; step_execution_id: string },
    reason: string,
  ): Promise<void> {
    await this.cancelOpen(tx, await findOpenOfStep(tx, [instance_id, step_execution_id]), reason);
  }

  async cancelOfInstance(tx: Tx, instance_id: string, reason: string): Promise<void> {
    await this.cancelOpen(tx, await findOpenOfInstance(tx, [instance_id]), reason);
  }

  /** Of an instance that has ended for good, after its executions: nobody can take up what has failed in them. */
  async closeIncidentsOfInstance(tx: Tx, instance_id: string): Promise<void> {
    const found = await findExecutionsInNeed(tx, [instance_id]);
    if (found.length === 0) return;
    const ids = found.map(({ execution_id }) => execution_id);
    // incidents after their executions, as wherever they are written
    await lockExecutions(tx, [ids]);
    unawaited(tx, closeIncidentsOfExecutions(tx, [ids, 'cancelled']));
  }

  /**
   * Ends executions whose global timeout has come, and judges the synchronization points of others whose has.
   * @param timedOut those of `executionIds` that are themselves out of time
   */
  async timeOut(
    tx: Tx,
    executionIds: readonly string[],
    timedOut: ReadonlySet<string>,
  ): Promise<void> {
    const movement = new Movement(await lockExecutions(tx, [executionIds]));
    const out = [...movement.executions.values()].filter(
      (execution) => timedOut.has(execution.execution_id) && isOpen(execution),
    );
    await this.progress.endEarly(tx, movement, out, 'timed_out', 'The global timeout was reached.');
    await this.progress.advance(tx, movement);
  }

  /** Tells the instance once more of ends that it could not take while it was suspended. */
  async tellAgain(tx: Tx, instance_id: string): Promise<void> {
    for (const { execution_id } of await forgetTold(tx, [instance_id])) {
      afterCommit(tx, () => this.endings.tell(execution_id));
    }
  }

  /** Of these, the ends that no step has been told of; now they count as told. The caller holds the instances. */
  takeEnded(
    tx: Tx,
    execution_ids: readonly string[],
    instance_ids: readonly string[],
  ): Promise<ExecutionEnded[]> {
    return this.endings.take(tx, execution_ids, instance_ids);
  }

  /** Adds to the history of an execution what is no change of its state. */
  async note(tx: Tx, event: ExecutionEvent): Promise<void> {
    const movement = await this.lock(tx, event.execution_id);
    movement.events.push(event);
    await this.progress.advance(tx, movement);
  }

  /** Resolves when every execution that may start now has started; asked after the commit that made one. */
  admitted(): Promise<void> {
    return this.admission.admit();
  }

  /** Exactly one listener: the instances. */
  onExecutionEnded(listener: ExecutionEndListener): void {
    this.endings.listen(listener);
  }

  /** Calls `listener` whenever something of this execution has been committed in this process. */
  onMoved(execution_id: string, listener: () => void): () => void {
    return this.signals.on('moved', (moved) => {
      if (moved === execution_id) listener();
    });
  }

  /** Calls `listener` when an execution's end has been committed in this process. */
  onEnded(listener: (execution_id: string) => void): () => void {
    return this.signals.on('ended', ({ execution_id }) => listener(execution_id));
  }

  private async lock(tx: Tx, execution_id: string): Promise<Movement> {
    const locked = await lockExecutions(tx, [[execution_id]]);
    if (locked.length === 0) {
      throw new DomainError('execution_not_found', `There is no execution ${execution_id}.`, {
        execution_id,
      });
    }
    return new Movement(locked);
  }

  private async cancelOpen(
    tx: Tx,
    found: readonly { execution_id: string }[],
    reason: string,
  ): Promise<void> {
    if (found.length === 0) return;
    const movement = new Movement(
      await lockExecutions(tx, [found.map(({ execution_id }) => execution_id)]),
    );
    await this.endAll(tx, movement, 'cancelled', reason);
  }

  private async endAll(
    tx: Tx,
    movement: Movement,
    status: 'cancelled',
    reason: string,
  ): Promise<void> {
    const open = [...movement.executions.values()].filter(isOpen);
    await this.progress.endEarly(tx, movement, open, status, reason);
    await this.progress.advance(tx, movement);
  }
}

/** An execution of a single task is no parallel work: it does not wait. Where points are to be judged, it begins apart. */
export function beginningOf({ graph }: Pick<ExecutionSpec, 'graph'>): 'running' | 'waiting' {
  return graph.tasks.length === 1 && graph.synchronization_points.length === 0
    ? 'running'
    : 'waiting';
}

function createdOf({ spec, beginning, told }: NewExecution): CreatedExecution {
  const { execution_id, step_execution_id, graph } = spec;
  const [task] = graph.tasks;
  const handler = task?.handler;
  return {
    execution_id,
    step_execution_id: told ? null : step_execution_id,
    overall_status:
      typeof beginning === 'object'
        ? beginning.overall_status
        : beginning === 'running'
          ? 'running'
          : 'initializing',
    took_place: false,
    released:
      beginning === 'running'
        ? [
            {
              handler_kind: handlerKind(handler),
              delay_ms: handler?.type === 'delay' ? handler.duration_ms : 0,
            },
          ]
        : [],
  };
}
