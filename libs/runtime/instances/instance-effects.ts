import { Injectable } from '@nestjs/common';

import type { CompiledDefinition, StepDefinition } from '#engine/definition';
import type { JsonObject, TaskGraphDefinition } from '#engine/graph';
import { type Effect, effectsOf, type InstanceEvent, type InstanceState } from '#engine/instance';
import type { Tx } from '#persistence';

import { ExecutionRuntime } from '../executions/execution-runtime.js';
import { Timers } from '../timers/timers.js';

const SECONDS_PER_HOUR = 3_600;

interface Instance {
  instance_id: string;
  workflow_id: string;
  workflow_instance_id: string;
}

/** Sets going, and stops, what an instance's events ask for: executions of its steps, and its timers. */
@Injectable()
export class InstanceEffects {
  constructor(
    private readonly executions: ExecutionRuntime,
    private readonly timers: Timers,
  ) {}

  async carryOut(
    tx: Tx,
    instance: Instance,
    definition: CompiledDefinition,
    state: InstanceState,
    events: readonly InstanceEvent[],
  ): Promise<void> {
    for (const effect of effectsOf(definition, events)) {
      await this.carryOutOne(tx, instance, definition, state, effect);
    }
  }

  private async carryOutOne(
    tx: Tx,
    instance: Instance,
    definition: CompiledDefinition,
    state: InstanceState,
    effect: Effect,
  ): Promise<void> {
    const { instance_id } = instance;
    switch (effect.type) {
      case 'start_execution': {
        const step = definition.step(effect.step_id);
        if (!step) return;
        await this.executions.create(tx, {
          ...instance,
          version_number: definition.version_number,
          step_execution_id: effect.step_execution_id,
          step_id: step.step_id,
          graph: graphOf(step, definition, state.data),
          data: state.data,
        });
        return;
      }
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
        await this.executions.cancelOfStep(tx, step_execution_id, reason);
        await this.timers.cancelOfStep(tx, { instance_id, step_execution_id });
        return;
      }
      case 'resume_work':
        await this.executions.tellAgain(tx, instance_id);
        return;
      case 'end_instance':
        await this.executions.cancelOfInstance(tx, instance_id, effect.reason);
        await this.timers.cancelOfInstance(tx, instance_id);
        return;
    }
  }
}

/** The graph that a step runs: a parallel step's own; for an automated step, one task that gets the instance's data. */
function graphOf(
  step: StepDefinition,
  { definition }: CompiledDefinition,
  data: JsonObject,
): TaskGraphDefinition {
  if (step.parallel) return step.parallel;
  const { task_type } = step.conditions;
  const { max_attempts } = definition.retry_configuration;
  return {
    tasks: [
      {
        task_id: step.step_id,
        task_name: step.step_name,
        task_type: typeof task_type === 'string' ? task_type : 'automation',
        step_id: step.step_id,
        priority: 100,
        estimated_duration_minutes: step.estimated_duration_minutes,
        max_retry_attempts:
          typeof max_attempts === 'number' ? Math.max(0, Math.trunc(max_attempts) - 1) : 3,
        timeout_minutes: 60,
        dependencies: [],
        input_data: data,
        resource_requirements: {},
        handler: step.handler,
      },
    ],
    synchronization_points: [],
    load_balancing: {
      strategy: 'priority_based',
      max_concurrent_tasks: 1,
      resource_constraints: {},
      queue_priority_levels: 3,
      adaptive_scaling: false,
    },
    global_timeout_minutes: definition.global_timeout_hours * 60,
    failure_strategy: 'fail_fast',
    monitoring_interval_seconds: 30,
  };
}
