import { Injectable } from '@nestjs/common';

import { nextLabel, type WorkflowDefinition } from '#engine/definition';
import { DomainError } from '#engine/errors';
import { newId, type Tx } from '#persistence';
import { type DefinitionRow, DefinitionStore, definitionOf } from '#runtime';

import { type CheckedDefinition, checkDefinition } from './definition-check.js';
import { nameTaken, takenAtOnce } from './definitions.errors.js';
import {
  activate,
  deactivate,
  findActiveName,
  insertVersion,
  listLabels,
  lockWorkflow,
} from './definitions.queries.js';
import { requireSeen } from './preconditions.js';

export interface Authorship {
  created_by: string;
  modification_id?: string | null;
}

export interface StoredDefinition extends Omit<
  DefinitionRow,
  'steps' | 'routing_rules' | 'approval_hierarchies' | 'uncommitted'
> {
  definition: WorkflowDefinition;
}

/**
 * Versions of workflows, for every feature that makes or reads them. Each method works in the caller's transaction. A
 * version never changes: a change is a new one.
 */
@Injectable()
export class DefinitionsService {
  constructor(private readonly store: DefinitionStore) {}

  /**
   * Stores a new workflow as version 1. The definition has no faults.
   * @throws ValidationError workflow_name_taken, when another came first
   */
  async createWorkflow(
    tx: Tx,
    definition: WorkflowDefinition,
    authorship: Authorship,
  ): Promise<{ workflow_id: string; created_at: Date }> {
    const workflow_id = newId();
    const created_at = await this.insert(tx, workflow_id, 1, definition, authorship);
    return { workflow_id, created_at };
  }

  /**
   * Stores a further version, inactive until `setCurrentVersion`. It keeps its label when that is new to the workflow;
   * else the label is counted up. The definition has no faults.
   * @throws DomainError workflow_not_found
   */
  async publishVersion(
    tx: Tx,
    workflow_id: string,
    definition: WorkflowDefinition,
    authorship: Authorship,
  ): Promise<{ version_number: number; version: string; created_at: Date }> {
    await this.lock(tx, workflow_id);
    const versions = await listLabels(tx, [workflow_id]);
    const taken = new Set(versions.map((known) => known.version));
    const { version: label } = definition;
    const version = taken.has(label) ? nextLabel(label, taken) : label;
    const version_number = Math.max(...versions.map((known) => known.version_number)) + 1;
    const stored = { ...definition, version, is_active: false };
    const created_at = await this.insert(tx, workflow_id, version_number, stored, authorship);
    return { version_number, version, created_at };
  }

  /**
   * New instances start with this version from now on; running ones stay on theirs.
   * @throws DomainError version_not_found; ValidationError workflow_name_taken
   */
  async setCurrentVersion(tx: Tx, workflow_id: string, version_number: number): Promise<void> {
    await this.lock(tx, workflow_id);
    await deactivate(tx, [workflow_id, version_number]);
    const [active] = await takenAtOnce(() => activate(tx, [workflow_id, version_number]));
    if (active) return;
    throw new DomainError(
      'version_not_found',
      `Workflow ${workflow_id} has no version ${version_number}; see its versions.`,
      { workflow_id, version_number },
    );
  }

  /** No new instances from now on; running ones go on. @throws DomainError workflow_not_found, workflow_inactive */
  async deactivateWorkflow(tx: Tx, workflow_id: string): Promise<{ version_number: number }> {
    await this.lock(tx, workflow_id);
    const [version] = await deactivate(tx, [workflow_id, null]);
    if (version) return version;
    throw new DomainError('workflow_inactive', 'The workflow is not active already.', {
      workflow_id,
    });
  }

  /** One version, the current one when none is named. @throws DomainError workflow_not_found, version_not_found */
  async readDefinition(
    tx: Tx,
    workflow_id: string,
    version_number?: number,
  ): Promise<StoredDefinition> {
    const row = await this.store.readRow(tx, workflow_id, version_number);
    const { steps, routing_rules, approval_hierarchies, uncommitted, ...fields } = row;
    return { ...fields, definition: definitionOf(row) };
  }

  /** All faults of a definition, of shape and of meaning: see `checkDefinition`. */
  check(body: unknown, defaultTimeoutHours: number): Promise<CheckedDefinition> {
    return checkDefinition(body, defaultTimeoutHours);
  }

  /** @throws DomainError precondition_failed, when `If-Match` is sent and names another state than the current one */
  requireMatch(ifMatch: string | undefined, current: StoredDefinition): void {
    if (ifMatch !== undefined) requireSeen(ifMatch, current);
  }

  /** @throws ValidationError workflow_name_taken, when another active workflow has the name */
  async requireFreeName(tx: Tx, name: string, but_workflow_id: string | null): Promise<void> {
    const [taken] = await findActiveName(tx, [name, but_workflow_id]);
    if (taken) throw nameTaken();
  }

  /** One change of a workflow's versions at a time. @throws DomainError workflow_not_found */
  async lock(tx: Tx, workflow_id: string): Promise<void> {
    const [first] = await lockWorkflow(tx, [workflow_id]);
    if (!first) await this.store.currentVersion(tx, workflow_id);
  }

  private async insert(
    tx: Tx,
    workflow_id: string,
    version_number: number,
    definition: WorkflowDefinition,
    { created_by, modification_id = null }: Authorship,
  ): Promise<Date> {
    const { steps, routing_rules, approval_hierarchies, ...fields } = definition;
    const [inserted] = await takenAtOnce(() =>
      insertVersion(tx, [
        workflow_id,
        version_number,
        JSON.stringify(fields),
        JSON.stringify(steps.map((step) => ({ ...step, step_config_id: newId() }))),
        JSON.stringify(routing_rules.map((rule, position) => ({ ...rule, position }))),
        JSON.stringify(approval_hierarchies.map((l) => ({ ...l, hierarchy_id: newId() }))),
        created_by,
        modification_id,
      ]),
    );
    if (!inserted) throw new Error(`version ${version_number} of ${workflow_id} was not inserted`);
    return inserted.created_at;
  }
}
