import { Injectable } from '@nestjs/common';

import { definitionWarnings, type WorkflowDefinition } from '#engine/definition';
import { type Fault, ValidationError } from '#engine/errors';
import { Database, type Tx } from '#persistence';
import type { Principal } from '#platform/auth';
import { AppConfig } from '#platform/config';
import {
  decodeCursor,
  isJsonObject,
  keepBody,
  keepTagged,
  type Page,
  pageOf,
  type PageQuery,
} from '#platform/http';
import { type DefinitionRow, DefinitionStore } from '#runtime';

import { checkDefinition } from './definition-check.js';
import {
  CreatedWorkflow,
  DefinitionRemark,
  type ValidationReport,
  WorkflowSummary,
  WorkflowView,
} from './definition-views.dto.js';
import type { ListWorkflowsQuery } from './definitions.dto.js';
import { NAME_TAKEN } from './definitions.errors.js';
import { findActiveName, listVersions, listWorkflows } from './definitions.queries.js';
import { DefinitionsService } from './definitions.service.js';
import { definitionEtag, requireSeen } from './preconditions.js';
import { soundnessWarnings } from './soundness-warnings.js';

/** Workflows as clients define, read and change them. */
@Injectable()
export class WorkflowsService {
  constructor(
    private readonly database: Database,
    private readonly config: AppConfig,
    private readonly store: DefinitionStore,
    private readonly definitions: DefinitionsService,
  ) {}

  async create(body: unknown, principal: Principal): Promise<CreatedWorkflow> {
    const definition = await this.checked(body, null);
    return this.database.transaction(async (tx) => {
      const created_by = principal.id;
      const created = await this.definitions.createWorkflow(tx, definition, { created_by });
      const { workflow_id, created_at } = created;
      return keepBody(tx, CreatedWorkflow.of(workflow_id, definition, created_at));
    });
  }

  /** The same checks as `create`; nothing is stored. */
  async validate(body: unknown): Promise<ValidationReport> {
    const { definition, faults } = await this.check(body, null);
    const odd = definition ? definitionWarnings(definition) : [];
    // refusing is the contract's; whoever asks beforehand is told
    const unsound = definition && faults.length === 0 ? soundnessWarnings(definition) : [];
    const further = unsound.filter(
      ({ pointer }) => !odd.some((known) => known.pointer.startsWith(pointer)),
    );
    return {
      valid: faults.length === 0,
      errors: faults.map((fault) => DefinitionRemark.of(fault)),
      warnings: [...odd, ...further].map((fault) => DefinitionRemark.of(fault)),
    };
  }

  /** A new version; with `is_active` new instances start with it at once. */
  async publish(
    workflow_id: string,
    body: unknown,
    ifMatch: string | undefined,
    principal: Principal,
  ): Promise<{ view: WorkflowView; etag: string }> {
    const definition = await this.checked(body, workflow_id);
    return this.database.transaction(async (tx) => {
      await this.definitions.lock(tx, workflow_id);
      const current = await this.store.readRow(tx, workflow_id);
      requireSeen(ifMatch, current);
      const label = isJsonObject(body) && 'version' in body ? definition.version : current.version;
      const { version_number } = await this.definitions.publishVersion(
        tx,
        workflow_id,
        { ...definition, version: label },
        { created_by: principal.id },
      );
      if (definition.is_active) {
        await this.definitions.setCurrentVersion(tx, workflow_id, version_number);
      }
      const row = await this.store.readRow(tx, workflow_id, version_number);
      return keepTagged(tx, this.viewed(row));
    });
  }

  async read(
    workflow_id: string,
    version_number?: number,
  ): Promise<{ view: WorkflowView; etag: string }> {
    return this.viewed(await this.store.readRow(this.database.read, workflow_id, version_number));
  }

  async list(query: ListWorkflowsQuery): Promise<Page<WorkflowSummary>> {
    const { category, is_active, name, limit, cursor } = query;
    const [before] = cursor === undefined ? [null] : decodeCursor(cursor, ['uuid']);
    const rows = await listWorkflows(this.database.read, [
      before,
      category ?? null,
      is_active ?? null,
      name ?? null,
      limit + 1,
    ]);
    return pageOf(
      rows,
      limit,
      (row) => [row.workflow_id],
      (row) => WorkflowSummary.of(row),
    );
  }

  async versions(
    workflow_id: string,
    { limit, cursor }: PageQuery,
  ): Promise<Page<WorkflowSummary>> {
    const [before] = cursor === undefined ? [null] : decodeCursor(cursor, ['integer']);
    const { read } = this.database;
    await this.store.currentVersion(read, workflow_id);
    const rows = await listVersions(read, [workflow_id, before, limit + 1]);
    return pageOf(
      rows,
      limit,
      (row) => [row.version_number],
      (row) => WorkflowSummary.of(row),
    );
  }

  async deactivate(
    workflow_id: string,
    ifMatch: string | undefined,
  ): Promise<{ view: WorkflowView; etag: string }> {
    return this.changed(workflow_id, ifMatch, async (tx) => {
      await this.definitions.deactivateWorkflow(tx, workflow_id);
    });
  }

  async activate(
    workflow_id: string,
    version_number: number | undefined,
    ifMatch: string | undefined,
  ): Promise<{ view: WorkflowView; etag: string }> {
    return this.changed(workflow_id, ifMatch, async (tx, current) => {
      const version = version_number ?? current.version_number;
      const { workflow_name } = await this.store.readRow(tx, workflow_id, version);
      await this.definitions.requireFreeName(tx, workflow_name, workflow_id);
      await this.definitions.setCurrentVersion(tx, workflow_id, version);
    });
  }

  private async changed(
    workflow_id: string,
    ifMatch: string | undefined,
    change: (tx: Tx, current: DefinitionRow) => Promise<void>,
  ): Promise<{ view: WorkflowView; etag: string }> {
    return this.database.transaction(async (tx) => {
      await this.definitions.lock(tx, workflow_id);
      const current = await this.store.readRow(tx, workflow_id);
      if (ifMatch !== undefined) requireSeen(ifMatch, current);
      await change(tx, current);
      return keepTagged(tx, this.viewed(await this.store.readRow(tx, workflow_id)));
    });
  }

  private viewed(row: DefinitionRow): { view: WorkflowView; etag: string } {
    return { view: WorkflowView.from(row), etag: definitionEtag(row) };
  }

  /** @throws ValidationError with every fault */
  private async checked(body: unknown, workflow_id: string | null): Promise<WorkflowDefinition> {
    if (workflow_id !== null) await this.store.currentVersion(this.database.read, workflow_id);
    const { definition, faults } = await this.check(body, workflow_id);
    if (definition === null || faults.length > 0) throw new ValidationError(faults);
    return definition;
  }

  private async check(
    body: unknown,
    workflow_id: string | null,
  ): Promise<{ definition: WorkflowDefinition | null; faults: Fault[] }> {
    const { default_timeout_hours } = this.config.settings;
    const { definition, faults } = await checkDefinition(body, default_timeout_hours);
    const name = isJsonObject(body) && body['is_active'] !== false ? body['workflow_name'] : null;
    if (typeof name !== 'string') return { definition, faults };
    const [taken] = await findActiveName(this.database.read, [name, workflow_id]);
    return { definition, faults: taken ? [...faults, NAME_TAKEN] : faults };
  }
}
