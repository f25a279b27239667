import { Injectable } from '@nestjs/common';

import { DomainError, type Fault, ValidationError } from '#engine/errors';
import { Database, type Tx } from '#persistence';
import type { Principal } from '#platform/auth';
import { decodeCursor, keepBody, type Page, pageOf, presentClaim } from '#platform/http';
import {
  DefinitionStore,
  ExecutionRepair,
  type ExecutionSpec,
  ExecutionRuntime,
  InstanceRuntime,
  readOpenTasks,
} from '#runtime';

import { checkExecute } from './execute-check.js';
import { executionView } from './execution-view.js';
import type {
  ExecuteRequest,
  ExecutionView,
  SynchronizationPoints,
  TasksQuery,
  TaskView,
} from './parallel.dto.js';
import {
  listPoints,
  listTasks,
  lockPlace,
  type PlaceRow,
  readExecution,
  readWorkflow,
} from './parallel.queries.js';

/** Executions of task graphs as clients start, read and steer them. */
@Injectable()
export class ParallelService {
  constructor(
    private readonly database: Database,
    private readonly executions: ExecutionRuntime,
    private readonly repairs: ExecutionRepair,
    private readonly instances: InstanceRuntime,
    private readonly definitions: DefinitionStore,
  ) {}

  /**
   * @param body checked here, so that faults of its fields, of its graph and of its workflow go into one answer
   * @throws ValidationError; DomainError execution_exists, instance_not_running
   */
  async execute(body: unknown, principal: Principal): Promise<ExecutionView> {
    const { request, workflow_id, faults } = await checkExecute(body);
    const named = faults.every(({ pointer }) => pointer !== '/workflow_id');
    const all = [...(named ? await this.workflowFaults(workflow_id) : []), ...faults];
    if (!request || workflow_id === null || all.length > 0) throw new ValidationError(all);
    const { execution_id, waits } = await this.database.transaction(async (tx) => {
      const place = await this.placeOf(tx, { ...request, workflow_id }, principal.id);
      const created = await this.executions.create(tx, specOf({ ...request, workflow_id }, place));
      await this.keep(tx, created.execution_id);
      return created;
    });
    if (waits) await this.executions.admitted();
    return this.read(execution_id);
  }

  /** @throws DomainError execution_not_found */
  read(execution_id: string): Promise<ExecutionView> {
    return this.view(this.database.read, execution_id);
  }

  async tasks(execution_id: string, { limit, cursor }: TasksQuery): Promise<Page<TaskView>> {
    const [after] = cursor === undefined ? [-1] : decodeCursor(cursor, ['integer']);
    const rows = await listTasks(this.database.read, [execution_id, after ?? -1, limit + 1]);
    if (rows.length === 0) await this.read(execution_id);
    return pageOf(
      rows,
      limit,
      (row) => [row.ordinal],
      ({ ordinal: _, ...task }) => task,
    );
  }

  /** @throws DomainError execution_not_found */
  async points(execution_id: string): Promise<SynchronizationPoints> {
    const items = await listPoints(this.database.read, [execution_id]);
    if (items.length === 0) await this.read(execution_id);
    return { items };
  }

  /** @throws DomainError execution_not_found, execution_ended */
  cancel(execution_id: string, reason: string): Promise<ExecutionView> {
    return this.change(execution_id, (tx) => this.executions.cancel(tx, execution_id, reason));
  }

  /** @throws DomainError execution_not_found, execution_not_failed, execution_ended, instance_not_running */
  retry(execution_id: string): Promise<ExecutionView> {
    return this.change(execution_id, (tx) => this.repairs.retry(tx, execution_id));
  }

  private async change(
    execution_id: string,
    work: (tx: Tx) => Promise<void>,
  ): Promise<ExecutionView> {
    await this.database.transaction(async (tx) => {
      await work(tx);
      await this.keep(tx, execution_id);
    });
    await this.executions.admitted();
    return this.read(execution_id);
  }

  /** The answer tells what follows from the commit, too; where the process dies before that, this one is given. */
  private async keep(tx: Tx, execution_id: string): Promise<void> {
    if (presentClaim()) await keepBody(tx, await this.view(tx, execution_id));
  }

  private async view(tx: Tx, execution_id: string): Promise<ExecutionView> {
    const [row] = await readExecution(tx, [execution_id]);
    if (!row) throw notFound(execution_id);
    const open = row.overall_status === 'running' ? await readOpenTasks(tx, [[execution_id]]) : [];
    return executionView(row, open);
  }

  private async workflowFaults(workflow_id: string | null): Promise<Fault[]> {
    if (workflow_id === null) {
      const message =
        'There is no such workflow; workflow_id is the UUID that creating it answered.';
      return [{ pointer: '/workflow_id', code: 'workflow_not_found', message }];
    }
    const [workflow] = await readWorkflow(this.database.read, [workflow_id]);
    if (workflow?.is_active) return [];
    return [
      workflow
        ? {
            pointer: '/workflow_id',
            code: 'workflow_inactive',
            message: 'The workflow is not active; activate it to execute tasks for it.',
          }
        : {
            pointer: '/workflow_id',
            code: 'workflow_not_found',
            message: `There is no workflow ${workflow_id}.`,
          },
    ];
  }

  /** Where the instance stands; one that is first mentioned is made, standing at the step that the tasks belong to. */
  private async placeOf(tx: Tx, request: ExecuteRequest, actor: string): Promise<PlaceRow> {
    const { workflow_id, workflow_instance_id } = request;
    let [place] = await lockPlace(tx, [workflow_id, workflow_instance_id]);
    if (!place) {
      const at_step_id = await this.stepOf(tx, request);
      const start = { workflow_id, workflow_instance_id, data: {}, at_step_id, actor };
      const [started] = await this.instances.startMany(tx, [start]);
      // somebody else who mentioned it at the same time was first: it is theirs that is locked then
      if (started instanceof DomainError && started.code !== 'instance_exists') throw started;
      [place] = await lockPlace(tx, [workflow_id, workflow_instance_id]);
    }
    if (place?.status !== 'running') {
      throw new DomainError(
        'instance_not_running',
        'Tasks can be executed only for a running instance.',
        {
          workflow_instance_id,
          status: place?.status,
        },
      );
    }
    return place;
  }

  /** The first step of the workflow that a task names; without one, its first parallel step. */
  private async stepOf(
    tx: Tx,
    { workflow_id, tasks }: ExecuteRequest,
  ): Promise<string | undefined> {
    const definition = await this.definitions.load(tx, workflow_id);
    const named = tasks.find((task) => definition.step(task.step_id));
    return (
      named?.step_id ?? definition.steps.find((step) => step.step_type === 'parallel')?.step_id
    );
  }
}

/** The execution does the work of the instance's current step where that is a parallel one that waits for it. */
function specOf(request: ExecuteRequest, place: PlaceRow): ExecutionSpec {
  const { execution_id, workflow_id, workflow_instance_id, ...graph } = request;
  const binds = place.step_type === 'parallel' && !place.occupied;
  return {
    ...(execution_id && { execution_id }),
    workflow_id,
    workflow_instance_id,
    version_number: place.version_number,
    instance_id: place.instance_id,
    step_execution_id: binds ? place.step_execution_id : null,
    step_id: binds ? place.step_id : null,
    data: place.data,
    graph,
  };
}

export function notFound(execution_id: string): DomainError {
  return new DomainError('execution_not_found', `There is no execution ${execution_id}.`, {
    execution_id,
  });
}
