import { Injectable } from '@nestjs/common';

import { type Effect, effectsOf } from '#engine/instance';
import { newId, type Tx } from '#persistence';

import { ExecutionRuntime } from '../executions/execution-runtime.js';
import { Timers } from '../timers/timers.js';
import { putDeadlines, resetDeadlines } from './deadlines.queries.js';
import type { InstanceMove, MovedInstance } from './instance-move.js';

const SECONDS_PER_HOUR = 3_600;

/** Sets going, and stops, what the events of moves ask for beside their rows: executions and timers. */
@Injectable()
export class InstanceEffects {
  constructor(
    private readonly executions: ExecutionRuntime,
    private readonly timers: Timers,
  ) {}

  async carryOut(tx: Tx, moves: readonly InstanceMove[]): Promise<void> {
    for (const { instance, definition, events } of moves) {
      for (const effect of effectsOf(definition, events)) {
        await this.carryOutOne(tx, instance, effect);
      }
    }
    await this.executions.createMany(
      tx,
      moves.flatMap((move) => move.executions),
    );
  }

  private async carryOutOne(
    tx: Tx,
    { instance_id, has_executions, has_timers }: MovedInstance,
    effect: Effect,
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
        if (has_executions) {
          await this.executions.cancelOfStep(tx, { instance_id, step_execution_id }, reason);
        }
        if (has_timers) {
          await this.timers.cancelOfStep(tx, { instance_id, step_execution_id });
        }
        return;
      }
      case 'reset_deadlines': {
        const { policy, global_timeout_hours, step } = effect;
        const hours = step?.after_hours ?? null;
        const restart = policy === 'restart';
        await resetDeadlines(tx, [
          instance_id,
          restart,
          global_timeout_hours,
          step !== null,
          hours,
          newId(),
        ]);
        return;
      }
      case 'put_deadlines': {
        const { due_at, step_due_at } = effect.deadlines;
        await putDeadlines(tx, [instance_id, due_at, step_due_at, newId()]);
        return;
      }
      case 'resume_work':
        await this.executions.tellAgain(tx, instance_id);
        return;
      case 'end_instance':
        if (has_executions) {
          await this.executions.cancelOfInstance(tx, instance_id, effect.reason);
        }
        if (has_timers) await this.timers.cancelOfInstance(tx, instance_id);
        return;
    }
  }
}
