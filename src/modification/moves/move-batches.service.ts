import { Injectable } from '@nestjs/common';

import { stepMapping } from '#engine/definition';
import { DomainError } from '#engine/errors';
import type { Command } from '#engine/instance';
import type { MoveDirection, Tx } from '#persistence';
import { DefinitionStore, type InstanceChange, InstanceRuntime } from '#runtime';

import { MigrationPlan } from './migration-plan.js';
import { MigrationRehearsal } from './rehearsal.js';
import { migrationOfRow, type ModificationRow } from '../modification.queries.js';
import type { Candidate } from './candidates.queries.js';
import {
  holdRound,
  insertMoves,
  type InstanceSnapshot,
  lockInstances,
  type MoveRecord,
  readTaken,
  type TakenRow,
} from './moves.queries.js';

/** One way through the instances of a modification. */
export interface Round {
  row: ModificationRow;
  number: number;
  direction: MoveDirection;
  /** How long an instance of the batch before took, commit included; null: there was none. */
  elapsed_ms: number | null;
}

type MoveCommand = Extract<Command, { type: 'migrate' | 'restore' | 'bypass_step' }>;

/** What is to be done with an instance; undefined: nothing yet. */
type Planned = MoveCommand | 'leave' | DomainError | undefined;

/** Moves some instances in one transaction, and records what each was before, or why it stays. */
@Injectable()
export class MoveBatches {
  constructor(
    private readonly instances: InstanceRuntime,
    private readonly definitions: DefinitionStore,
  ) {}

  /** Instances that have ended, moved by themselves or wait are left out; all of them, where the round is over. */
  async move(tx: Tx, round: Round, candidates: readonly Candidate[]): Promise<void> {
    const begun = performance.now();
    const { row, number, direction } = round;
    const [held] = await holdRound(tx, [row.modification_id, number]);
    if (!held) return;
    const ids = candidates.map(({ instance_id }) => instance_id);
    await lockInstances(tx, [ids]);
    const taken = new Map(
      (await readTaken(tx, [row.modification_id, ids])).map((found) => [found.instance_id, found]),
    );
    const planOf = await this.planner(tx, round, candidates);
    const planned = new Map<string, Planned>();
    for (const candidate of candidates) {
      const { instance_id, from_version } = candidate;
      const instance = taken.get(instance_id);
      if (instance?.version_number !== from_version) continue;
      planned.set(instance_id, planOf(candidate, instance));
    }
    const commands = new Map<string, MoveCommand>();
    for (const [id, plan] of planned) {
      if (plan !== undefined && plan !== 'leave' && !(plan instanceof DomainError)) {
        commands.set(id, plan);
      }
    }
    const outcomes = await this.instances.applyEach(tx, commands, actorOf(round));
    const records = candidates.flatMap((candidate) => {
      const { instance_id } = candidate;
      const instance = taken.get(instance_id);
      const plan = planned.get(instance_id);
      const outcome =
        plan === 'leave' || plan instanceof DomainError ? plan : outcomes.get(instance_id);
      return instance && outcome ? [recordOf(candidate, instance, outcome)] : [];
    });
    const elapsed_ms = round.elapsed_ms ?? (performance.now() - begun) / candidates.length;
    await insertMoves(tx, [
      row.modification_id,
      number,
      direction,
      JSON.stringify(records),
      elapsed_ms,
    ]);
  }

  /** Records why an instance stays where it is. */
  async fail(tx: Tx, round: Round, candidate: Candidate, reason: string): Promise<void> {
    const { row, number, direction } = round;
    const record: MoveRecord = {
      ...candidate,
      ...UNMOVED,
      outcome: 'failed',
      error_message: reason,
    };
    const records = JSON.stringify([record]);
    await insertMoves(tx, [row.modification_id, number, direction, records, null]);
  }

  private async planner(
    tx: Tx,
    { row, number, direction }: Round,
    candidates: readonly Candidate[],
  ): Promise<(candidate: Candidate, instance: TakenRow) => Planned> {
    if (direction === 'bypass') {
      const bypassed = bypassedSteps(row);
      return (_, { current_step }) =>
        current_step && bypassed.includes(current_step.step_id)
          ? { type: 'bypass_step', step_id: current_step.step_id, reason: row.reason }
          : undefined;
    }
    const numbers = new Set(candidates.flatMap((c) => [c.from_version, c.to_version]));
    const versions = new Map(
      await Promise.all(
        [...numbers].map(async (version) => {
          const { definition } = await this.definitions.load(tx, row.workflow_id, version);
          return [version, definition] as const;
        }),
      ),
    );
    const definitionOf = (version: number) => {
      const definition = versions.get(version);
      if (!definition) throw new Error(`Version ${version} was not loaded.`);
      return definition;
    };
    if (number > 1) {
      const reason = row.rollback_reason ?? '';
      const timers = migrationOfRow(row).timers === 'keep' ? 'keep' : 'recalculate';
      return ({ from_version, to_version }, { before }) => {
        const between = { from_version, to_version, reason };
        if (before) return { type: 'restore', ...between, ...stateOf(before) };
        const step_mapping = stepMapping(definitionOf(from_version), definitionOf(to_version));
        return { type: 'migrate', ...between, step_mapping, timers };
      };
    }
    const to = {
      version_number: row.to_version ?? 0,
      definition: definitionOf(row.to_version ?? 0),
    };
    const migration = migrationOfRow(row);
    const plan = new MigrationPlan(to, migration, row.reason);
    const now = Date.now();
    const rehearsal = new MigrationRehearsal(versions, to.definition, migration, now);
    return ({ from_version }, instance) => {
      try {
        const move = plan.moveOf(instance, definitionOf(from_version), instance.now);
        if (move.kind !== 'move') return move.kind === 'leave' ? 'leave' : undefined;
        // it may have come since to where nobody stood when the change was checked
        const stranded = row.emergency_change ? null : rehearsal.strandedBy(instance);
        if (!stranded) return move.command;
        return new DomainError('modification_not_applicable', stranded.message);
      } catch (error) {
        if (error instanceof DomainError) return error as DomainError;
        throw error;
      }
    };
  }
}

const UNMOVED = {
  from_step_id: null,
  to_step_id: null,
  error_message: null,
  sequence: null,
  snapshot: null,
};

function recordOf(
  candidate: Candidate,
  { data, current_step: current, step_entries, due_at, step_due_at, timers }: TakenRow,
  outcome: InstanceChange | 'leave' | DomainError,
): MoveRecord {
  const record = { ...candidate, ...UNMOVED, from_step_id: current?.step_id ?? null };
  if (outcome === 'leave') return { ...record, outcome: 'left' };
  if (outcome instanceof DomainError) {
    return { ...record, outcome: 'failed', error_message: outcome.message };
  }
  const { state, last_sequence } = outcome;
  return {
    ...record,
    outcome: 'moved',
    to_step_id: state.current?.step_id ?? null,
    sequence: last_sequence,
    snapshot: {
      data,
      current,
      step_entries,
      due_at: due_at?.toISOString() ?? null,
      step_due_at: step_due_at?.toISOString() ?? null,
      timers,
    },
  };
}

function stateOf({ due_at, step_due_at, timers, ...state }: InstanceSnapshot) {
  return { state, deadlines: { due_at, step_due_at, ...(timers && { timers }) } };
}

function actorOf({ row, number }: Round): string {
  return (number > 1 ? row.rolled_back_by : row.applied_by) ?? 'engine';
}

export function bypassedSteps({ modification_details }: ModificationRow): string[] {
  return modification_details.step_modifications.map(({ step_id }) => step_id);
}

/** Rounds that follow the first go back and forth. */
export function directionOf({ move_round, to_version }: ModificationRow): MoveDirection {
  if (to_version === null) return 'bypass';
  return move_round % 2 === 1 ? 'forward' : 'back';
}
