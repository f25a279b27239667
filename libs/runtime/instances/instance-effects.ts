import { Injectable } from '@nestjs/common';

import { type Effect, effectsOf } from '#engine/instance';
import { newId, type Tx } from '#persistence';

import { ExecutionRuntime } from '../executions/execution-runtime.js';
import { StepDeadlines } from '../timers/step-deadlines.js';
import { Timers } from '../timers/timers.js';
import { type PutBack, putBack, putDeadlines, resetDeadlines } from './deadlines.queries.js';
import type { InstanceMove } from './instance-move.js';

/** Sets going, and stops, what the events of moves ask for beside their rows: executions and timers. */
@Injectable()
export class InstanceEffects {
  constructor(
    private readonly executions: ExecutionRuntime,
    private readonly timers: Timers,
    private readonly deadlines: StepDeadlines,
  ) {}

  async carryOut(tx: Tx, moves: readonly InstanceMove[]): Promise<void> {
    const back: PutBack[] = [];
    for (const move of moves) {
      const effects = effectsOf(move.definition, move.events);
      for (const effect of effects) await this.carryOutOne(tx, move, effect, back);
      await this.keepAtRest(tx, move, effects);
    }
    if (back.length > 0) await putBack(tx, [JSON.stringify(back)]);
    await this.executions.createMany(
      tx,
      moves.flatMap((move) => move.executions),
    );
  }

  /** Deadlines that begin while nothing is counted begin at rest; those that are put back rest where they rested. */
  private async keepAtRest(
    tx: Tx,
    { instance, state: { status, current } }: InstanceMove,
    effects: readonly Effect[],
  ): Promise<void> {
    const rests = status === 'suspended' || current?.question !== undefined;
    const begun = effects.some(
      ({ type }) => type === 'schedule_escalation' || type === 'reset_deadlines',
    );
    if (!rests || !begun || !current || effects.at(-1)?.type === 'put_back') return;
    const { instance_id } = instance;
    await this.deadlines.pause(tx, { instance_id, ...current });
  }

  /** @param back gets what is put back of all together, after all else */
  private async carryOutOne(
    tx: Tx,
    move: InstanceMove,
    effect: Effect,
    back: PutBack[],
  ): Promise<void> {
    const { instance_id, has_executions, has_timers } = move.instance;
    const { current } = move.state;
    switch (effect.type) {
      case 'start_execution':
        // among the move's executions
        return;
      case 'schedule_escalation': {
        const { step_execution_id, after_hours: hours, working_time, again } = effect;
        const department = departmentAsked(move);
        const time = { hours, working_time, department, since: 'now', shown: again } as const;
        await this.deadlines.begin(tx, { instance_id, step_execution_id }, time);
        return;
      }
      case 'pause_deadlines':
        if (current && has_timers) await this.deadlines.pause(tx, { instance_id, ...current });
        return;
      case 'resume_deadlines':
        // a question that is still open keeps them at rest
        if (current && has_timers && !current.question) {
          await this.deadlines.resume(tx, { instance_id, ...current });
        }
        return;
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
        const counted = (step && move.definition.step(step.step_id)?.working_time) ?? false;
        await resetDeadlines(tx, [
          instance_id,
          restart,
          global_timeout_hours,
          step !== null,
          counted ? null : hours,
          newId(),
        ]);
        if (counted && current && hours !== null) {
          const since = restart ? 'now' : 'entry';
          const time = {
            hours,
            working_time: true,
            department: departmentAsked(move),
            since,
          } as const;
          await this.deadlines.begin(tx, { instance_id, ...current }, { ...time, shown: true });
        }
        return;
      }
      case 'put_back': {
        const { due_at, step_due_at, timers } = effect.deadlines;
        if (timers) {
          back.push({ instance_id, due_at, step_due_at, timers, replaces: effect.replaces });
        } else {
          await putDeadlines(tx, [instance_id, due_at, step_due_at, newId()]);
        }
        return;
      }
      case 'resume_work':
        await this.executions.tellAgain(tx, instance_id);
        return;
      case 'end_instance':
        if (has_executions) {
          await this.executions.cancelOfInstance(tx, instance_id, effect.reason);
        }
        if (effect.reason === 'instance_cancelled' || effect.reason === 'instance_timed_out') {
          await this.executions.closeIncidentsOfInstance(tx, instance_id);
        }
        if (has_timers) await this.timers.cancelOfInstance(tx, instance_id);
        return;
    }
  }
}

/** The department of whom an approval asks now: deadlines may be counted in its working time. */
function departmentAsked({ state }: InstanceMove): string | null {
  const asked = state.current?.levels?.findLast(({ status }) => status === 'asked');
  return asked?.department_required ?? null;
}
