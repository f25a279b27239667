import { Injectable } from '@nestjs/common';

import { DomainError, type Fault, ValidationError } from '#engine/errors';
import { tableRouteFaults, treeFaults } from '#engine/routing';
import { tableFaults } from '#engine/table';
import { Jobs } from '#jobs';
import { afterCommit, Database, newId, type Tx } from '#persistence';
import { keepBody } from '#platform/http';
import { DefinitionStore } from '#runtime';

import type { BacktestCandidate } from './backtest-candidate.js';
import { type BacktestRequest, BacktestView } from './backtests.dto.js';
import { findBacktest, insertBacktest } from './backtests.queries.js';
import { repeatedIds, targetFaults } from '../decisions/decision-input.js';
import { findActiveTable } from '../decision-tables/decision-tables.queries.js';
import { findActiveTree } from '../decision-trees/decision-trees.queries.js';
import { stepsOf } from '../routing.errors.js';

const DAYS_30_MS = 30 * 86_400_000;

/** Candidates tried on recorded decisions: taken in and shown here, worked off by `BacktestRunner`. */
@Injectable()
export class BacktestsService {
  constructor(
    private readonly database: Database,
    private readonly definitions: DefinitionStore,
    private readonly jobs: Jobs,
  ) {}

  /** @throws ValidationError with every fault */
  async start(request: BacktestRequest, requested_by: string): Promise<BacktestView> {
    const { workflow_id, limit } = request;
    const period = periodOf(request);
    return this.database.transaction(async (tx) => {
      const candidate = JSON.stringify(await this.candidate(tx, request));
      const backtest_id = newId();
      const [row] = await insertBacktest(tx, [
        backtest_id,
        workflow_id,
        candidate,
        ...period,
        limit,
        requested_by,
      ]);
      if (!row) throw new Error(`backtest ${backtest_id} was not inserted`);
      afterCommit(tx, () => this.jobs.enqueue('routing.backtest', { backtest_id }));
      return keepBody(tx, BacktestView.of(row));
    });
  }

  /** @throws DomainError backtest_not_found */
  async read(backtest_id: string): Promise<BacktestView> {
    const [row] = await findBacktest(this.database.read, [backtest_id]);
    if (row) return BacktestView.of(row);
    throw new DomainError('backtest_not_found', `There is no backtest ${backtest_id}.`, {
      backtest_id,
    });
  }

  /** The candidate with what its ids name written out: what is stored may be replaced while the backtest runs. */
  private async candidate(
    tx: Tx,
    { workflow_id, candidate }: BacktestRequest,
  ): Promise<BacktestCandidate> {
    const { business_rules, decision_tree, decision_table } = candidate;
    const { decision_tree_id, decision_table_id } = candidate;
    const steps = await stepsOf(this.definitions, tx, workflow_id);
    const faults: Fault[] = [
      ...business_rules.flatMap((rule, index) => [
        ...repeatedIds(business_rules, index),
        ...targetFaults(rule, `/business_rules/${index}`, (id) => steps?.has(id) ?? true),
      ]),
      ...below('/decision_tree', decision_tree ? treeFaults(decision_tree, steps) : []),
      ...below(
        '/decision_table',
        decision_table
          ? [...tableFaults(decision_table), ...tableRouteFaults(decision_table, steps)]
          : [],
      ),
      ...(decision_tree && decision_tree_id !== null ? [both('decision_tree')] : []),
      ...(decision_table && decision_table_id !== null ? [both('decision_table')] : []),
    ];
    const [tree] = decision_tree_id === null ? [] : await findActiveTree(tx, [decision_tree_id]);
    if (decision_tree_id !== null && !isFor(tree, workflow_id)) faults.push(none('decision_tree'));
    const [table] =
      decision_table_id === null ? [] : await findActiveTable(tx, [decision_table_id]);
    if (decision_table_id !== null && !isFor(table, workflow_id))
      faults.push(none('decision_table'));
    const tried: BacktestCandidate = {
      business_rules,
      decision_tree: tree ? { ...tree, nodes: tree.tree_structure.nodes } : decision_tree,
      decision_table: table ?? decision_table,
    };
    if (business_rules.length === 0 && !tried.decision_tree && !tried.decision_table) {
      const message =
        'There is nothing to try: give business_rules, a decision_tree or a decision_table.';
      faults.push({ pointer: '', code: 'required', message });
    }
    if (faults.length > 0) throw new ValidationError(below('/candidate', faults));
    return tried;
  }
}

function periodOf({ from, to }: BacktestRequest): [from: Date, to: Date] {
  const end = to === null ? new Date() : new Date(to);
  const start = from === null ? new Date(end.getTime() - DAYS_30_MS) : new Date(from);
  if (start < end) return [start, end];
  const message = 'from must be before to.';
  throw new ValidationError([{ pointer: '/from', code: 'period_empty', message }]);
}

function below(pointer: string, faults: readonly Fault[]): Fault[] {
  return faults.map((fault) => ({ ...fault, pointer: pointer + fault.pointer }));
}

function isFor(row: { workflow_id: string | null } | undefined, workflow_id: string): boolean {
  return row !== undefined && (row.workflow_id === null || row.workflow_id === workflow_id);
}

function both(field: 'decision_tree' | 'decision_table'): Fault {
  const message = `Give ${field} or ${field}_id, not both.`;
  return { pointer: `/${field}`, code: 'misplaced_field', message };
}

function none(field: 'decision_tree' | 'decision_table'): Fault {
  const message = `There is no active ${field.replace('_', ' ')} with this id for this workflow; store it first, or give it as ${field}.`;
  return { pointer: `/${field}_id`, code: `${field}_not_found`, message };
}
