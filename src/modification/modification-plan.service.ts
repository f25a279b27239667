import { Injectable } from '@nestjs/common';

import {
  type DefinitionDiff,
  type DefinitionEdit,
  diffDefinitions,
  editDefinition,
  type ImpactAnalysis,
  type ModificationType,
  type WorkflowDefinition,
} from '#engine/definition';
import { DomainError, type Fault, ValidationError } from '#engine/errors';
import type { JsonObject } from '#engine/graph';
import type { Finding } from '#engine/soundness';
import type { Tx } from '#persistence';
import { isClientId } from '#platform/http';

import { DefinitionsService, type StoredDefinition } from '../definitions/definitions.service.js';
import type { Position } from './moves/fates.js';
import { ImpactReader, type PlannedChange } from './impact/impact-facts.service.js';
import type { StepModificationRequest } from './modification.dto.js';
import { mappingFaults } from './moves/migration-check.js';
import type { ApplyTo, Migration } from './moves/migration-plan.js';
import { readNamedInstances, readPositions } from './modification.queries.js';
import { type Change, conflictOf } from './open-changes.js';
import { listOpenChanges } from './open-changes.queries.js';
import { newFindings } from './impact/soundness-change.js';
import { survey } from './impact/survey.js';

/** A change as it is asked for, now or when it was stored. */
export interface ChangeAsked {
  /** Of one that is stored. */
  modification_id?: string | null;
  workflow_id: string;
  modification_type: ModificationType;
  step_modifications: StepModificationRequest[];
  global_changes: JsonObject;
  apply_to: ApplyTo;
  migration: Migration;
}

/** A change worked out against the definition that is current now. */
export interface Plan {
  current: StoredDefinition;
  /** The changed definition; null: an emergency bypass, which changes none. */
  after: WorkflowDefinition | null;
  diff: DefinitionDiff;
  migration: Migration;
  positions: Position[];
  /** What is unsound about it and was not before. */
  unsound: Finding[];
  /** Positions of running instances from which no way would lead to the end after the move, and now one does. */
  stranded: Finding[];
  impact: ImpactAnalysis;
}

const REQUEST = '/workflow_modification';
/** More are looked at when they are applied themselves. */
const MOST_OPEN = 20;

/** Works out what a change would do, and writes nothing. */
@Injectable()
export class ModificationPlanner {
  constructor(
    private readonly definitions: DefinitionsService,
    private readonly impacts: ImpactReader,
  ) {}

  /**
   * @throws ValidationError with every fault of the change, at its place in the request
   * @throws DomainError workflow_not_found, workflow_inactive
   */
  async plan(tx: Tx, asked: ChangeAsked): Promise<Plan> {
    const current = await this.definitions.readDefinition(tx, asked.workflow_id);
    return asked.modification_type === 'emergency_bypass'
      ? this.planBypass(tx, asked, current)
      : this.planEdit(tx, asked, current);
  }

  private async planEdit(tx: Tx, asked: ChangeAsked, current: StoredDefinition): Promise<Plan> {
    if (!current.is_active) {
      throw new DomainError(
        'workflow_inactive',
        'The workflow is not active; activate it before you modify it.',
        { workflow_id: current.workflow_id },
      );
    }
    const after = await this.edited(asked, current.definition);
    const { migration } = asked;
    const faults = mappingFaults(migration.step_mapping, current.definition, after);
    const diff = diffDefinitions(current.definition, after);
    if (diff.changes.length === 0) faults.push(NO_CHANGE);
    if (faults.length > 0) throw new ValidationError(faults);
    return this.planned(tx, {
      current,
      after,
      diff,
      migration,
      ...(await survey(tx, current.workflow_id, asked.apply_to, migration.filter)),
      bypassed: [],
      unsound: newFindings(current.definition, after),
      conflicts: await this.conflicts(tx, asked, current.definition),
    });
  }

  private async planBypass(tx: Tx, asked: ChangeAsked, current: StoredDefinition): Promise<Plan> {
    const { faults } = editDefinition(current.definition, asked);
    const names = namedInstances(asked.global_changes);
    faults.push(...(await this.nameFaults(tx, asked)));
    const bypassed = asked.step_modifications.map(({ step_id }) => step_id);
    const rows = await readPositions(tx, [current.workflow_id, names]);
    const positions = rows.map(({ named, ...position }) => ({
      ...position,
      moving: position.step_id !== null && bypassed.includes(position.step_id) ? named : 0,
    }));
    if (faults.length === 0 && positions.every(({ moving }) => moving === 0)) {
      faults.push({
        pointer: REQUEST,
        code: 'no_change',
        message: 'None of those instances stands at a step that is to be bypassed.',
      });
    }
    if (faults.length > 0) throw new ValidationError(faults);
    const diff: DefinitionDiff = {
      changes: [],
      sentences: bypassed.map(
        (step_id) => `Instances that stand at ${step_id} leave it as bypassed.`,
      ),
    };
    const after = current.definition;
    const { migration } = asked;
    const change = { current, after, diff, migration, positions, samples: [], bypassed };
    const plan = await this.planned(tx, { ...change, unsound: [], conflicts: [] });
    return { ...plan, after: null };
  }

  private async planned(
    tx: Tx,
    change: Omit<PlannedChange, 'unsound'> & { unsound: Finding[] },
  ): Promise<Plan> {
    const { current, after, diff, migration, positions, unsound } = change;
    const words = unsound.map(({ message }) => message);
    const { impact, stranded } = await this.impacts.impact(tx, { ...change, unsound: words });
    return {
      current,
      after,
      diff,
      migration,
      positions: positions.map(({ nearest_deadline, ...position }) => position),
      unsound,
      stranded,
      impact,
    };
  }

  /** Other open modifications of the workflow that this one does not go together with, in words. */
  private async conflicts(
    tx: Tx,
    asked: ChangeAsked,
    definition: WorkflowDefinition,
  ): Promise<string[]> {
    const changeBy =
      (edit: DefinitionEdit): Change =>
      async (before) => {
        try {
          return await this.edited(edit, before);
        } catch (error) {
          if (error instanceof ValidationError) return null;
          throw error;
        }
      };
    const id = asked.modification_id ?? null;
    const open = await listOpenChanges(tx, [asked.workflow_id, id, MOST_OPEN]);
    const conflicts: string[] = [];
    for (const { modification_id, modification_type, modification_details } of open) {
      const other = changeBy({ modification_type, ...modification_details });
      const conflict = await conflictOf(definition, changeBy(asked), other, modification_id);
      if (conflict !== null) conflicts.push(conflict);
    }
    return conflicts;
  }

  /** @throws ValidationError */
  private async edited(
    asked: DefinitionEdit,
    before: WorkflowDefinition,
  ): Promise<WorkflowDefinition> {
    const { draft, faults, pointerOf } = editDefinition(before, asked);
    const checked = await this.definitions.check(draft, before.global_timeout_hours);
    const mapped = checked.faults.map((fault) => ({ ...fault, pointer: pointerOf(fault.pointer) }));
    const all = unique([...faults, ...mapped]);
    if (all.length > 0 || !checked.definition) throw new ValidationError(all);
    return checked.definition;
  }

  private async nameFaults(tx: Tx, { workflow_id, global_changes }: ChangeAsked): Promise<Fault[]> {
    const sent = global_changes['workflow_instance_ids'];
    if (sent === undefined) return [];
    const pointer = `${REQUEST}/global_changes/workflow_instance_ids`;
    const names = namedInstances(global_changes);
    if (!names) {
      const message = 'workflow_instance_ids is a list of ids of instances, 1 or more.';
      return [{ pointer, code: 'is_client_id', message }];
    }
    const found = await readNamedInstances(tx, [workflow_id, names]);
    const known = new Set(found.map((row) => row.workflow_instance_id));
    return names.flatMap((name, index) =>
      known.has(name)
        ? []
        : [
            {
              pointer: `${pointer}/${index}`,
              code: 'unknown_instance',
              message: `The workflow has no instance ${name}.`,
            },
          ],
    );
  }
}

const NO_CHANGE: Fault = {
  pointer: REQUEST,
  code: 'no_change',
  message: 'The definition is already as this would make it; say what is to change.',
};

/** The instances that a bypass names; null: none in particular. */
export function namedInstances(global_changes: JsonObject): string[] | null {
  const sent = global_changes['workflow_instance_ids'];
  return Array.isArray(sent) && sent.length > 0 && sent.every(isClientId) ? sent : null;
}

function unique(faults: readonly Fault[]): Fault[] {
  const seen = new Map(faults.map((fault) => [`${fault.pointer} ${fault.code}`, fault]));
  return [...seen.values()];
}
