import { Injectable } from '@nestjs/common';

import { type CompiledDefinition, compileDefinition } from '#engine/definition';
import { DomainError } from '#engine/errors';
import type { Tx } from '#persistence';

import { definitionOf } from './definition-rows.js';
import { type DefinitionRow, selectCurrentVersion, selectVersion } from './definitions.queries.js';
import { ofPresentTenant } from '#platform/tenancy';

/** Versions kept ready; the one used longest ago goes first. A compiled version takes some 10 to 100 kB. */
const CAPACITY = 500;

/** Definitions as instances need them: read and compiled once, since a version never changes. */
@Injectable()
export class DefinitionStore {
  private readonly compiled = new Map<string, CompiledDefinition>();

  /**
   * One version, the current one when none is named, ready to decide with. Its `definition.is_active` is as it was
   * when it was read; what is active now says `currentVersion`.
   * @throws DomainError workflow_not_found, version_not_found
   */
  async load(tx: Tx, workflow_id: string, version_number?: number): Promise<CompiledDefinition> {
    const version = version_number ?? (await this.currentVersion(tx, workflow_id)).version_number;
    const key = ofPresentTenant(`${workflow_id}/${version}`);
    const known = this.compiled.get(key);
    if (known) {
      this.keep(key, known);
      return known;
    }
    const row = await this.readRow(tx, workflow_id, version);
    const compiled = compileDefinition(
      { workflow_id, version_number: row.version_number },
      definitionOf(row),
    );
    if (!row.uncommitted) this.keep(key, compiled);
    return compiled;
  }

  /** The active version of a workflow, else its latest. @throws DomainError workflow_not_found */
  async currentVersion(
    tx: Tx,
    workflow_id: string,
  ): Promise<{ version_number: number; is_active: boolean }> {
    const [row] = await selectCurrentVersion(tx, [workflow_id]);
    if (!row) throw workflowNotFound(workflow_id);
    return row;
  }

  /** One version as it stands in the tables, the current one when none is named. @throws DomainError as `load` */
  async readRow(tx: Tx, workflow_id: string, version_number?: number): Promise<DefinitionRow> {
    const version = version_number ?? (await this.currentVersion(tx, workflow_id)).version_number;
    const [row] = await selectVersion(tx, [workflow_id, version]);
    if (row) return row;
    await this.currentVersion(tx, workflow_id);
    throw new DomainError(
      'version_not_found',
      `Workflow ${workflow_id} has no version ${version}; see its versions.`,
      { workflow_id, version_number: version },
    );
  }

  private keep(key: string, compiled: CompiledDefinition): void {
    this.compiled.delete(key);
    this.compiled.set(key, compiled);
    if (this.compiled.size <= CAPACITY) return;
    const [oldest] = this.compiled.keys();
    if (oldest !== undefined) this.compiled.delete(oldest);
  }
}

function workflowNotFound(workflow_id: string): DomainError {
  return new DomainError(
    'workflow_not_found',
    `There is no workflow ${workflow_id}; create it first, or list those there are.`,
    { workflow_id },
  );
}
