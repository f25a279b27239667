import { Injectable } from '@nestjs/common';

import { DomainError, type Fault, ValidationError } from '#engine/errors';
import { tableWarnings } from '#engine/table';
import { Database, type Tx } from '#persistence';
import {
  decodeCursor,
  etagOf,
  keepTagged,
  type Page,
  pageOf,
  type PageQuery,
  requireIfMatch,
} from '#platform/http';
import { DefinitionStore } from '#runtime';

import { checkTable } from './decision-table-check.js';
import {
  CheckedTableView,
  type ListTablesQuery,
  ReplaceTableRequest,
  StoreTableRequest,
  TableView,
} from './decision-tables.dto.js';
import {
  deactivateTable,
  type DecisionTableRow,
  findTable,
  insertTable,
  listTables,
  listTableVersions,
  lockTable,
} from './decision-tables.queries.js';
import { stepsOf, unlessTaken } from '../routing.errors.js';

interface Tagged<View> {
  view: View;
  etag: string;
}

/** Stored decision tables. A table is never changed: a replacement is its next version. */
@Injectable()
export class DecisionTablesService {
  constructor(
    private readonly database: Database,
    private readonly definitions: DefinitionStore,
  ) {}

  /** @throws DomainError decision_table_exists; ValidationError with every fault */
  async store(body: unknown): Promise<Tagged<CheckedTableView>> {
    const { request, warnings } = await this.checked(body, StoreTableRequest);
    const { table_id, ...table } = request;
    return this.database.transaction(async (tx) => {
      await lockTable(tx, [table_id]);
      const [known] = await findTable(tx, [table_id]);
      if (known?.is_active) throw exists(table_id);
      return keepTagged(tx, await this.insert(tx, table_id, table, warnings));
    });
  }

  /** @throws DomainError decision_table_not_found, precondition_failed; ValidationError with every fault */
  async replace(
    table_id: string,
    body: unknown,
    ifMatch: string | undefined,
  ): Promise<Tagged<CheckedTableView>> {
    const { request, warnings } = await this.checked(body, ReplaceTableRequest);
    return this.database.transaction(async (tx) => {
      await lockTable(tx, [table_id]);
      requireIfMatch(ifMatch, etag(await this.row(tx, table_id)));
      await deactivateTable(tx, [table_id]);
      return keepTagged(tx, await this.insert(tx, table_id, request, warnings));
    });
  }

  /** @throws DomainError decision_table_not_found (also when it is not active already), precondition_failed */
  async deactivate(table_id: string, ifMatch: string | undefined): Promise<Tagged<TableView>> {
    return this.database.transaction(async (tx) => {
      await lockTable(tx, [table_id]);
      requireIfMatch(ifMatch, etag(await this.row(tx, table_id)));
      const [deactivated] = await deactivateTable(tx, [table_id]);
      if (!deactivated) throw notFound(table_id, 'There is no active decision table');
      const row = await this.row(tx, table_id);
      return keepTagged(tx, { view: TableView.of(row), etag: etag(row) });
    });
  }

  /** @throws DomainError decision_table_not_found */
  async read(table_id: string): Promise<Tagged<CheckedTableView>> {
    const row = await this.row(this.database.read, table_id);
    return checked(row, tableWarnings(row));
  }

  async list({ workflow_id, is_active, limit, cursor }: ListTablesQuery): Promise<Page<TableView>> {
    const [after] = cursor === undefined ? [null] : decodeCursor(cursor, ['text']);
    const filter = [after, workflow_id ?? null, is_active ?? null] as const;
    const rows = await listTables(this.database.read, [...filter, limit + 1]);
    return pageOf(
      rows,
      limit,
      (row) => [row.table_id],
      (row) => TableView.of(row),
    );
  }

  /** @throws DomainError decision_table_not_found */
  async versions(table_id: string, { limit, cursor }: PageQuery): Promise<Page<TableView>> {
    await this.row(this.database.read, table_id);
    const [before] = cursor === undefined ? [null] : decodeCursor(cursor, ['integer']);
    const rows = await listTableVersions(this.database.read, [table_id, before, limit + 1]);
    return pageOf(
      rows,
      limit,
      (row) => [row.version_number],
      (row) => TableView.of(row),
    );
  }

  private async row(tx: Tx, table_id: string): Promise<DecisionTableRow> {
    const [row] = await findTable(tx, [table_id]);
    if (!row) throw notFound(table_id, 'There is no decision table');
    return row;
  }

  private async insert(
    tx: Tx,
    table_id: string,
    table: ReplaceTableRequest,
    warnings: readonly Fault[],
  ): Promise<Tagged<CheckedTableView>> {
    const columns = JSON.stringify(table);
    const [row] = await unlessTaken(() => insertTable(tx, [table_id, columns]), exists(table_id));
    if (!row) throw new Error(`table ${table_id} was not inserted`);
    return checked(row, warnings);
  }

  /** @throws ValidationError with every fault */
  private async checked<T extends ReplaceTableRequest>(
    body: unknown,
    type: new () => T,
  ): Promise<{ request: T; warnings: Fault[] }> {
    const { request, faults, warnings } = await checkTable(body, type, (workflowId) =>
      stepsOf(this.definitions, this.database.read, workflowId),
    );
    if (faults.length > 0 || !request) throw new ValidationError(faults);
    return { request, warnings };
  }
}

function checked(row: DecisionTableRow, warnings: readonly Fault[]): Tagged<CheckedTableView> {
  return { view: { ...TableView.of(row), warnings: [...warnings] }, etag: etag(row) };
}

function etag({ table_id, version_number, is_active }: DecisionTableRow): string {
  return etagOf(table_id, version_number, is_active);
}

function exists(table_id: string): DomainError {
  return new DomainError(
    'decision_table_exists',
    `There is an active decision table ${table_id} already; replace it by PUT, or give this one another table_id.`,
    { table_id },
  );
}

function notFound(table_id: string, what: string): DomainError {
  return new DomainError('decision_table_not_found', `${what} ${table_id}.`, { table_id });
}
