import { Injectable } from '@nestjs/common';

import { type Effect, effectsOf } from '#engine/instance';
import type { Tx } from '#persistence';

import { ExecutionRuntime } from '../executions/execution-runtime.js';
import { Timers } from '../timers/timers.js';
import type { InstanceMove } from './instance-move.js';
import type { WrittenRow } from './instances.queries.js';

const SECONDS_PER_HOUR = 3_600;

/** Sets going, and stops, what the events of moves ask for beside their rows: executions and timers. */
@Injectable()
export class InstanceEffects {
  constructor(
    private readonly executions: ExecutionRuntime,
    private readonly timers: Timers,
  ) {}

  /** @param written how their rows are now: nothing is stopped where nothing runs */
  async carryOut(
    tx: Tx,
    moves: readonly InstanceMove[],
    written: ReadonlyMap<string, WrittenRow>,
  ): Promise<void> {
    for (const move of moves) {
      const { instance_id } = move.instance;
      const row = written.get(instance_id);
      for (const effect of effectsOf(move.definition, move.events)) {
        await this.carryOutOne(tx, instance_id, effect, row);
      }
    }
    await this.executions.createMany(
      tx,
      moves.flatMap((move) => move.executions),
    );
  }

  private async carryOutOne(
    tx: Tx,
    instance_id: string,
    effect: Effect,
    row: WrittenRow | undefined,
  ): Promise<void> {
    switch (effect.type) {
      case 'start_execution':
        // among the move's executions
        return;
      case 'schedule_escalation': {
        const { step_execution_id } = effect;
        const after_seconds = effect.after_hours * SECONDS_PER_HOUR;
        await this.timers.schedule(tx, {
          kind: 'step_escalation',
          after_seconds,
          instance_id,
          step_execution_id,
        });
        return;
      }
      case 'stop_step_work': {
        const { step_execution_id, reason } = effect;
        if (row?.has_executions) {
          await this.executions.cancelOfStep(tx, step_execution_id, reason);
        }
        if (row?.has_timers) {
          await this.timers.cancelOfStep(tx, { instance_id, step_execution_id });
        }
        return;
      }
      case 'resume_work':
        await this.executions.tellAgain(tx, instance_id);
        return;
      case 'end_instance':
        if (row?.has_executions) {
          await this.executions.cancelOfInstance(tx, instance_id, effect.reason);
        }
        if (row?.has_timers) await this.timers.cancelOfInstance(tx, instance_id);
        return;
    }
  }
}
