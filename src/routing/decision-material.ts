import { Injectable } from '@nestjs/common';

import type { CompiledDefinition } from '#engine/definition';
import { DomainError, type Fault, ValidationError } from '#engine/errors';
import { compileTree, type CompiledTree, type DecisionRule } from '#engine/routing';
import type { CompiledTable } from '#engine/table';
import type { Tx } from '#persistence';
import { DefinitionStore } from '#runtime';

import { compiledTable } from './compiled-tables.js';
import { questionFaults } from './decision-input.js';
import { findActiveTable } from './decision-tables.queries.js';
import { findActiveTree } from './decision-trees.queries.js';
import type { RouteRequest } from './decisions.dto.js';
import {
  type DecisionFactsRow,
  type DecisionRow,
  findSameDecision,
  lockDecisionFacts,
  readDecisionFacts,
} from './decisions.queries.js';
import { StoredRules } from './stored-rules.js';

/** What a question names and what is to be considered, read. */
export interface Material extends Pick<DecisionFactsRow, 'instance' | 'overrides'> {
  /** As `DecisionFactsRow.stored_ids` says. */
  stored: DecisionRule[];
  /** The answer already given to this question about the instance as it is; null: it is new. */
  same: DecisionRow | null;
  /** The version that the instance runs on, or would start with. */
  definition: CompiledDefinition;
  tree: CompiledTree | null;
  /** Null without a tree. */
  tree_version: number | null;
  table: CompiledTable | null;
  table_version: number | null;
}

/** Reads what a routing decision rests on. */
@Injectable()
export class DecisionMaterial {
  constructor(
    private readonly definitions: DefinitionStore,
    private readonly rules: StoredRules,
  ) {}

  /**
   * @param hold keeps the instance as it is until the transaction ends
   * @throws ValidationError with everything that the question names wrongly
   */
  async load(
    tx: Tx,
    request: RouteRequest,
    question_hash: string,
    { hold }: { hold: boolean },
  ): Promise<Material> {
    const { workflow_id, context } = request;
    const key = [workflow_id, context.workflow_instance_id, question_hash] as const;
    const [facts] = hold
      ? await lockDecisionFacts(tx, [...key])
      : await readDecisionFacts(tx, [...key]);
    if (!facts) throw new Error('the facts of a decision are one row');
    const { instance, overrides } = facts;
    const faults: Fault[] = [];
    const { tree, tree_version } = await this.tree(tx, request, faults);
    const { table, table_version } = await this.table(tx, request, faults);
    const definition = await this.definition(tx, request, facts, faults);
    if (definition) faults.push(...questionFaults(request, definition));
    if (!definition || faults.length > 0) throw new ValidationError(faults);
    return {
      instance,
      same: await sameDecision(tx, facts, question_hash),
      stored: await this.rules.of(tx, facts.stored_ids),
      overrides,
      definition,
      tree,
      tree_version,
      table,
      table_version,
    };
  }

  private async tree(
    tx: Tx,
    { workflow_id, decision_tree_id }: RouteRequest,
    faults: Fault[],
  ): Promise<Pick<Material, 'tree' | 'tree_version'>> {
    if (decision_tree_id === null) return { tree: null, tree_version: null };
    const [row] = await findActiveTree(tx, [decision_tree_id]);
    if (row && (row.workflow_id === null || row.workflow_id === workflow_id)) {
      const tree = compileTree({ ...row, nodes: row.tree_structure.nodes });
      return { tree, tree_version: row.version_number };
    }
    faults.push({
      pointer: '/decision_tree_id',
      code: 'decision_tree_not_found',
      message: `There is no active decision tree ${JSON.stringify(decision_tree_id)} for this workflow; store it first.`,
    });
    return { tree: null, tree_version: null };
  }

  private async table(
    tx: Tx,
    { workflow_id, decision_table_id }: RouteRequest,
    faults: Fault[],
  ): Promise<Pick<Material, 'table' | 'table_version'>> {
    if (decision_table_id === null) return { table: null, table_version: null };
    const [row] = await findActiveTable(tx, [decision_table_id]);
    if (row && (row.workflow_id === null || row.workflow_id === workflow_id)) {
      return { table: compiledTable(row), table_version: row.version_number };
    }
    faults.push({
      pointer: '/decision_table_id',
      code: 'decision_table_not_found',
      message: `There is no active decision table ${JSON.stringify(decision_table_id)} for this workflow; store it first.`,
    });
    return { table: null, table_version: null };
  }

  private async definition(
    tx: Tx,
    { workflow_id }: RouteRequest,
    { instance, current }: DecisionFactsRow,
    faults: Fault[],
  ): Promise<CompiledDefinition | undefined> {
    if (!instance && current?.is_active === false) {
      const message = 'The workflow is not active, so no new instance of it can be routed.';
      faults.push({ pointer: '/workflow_id', code: 'workflow_inactive', message });
    }
    const version = instance?.version_number ?? current?.version_number;
    try {
      return await this.definitions.load(tx, workflow_id, version);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      faults.push({ pointer: '/workflow_id', code: String(error.code), message: error.message });
      return undefined;
    }
  }
}

/** What was read beside an instance that changed while it was waited for says nothing of the change. */
async function sameDecision(
  tx: Tx,
  { instance, seen_sequence, same }: DecisionFactsRow,
  question_hash: string,
): Promise<DecisionRow | null> {
  if (!instance) return null;
  if (instance.last_sequence === seen_sequence) {
    return same && { ...same, routing_timestamp: new Date(same.routing_timestamp) };
  }
  const key = [instance.instance_id, question_hash, instance.last_sequence] as const;
  const [row] = await findSameDecision(tx, [...key]);
  return row ?? null;
}
