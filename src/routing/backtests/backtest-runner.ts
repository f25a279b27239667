import { setImmediate as letOthersRun } from 'node:timers/promises';

import { Injectable, Logger } from '@nestjs/common';

import type { CompiledDefinition } from '#engine/definition';
import { DomainError } from '#engine/errors';
import { compareCase, type Comparison, decideRouting } from '#engine/routing';
import { JobHandler, Jobs, Sweeper } from '#jobs';
import { Database, type Tx } from '#persistence';
import { isUnavailable } from '#platform/http';
import { DefinitionStore } from '#runtime';

import { candidateInput, compileCandidate, type CompiledCandidate } from './backtest-candidate.js';
import {
  type BacktestRow,
  failBacktest,
  findIdleBacktests,
  readRecorded,
  type RecordedRow,
  takeBacktest,
  updateBacktest,
} from './backtests.queries.js';

const BATCH = 250;
/** Then others of its queue have their turn. */
const SLICE_MS = 1_000;
/** Longer than a batch takes. */
const IDLE_SECONDS = 15;
const SWEPT = 20;

/** Decides recorded decisions anew by a candidate, batch by batch: each is stored whole, and the next goes on after it. */
@Injectable()
export class BacktestRunner {
  private readonly logger = new Logger(BacktestRunner.name);

  constructor(
    private readonly database: Database,
    private readonly definitions: DefinitionStore,
    private readonly jobs: Jobs,
    sweeper: Sweeper,
  ) {
    sweeper.register('backtests', () => this.wake());
  }

  @JobHandler('routing.backtest')
  async run({ backtest_id }: { backtest_id: string }): Promise<void> {
    const end = performance.now() + SLICE_MS;
    let more = true;
    try {
      while (more && performance.now() < end) {
        more = await this.database.transaction((tx) => this.batch(tx, backtest_id));
      }
    } catch (error) {
      if (isUnavailable(error)) throw error;
      // It would fail again on the same decision.
      this.logger.error({ err: error, backtest_id }, 'A backtest failed');
      await failBacktest(this.database.read, [backtest_id, String(error)]);
      return;
    }
    if (more) await this.jobs.enqueue('routing.backtest', { backtest_id });
  }

  /** Goes on with those whose job was lost. */
  private async wake(): Promise<void> {
    for (const { backtest_id } of await findIdleBacktests(this.database.read, [
      IDLE_SECONDS,
      SWEPT,
    ])) {
      await this.jobs.enqueue('routing.backtest', { backtest_id }, { dedupe_key: backtest_id });
    }
  }

  /** True when there is more. */
  private async batch(tx: Tx, backtest_id: string): Promise<boolean> {
    const [row] = await takeBacktest(tx, [backtest_id]);
    if (!row) return false;
    const left = row.decisions_total - row.decisions_read;
    const recorded =
      left > 0
        ? await readRecorded(tx, [
            row.workflow_id,
            row.period_start,
            row.period_end,
            row.next_after,
            row.next_after_id,
            Math.min(BATCH, left),
          ])
        : [];
    const { matrix, changes, decisions_changed } = row;
    const comparison: Comparison = { matrix, changes, decisions_changed };
    const undecidable = await this.compare(tx, row, recorded, comparison);
    const last = recorded.at(-1);
    const more = recorded.length > 0 && recorded.length < left;
    const progress = {
      status: more ? 'running' : 'completed',
      decisions_read: row.decisions_read + recorded.length,
      decisions_undecidable: row.decisions_undecidable + undecidable,
      next_after: last?.position ?? row.next_after,
      next_after_id: last?.decision_id ?? row.next_after_id,
      ...comparison,
    };
    await updateBacktest(tx, [backtest_id, JSON.stringify(progress)]);
    return more;
  }

  /** How many of them could not be decided. */
  private async compare(
    tx: Tx,
    { candidate, workflow_id }: BacktestRow,
    recorded: readonly RecordedRow[],
    comparison: Comparison,
  ): Promise<number> {
    const compiled = compileCandidate(candidate);
    let undecidable = 0;
    for (const row of recorded) {
      const definition = await this.definitionOf(tx, workflow_id, row.version_number);
      if (!definition || !compareOne(compiled, definition, workflow_id, row, comparison)) {
        undecidable += 1;
      }
      await letOthersRun();
    }
    return undecidable;
  }

  private async definitionOf(
    tx: Tx,
    workflow_id: string,
    version: number | null,
  ): Promise<CompiledDefinition | null> {
    if (version === null) return null;
    try {
      return await this.definitions.load(tx, workflow_id, version);
    } catch (error) {
      if (error instanceof DomainError) return null;
      throw error;
    }
  }
}

function compareOne(
  candidate: CompiledCandidate,
  definition: CompiledDefinition,
  workflow_id: string,
  { current_step_id, ...row }: RecordedRow,
  comparison: Comparison,
): boolean {
  if (current_step_id === null || !('now' in row.context_data)) return false;
  const input = candidateInput(candidate, definition, workflow_id, { ...row, current_step_id });
  compareCase(comparison, row, decideRouting(input));
  return true;
}
