import { setImmediate as letOthersRun } from 'node:timers/promises';

import { Injectable } from '@nestjs/common';

import { DomainError } from '#engine/errors';
import { compile, ExpressionLimitError, ExpressionSyntaxError, toJson } from '#engine/expression';
import { decideByTree } from '#engine/routing';
import { decideByTable } from '#engine/table';
import { Database } from '#persistence';

import { compiledTable, compiledTree } from '../compiled-versions.js';
import { findActiveTable } from '../decision-tables/decision-tables.queries.js';
import { findActiveTree } from '../decision-trees/decision-trees.queries.js';
import type { EvaluationRequest, EvaluationResult } from './decisions.dto.js';

/** `POST /conditional/evaluate`: a playground for those who write rules. Reads alone. */
@Injectable()
export class Evaluations {
  constructor(private readonly database: Database) {}

  /** Evaluates each on its data; one that cannot be is an error in its place, and the others are evaluated. */
  async all(evaluations: readonly EvaluationRequest[]): Promise<EvaluationResult[]> {
    const now = Date.now();
    const results: EvaluationResult[] = [];
    for (const evaluation of evaluations) {
      results.push(await this.one(evaluation, now));
      // One may take tens of milliseconds at its limit; other requests need not wait for all of them.
      await letOthersRun();
    }
    return results;
  }

  private async one(
    { expression, decision_table_id, decision_tree_id, context }: EvaluationRequest,
    now: number,
  ): Promise<EvaluationResult> {
    try {
      const named = [expression, decision_table_id, decision_tree_id].filter((id) => id !== null);
      if (named.length !== 1) throw notOne();
      if (expression !== null) return byExpression(expression, context, now);
      if (decision_table_id !== null) return await this.byTable(decision_table_id, context, now);
      if (decision_tree_id !== null) return await this.byTree(decision_tree_id, context, now);
      throw notOne();
    } catch (error) {
      return refused(error);
    }
  }

  private async byTable(
    table_id: string,
    context: Record<string, unknown>,
    now: number,
  ): Promise<EvaluationResult> {
    const [row] = await findActiveTable(this.database.read, [table_id]);
    if (!row) throw notFound('decision_table_not_found', `decision table ${table_id}`);
    const decision = decideByTable(compiledTable(row), context, { now });
    return {
      ...toJson(decision.output),
      warnings: reasons(decision.undecided_because),
      matched_rules: decision.matched_rules,
    };
  }

  /** Its value is what it decides: `{routing_action, target_step_id, leaf_node_id, branches}`; null when it does not. */
  private async byTree(
    tree_id: string,
    context: Record<string, unknown>,
    now: number,
  ): Promise<EvaluationResult> {
    const [row] = await findActiveTree(this.database.read, [tree_id]);
    if (!row) throw notFound('decision_tree_not_found', `decision tree ${tree_id}`);
    const tree = compiledTree(row);
    const { action, target_step_id, leaf_node_id, branches, path, undecided_because } =
      decideByTree(tree, context, { now });
    return {
      value: action && { routing_action: action, target_step_id, leaf_node_id, branches },
      type: action && 'context',
      warnings: reasons(undecided_because),
      path,
    };
  }
}

function byExpression(
  expression: string,
  context: Record<string, unknown>,
  now: number,
): EvaluationResult {
  const { value, warnings } = compile(expression).evaluate(context, { now });
  return { ...toJson(value), warnings: warnings.map((warning) => warning.message) };
}

function reasons(undecided_because: string | null): string[] {
  return undecided_because === null ? [] : [undecided_because];
}

function refused(error: unknown): EvaluationResult {
  const nothing = { value: null, type: null, warnings: [] };
  if (error instanceof ExpressionSyntaxError) {
    const { code, message, position } = error;
    return { ...nothing, error: { code, message, position } };
  }
  if (error instanceof ExpressionLimitError || error instanceof DomainError) {
    return { ...nothing, error: { code: String(error.code), message: error.message } };
  }
  throw error;
}

function notOne(): DomainError {
  return new DomainError(
    'validation_failed',
    'Name one of expression, decision_table_id and decision_tree_id.',
  );
}

function notFound(
  code: 'decision_table_not_found' | 'decision_tree_not_found',
  what: string,
): DomainError {
  return new DomainError(code, `There is no active ${what}; store it first.`);
}
