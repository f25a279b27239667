import { Injectable } from '@nestjs/common';

import type { CompiledDefinition } from '#engine/definition';
import { DomainError } from '#engine/errors';
import { compile } from '#engine/expression';
import {
  type Command,
  decide,
  DEFAULT_MAX_STEP_ENTRIES,
  type Facts,
  type InstanceEvent,
  type InstanceState,
  NEW_INSTANCE,
} from '#engine/instance';
import { afterCommit, newId, type Tx } from '#persistence';
import { correlationId } from '#platform/logging';

import { DefinitionStore } from '../definitions/definition-store.js';
import { stepChanges } from './changes.js';
import { InstanceEffects } from './instance-effects.js';
import { InstanceWatch } from './instance-watch.js';
import {
  insertInstance,
  insertVote,
  type InstanceRow,
  lockInstance,
  lockInstanceById,
  type OverrideRow,
  readStartFacts,
  writeDecision,
} from './instances.queries.js';
import { TreeStore } from './tree-store.js';

export type InstanceReference =
  { workflow_id: string; workflow_instance_id: string } | { instance_id: string };

/** An instance after a command. */
export interface InstanceChange {
  instance_id: string;
  workflow_id: string;
  workflow_instance_id: string;
  version_number: number;
  state: InstanceState;
  events: readonly InstanceEvent[];
}

export interface StartRequest {
  workflow_id: string;
  /** The client's own id; left out, the server's is used. */
  workflow_instance_id?: string | undefined;
  data: Record<string, unknown>;
  /** Where it stands when a client's own instance is first mentioned. */
  at_step_id?: string | undefined;
  actor: string;
}

interface Pinned extends Pick<InstanceRow, 'instance_id' | 'workflow_id' | 'workflow_instance_id'> {
  last_sequence: number;
  actor: string;
}

/** The one door (design.md §1): an instance changes only here. Lock, decide, write, all in the caller's transaction. */
@Injectable()
export class InstanceRuntime {
  constructor(
    private readonly definitions: DefinitionStore,
    private readonly trees: TreeStore,
    private readonly effects: InstanceEffects,
    private readonly watch: InstanceWatch,
  ) {}

  /** @throws DomainError workflow_not_found, workflow_inactive, instance_exists, step_not_found */
  async start(tx: Tx, request: StartRequest): Promise<InstanceChange> {
    const { workflow_id, actor } = request;
    const [found] = await readStartFacts(tx, [workflow_id]);
    if (!found) {
      throw new DomainError('workflow_not_found', `There is no workflow ${workflow_id}.`, {
        workflow_id,
      });
    }
    if (!found.is_active) {
      throw new DomainError(
        'workflow_inactive',
        'The workflow is not active; activate it to start instances.',
        {
          workflow_id,
        },
      );
    }
    const definition = await this.definitions.load(tx, workflow_id, found.version_number);
    const instance_id = newId();
    const workflow_instance_id = request.workflow_instance_id ?? instance_id;
    const [inserted] = await insertInstance(tx, [
      instance_id,
      workflow_id,
      found.version_number,
      workflow_instance_id,
      actor,
      definition.definition.global_timeout_hours,
    ]);
    if (!inserted) {
      throw new DomainError(
        'instance_exists',
        `The workflow already has an instance ${workflow_instance_id}.`,
        {
          workflow_id,
          workflow_instance_id,
        },
      );
    }
    const { data, at_step_id } = request;
    const command: Command = {
      type: 'start',
      data,
      ...(at_step_id !== undefined && { at_step_id }),
    };
    const pinned = { instance_id, workflow_id, workflow_instance_id, last_sequence: 0, actor };
    return this.carryOut(tx, pinned, definition, NEW_INSTANCE, command, found);
  }

  /**
   * @throws DomainError instance_not_found, or the engine's rejection of the command
   */
  async apply(
    tx: Tx,
    reference: InstanceReference,
    command: Exclude<Command, { type: 'start' }>,
    actor: string,
  ): Promise<InstanceChange> {
    const row = await lock(tx, reference);
    if (command.type === 'migrate' && command.from_version !== row.version_number) {
      throw new DomainError(
        'modification_not_applicable',
        `The instance runs on version ${row.version_number}, not on ${command.from_version}.`,
        { version_number: row.version_number },
      );
    }
    // a migration is decided on the version that it leads to
    const version = command.type === 'migrate' ? command.to_version : row.version_number;
    const definition = await this.definitions.load(tx, row.workflow_id, version);
    return this.carryOut(tx, { ...row, actor }, definition, stateOf(row), command, row);
  }

  private async carryOut(
    tx: Tx,
    instance: Pinned,
    definition: CompiledDefinition,
    before: InstanceState,
    command: Command,
    read: { now: number; overrides: readonly OverrideRow[] },
  ): Promise<InstanceChange> {
    const facts: Facts = {
      now: read.now,
      newId,
      overrides: read.overrides.map((override) => ({
        ...override,
        condition: compile(override.condition_expression),
      })),
      trees: await this.trees.load(tx, definition),
      max_step_entries: DEFAULT_MAX_STEP_ENTRIES,
    };
    const decision = decide(definition, before, command, facts);
    if ('rejection' in decision) throw decision.rejection;
    const { events, state } = decision;
    await write(tx, instance, definition, before, { events, state });
    if (command.type === 'decide_approval') await recordVote(tx, instance, events, command);
    await this.effects.carryOut(tx, instance, definition, state, events);
    if (state.status !== 'running' && state.status !== 'suspended') {
      afterCommit(tx, () => this.watch.ended(instance.instance_id));
    }
    return {
      instance_id: instance.instance_id,
      workflow_id: instance.workflow_id,
      workflow_instance_id: instance.workflow_instance_id,
      version_number: definition.version_number,
      state,
      events,
    };
  }
}

async function lock(tx: Tx, reference: InstanceReference): Promise<InstanceRow> {
  const [row] =
    'instance_id' in reference
      ? await lockInstanceById(tx, [reference.instance_id])
      : await lockInstance(tx, [reference.workflow_id, reference.workflow_instance_id]);
  if (!row) {
    throw new DomainError('instance_not_found', 'There is no such instance of this workflow.', {
      ...reference,
    });
  }
  return row;
}

function stateOf(row: InstanceRow): InstanceState {
  const { status, outcome, end_reason, data, current_step, step_entries, total_entries } = row;
  return { status, outcome, end_reason, data, current: current_step, step_entries, total_entries };
}

async function write(
  tx: Tx,
  instance: Pinned,
  definition: CompiledDefinition,
  before: InstanceState,
  { events, state }: { events: readonly InstanceEvent[]; state: InstanceState },
): Promise<void> {
  const { current, ...columns } = state;
  const changed = {
    ...columns,
    instance_id: instance.instance_id,
    workflow_id: instance.workflow_id,
    version_number: definition.version_number,
    current_step: current,
    last_sequence: instance.last_sequence + events.length,
  };
  await writeDecision(tx, [
    JSON.stringify(changed),
    JSON.stringify(stepChanges(definition, before, events, instance.actor)),
    JSON.stringify(
      events.map((event, index) => eventRow(event, instance.last_sequence + index + 1)),
    ),
    instance.actor,
    correlationId() ?? null,
  ]);
}

function eventRow({ type, ...payload }: InstanceEvent, sequence: number): Record<string, unknown> {
  const step_id = 'step_id' in payload ? payload.step_id : null;
  return { sequence, event_type: type, step_id, payload };
}

async function recordVote(
  tx: Tx,
  { instance_id }: Pinned,
  events: readonly InstanceEvent[],
  { approver, comment }: Extract<Command, { type: 'decide_approval' }>,
): Promise<void> {
  for (const event of events) {
    if (event.type !== 'approval_decided') continue;
    await insertVote(tx, [
      newId(),
      event.step_execution_id,
      instance_id,
      event.level,
      event.decision,
      approver.id,
      comment,
      JSON.stringify({ ...approver }),
    ]);
  }
}
