import { Injectable } from '@nestjs/common';

import { DomainError, ValidationError } from '#engine/errors';
import { Database, type Tx } from '#persistence';
import {
  decodeCursor,
  etagOf,
  isUuid,
  keepTagged,
  type Page,
  pageOf,
  requireIfMatch,
} from '#platform/http';
import { DefinitionStore } from '#runtime';

import { checkTree } from './decision-tree-check.js';
import {
  type ListTreesQuery,
  ReplaceTreeRequest,
  StoreTreeRequest,
  TreeView,
} from './decision-trees.dto.js';
import {
  deactivateTree,
  type DecisionTreeRow,
  findTree,
  insertTree,
  listTrees,
  lockTree,
} from './decision-trees.queries.js';
import { stepsOf, unlessTaken } from '../routing.errors.js';

interface Tagged {
  view: TreeView;
  etag: string;
}

/** Stored decision trees. A tree is never changed: a replacement is its next version. */
@Injectable()
export class DecisionTreesService {
  constructor(
    private readonly database: Database,
    private readonly definitions: DefinitionStore,
  ) {}

  /** @throws DomainError decision_tree_exists; ValidationError with every fault */
  async store(body: unknown): Promise<Tagged> {
    const { tree_id, ...tree } = await this.checked(body, StoreTreeRequest);
    return this.database.transaction(async (tx) => {
      await lockTree(tx, [tree_id]);
      const [known] = await findTree(tx, [tree_id]);
      if (known?.is_active) throw exists(tree_id);
      return keepTagged(tx, await this.insert(tx, tree_id, tree));
    });
  }

  /** @throws DomainError decision_tree_not_found, precondition_failed; ValidationError with every fault */
  async replace(tree_id: string, body: unknown, ifMatch: string | undefined): Promise<Tagged> {
    const tree = await this.checked(body, ReplaceTreeRequest);
    return this.database.transaction(async (tx) => {
      await lockTree(tx, [tree_id]);
      requireIfMatch(ifMatch, etag(await this.row(tx, tree_id)));
      await deactivateTree(tx, [tree_id]);
      return keepTagged(tx, await this.insert(tx, tree_id, tree));
    });
  }

  /** @throws DomainError decision_tree_not_found (also when it is not active already), precondition_failed */
  async deactivate(tree_id: string, ifMatch: string | undefined): Promise<Tagged> {
    return this.database.transaction(async (tx) => {
      await lockTree(tx, [tree_id]);
      requireIfMatch(ifMatch, etag(await this.row(tx, tree_id)));
      const [deactivated] = await deactivateTree(tx, [tree_id]);
      if (!deactivated) throw notFound(tree_id, 'There is no active decision tree');
      return keepTagged(tx, tagged(await this.row(tx, tree_id)));
    });
  }

  /** @throws DomainError decision_tree_not_found */
  async read(tree_id: string): Promise<Tagged> {
    return tagged(await this.row(this.database.read, tree_id));
  }

  async list({ workflow_id, is_active, limit, cursor }: ListTreesQuery): Promise<Page<TreeView>> {
    const [after] = cursor === undefined ? [null] : decodeCursor(cursor, ['text']);
    const filter = [after, workflow_id ?? null, is_active ?? null] as const;
    const rows = await listTrees(this.database.read, [...filter, limit + 1]);
    return pageOf(
      rows,
      limit,
      (row) => [row.tree_id],
      (row) => TreeView.of(row),
    );
  }

  private async row(tx: Tx, tree_id: string): Promise<DecisionTreeRow> {
    const [row] = await findTree(tx, [tree_id]);
    if (!row) throw notFound(tree_id, 'There is no decision tree');
    return row;
  }

  private async insert(tx: Tx, tree_id: string, tree: ReplaceTreeRequest): Promise<Tagged> {
    const { workflow_id, tree_name, root_node_id, nodes, metadata } = tree;
    const structure = JSON.stringify({ nodes, metadata });
    const values = [tree_id, workflow_id, tree_name, root_node_id, structure] as const;
    const [row] = await unlessTaken(() => insertTree(tx, [...values]), exists(tree_id));
    if (!row) throw new Error(`tree ${tree_id} was not inserted`);
    return tagged(row);
  }

  private async checked<T extends ReplaceTreeRequest>(
    body: unknown,
    type: new () => T,
  ): Promise<T> {
    const { request, faults } = await checkTree(body, type, (workflowId) =>
      stepsOf(this.definitions, this.database.read, isUuid(workflowId) ? workflowId : null),
    );
    if (request === null || faults.length > 0) throw new ValidationError(faults);
    return request;
  }
}

function tagged(row: DecisionTreeRow): Tagged {
  return { view: TreeView.of(row), etag: etag(row) };
}

function etag({ tree_id, version_number, is_active }: DecisionTreeRow): string {
  return etagOf(tree_id, version_number, is_active);
}

function exists(tree_id: string): DomainError {
  return new DomainError(
    'decision_tree_exists',
    `There is an active decision tree ${tree_id} already; replace it by PUT, or give this one another tree_id.`,
    { tree_id },
  );
}

function notFound(tree_id: string, what: string): DomainError {
  return new DomainError('decision_tree_not_found', `${what} ${tree_id}.`, { tree_id });
}
