import { Injectable } from '@nestjs/common';

import {
  type DefinitionDiff,
  diffDefinitions,
  editDefinition,
  type ImpactAnalysis,
  impactOf,
  type ModificationType,
  type StepMapping,
  type WorkflowDefinition,
} from '#engine/definition';
import { DomainError, type Fault, ValidationError } from '#engine/errors';
import type { JsonObject } from '#engine/graph';
import type { Tx } from '#persistence';
import { AppConfig } from '#platform/config';
import { isClientId } from '#platform/http';

import { DefinitionsService, type StoredDefinition } from '../definitions/definitions.service.js';
import { type Fate, fatesOf, type Position } from './fates.js';
import type { ApplyTo, StepModificationRequest } from './modification.dto.js';
import { readMoveSpeed, readNamedInstances, readPositions } from './modification.queries.js';
import { mappingFaults, mappingOf } from './step-mapping-check.js';

/** A change as it is asked for, now or when it was stored. */
export interface ChangeAsked {
  workflow_id: string;
  modification_type: ModificationType;
  step_modifications: StepModificationRequest[];
  global_changes: JsonObject;
  apply_to: ApplyTo;
  step_mapping: Record<string, unknown>;
}

/** A change worked out against the definition that is current now. */
export interface Plan {
  current: StoredDefinition;
  /** The changed definition; null: an emergency bypass, which changes none. */
  after: WorkflowDefinition | null;
  diff: DefinitionDiff;
  step_mapping: StepMapping;
  positions: Position[];
  impact: ImpactAnalysis;
}

const REQUEST = '/workflow_modification';

/** Works out what a change would do, and writes nothing. */
@Injectable()
export class ModificationPlanner {
  constructor(
    private readonly definitions: DefinitionsService,
    private readonly config: AppConfig,
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

  /** What happens to the open instances, position by position. */
  async fates(tx: Tx, { current, after, step_mapping, positions }: Plan): Promise<Fate[]> {
    const versions = new Map([[current.version_number, current.definition]]);
    for (const { version_number } of positions) {
      if (versions.has(version_number)) continue;
      const { definition } = await this.definitions.readDefinition(
        tx,
        current.workflow_id,
        version_number,
      );
      versions.set(version_number, definition);
    }
    return fatesOf(positions, versions, after, step_mapping);
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
    const faults = this.migrationFaults(asked, current.definition, after);
    const diff = diffDefinitions(current.definition, after);
    if (diff.changes.length === 0) faults.push(NO_CHANGE);
    if (faults.length > 0) throw new ValidationError(faults);
    const rows = await readPositions(tx, [current.workflow_id, null]);
    const positions = rows.map(({ named, nearest_deadline, ...position }) => ({
      ...position,
      moving: asked.apply_to === 'all' ? position.instances : 0,
    }));
    const impact = await this.impact(tx, { current, after, diff, rows, positions, bypassed: [] });
    const step_mapping = mappingOf(asked.step_mapping);
    return { current, after, diff, step_mapping, positions, impact };
  }

  private async planBypass(tx: Tx, asked: ChangeAsked, current: StoredDefinition): Promise<Plan> {
    const { faults } = editDefinition(current.definition, asked);
    const names = namedInstances(asked.global_changes);
    faults.push(...(await this.nameFaults(tx, asked)));
    faults.push(...this.migrationFaults(asked, current.definition, current.definition));
    const bypassed = asked.step_modifications.map(({ step_id }) => step_id);
    const rows = await readPositions(tx, [current.workflow_id, names]);
    const positions = rows.map(({ named, nearest_deadline, ...position }) => ({
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
    const impact = await this.impact(tx, { current, after, diff, rows, positions, bypassed });
    return { current, after: null, diff, step_mapping: {}, positions, impact };
  }

  /** @throws ValidationError */
  private async edited(
    asked: ChangeAsked,
    before: WorkflowDefinition,
  ): Promise<WorkflowDefinition> {
    const { draft, faults, pointerOf } = editDefinition(before, asked);
    const checked = await this.definitions.check(draft, before.global_timeout_hours);
    const mapped = checked.faults.map((fault) => ({ ...fault, pointer: pointerOf(fault.pointer) }));
    const all = unique([...faults, ...mapped]);
    if (all.length > 0 || !checked.definition) throw new ValidationError(all);
    return checked.definition;
  }

  private migrationFaults(
    { apply_to, step_mapping, modification_type }: ChangeAsked,
    before: WorkflowDefinition,
    after: WorkflowDefinition,
  ): Fault[] {
    if (Object.keys(step_mapping).length === 0) return [];
    if (apply_to === 'all' && modification_type !== 'emergency_bypass') {
      return mappingFaults(step_mapping, before, after);
    }
    const message = 'Instances are only mapped when they are moved: send apply_to "all" with it.';
    return [{ pointer: '/migration/step_mapping', code: 'misplaced_field', message }];
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

  private async impact(
    tx: Tx,
    facts: {
      current: StoredDefinition;
      after: WorkflowDefinition;
      diff: DefinitionDiff;
      rows: readonly { nearest_deadline: Date | null }[];
      positions: readonly Position[];
      bypassed: string[];
    },
  ): Promise<ImpactAnalysis> {
    const [speed] = await readMoveSpeed(tx, [facts.current.workflow_id]);
    const deadlines = facts.rows.flatMap(({ nearest_deadline }, index) =>
      nearest_deadline && (facts.positions[index]?.moving ?? 0) > 0
        ? [nearest_deadline.toISOString()]
        : [],
    );
    return impactOf({
      before: facts.current.definition,
      after: facts.after,
      changes: facts.diff.changes,
      bypassed: facts.bypassed,
      positions: facts.positions,
      nearest_deadline: deadlines.sort()[0] ?? null,
      measured:
        speed && speed.ms_an_instance !== null
          ? { instances: speed.instances, ms_an_instance: speed.ms_an_instance }
          : null,
      approval_required_for_high_impact: this.config.settings.approval_required_for_high_impact,
    });
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
