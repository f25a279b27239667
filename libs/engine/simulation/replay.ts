import type { CompiledDefinition } from '#engine/definition';
import {
  type Command,
  type CurrentStep,
  decide,
  type Facts,
  type InstanceState,
  NEW_INSTANCE,
} from '#engine/instance';

import type { Random, RecordedCase, RecordedStep, Replayed } from './types.js';

const MOST_STEPS = 200;
const MINUTES_AN_HOUR = 60;

/**
 * Runs recorded instances through a definition by the engine itself: each with the data it was started with, and at
 * each step with what was recorded of it there (how long it waited and was worked on, what came of it); where it never
 * came to the step, with what was recorded of another instance there; where nobody did, with the step's estimated time.
 * Trace-driven: waiting is as it was, so that load that moves from one step to another is not seen.
 */
export class Replay {
  private readonly facts: Facts;
  private readonly pool = new Map<string, RecordedStep[]>();

  constructor(
    private readonly definition: CompiledDefinition,
    cases: readonly RecordedCase[],
    private readonly random: Random,
  ) {
    for (const step of cases.flatMap(({ steps }) => steps)) {
      const known = this.pool.get(step.step_id);
      if (known) known.push(step);
      else this.pool.set(step.step_id, [step]);
    }
    this.facts = {
      now: 0,
      newId: () => '',
      overrides: [],
      trees: new Map(),
      certainty: null,
      max_step_entries: MOST_STEPS,
    };
  }

  run({ data, steps }: RecordedCase): Replayed {
    const left = [...steps];
    const wait_minutes: Record<string, number> = {};
    const timeout = this.definition.definition.global_timeout_hours * MINUTES_AN_HOUR;
    let cycle_minutes = 0;
    let missed = false;
    let state = this.act(NEW_INSTANCE, { type: 'start', data });
    for (let done = 0; state?.current && done < MOST_STEPS; done += 1) {
      const { step_id } = state.current;
      const record = this.recordOf(step_id, left);
      const minutes = record.wait_minutes + record.work_minutes;
      wait_minutes[step_id] = (wait_minutes[step_id] ?? 0) + record.wait_minutes;
      cycle_minutes += minutes;
      const hours = this.definition.step(step_id)?.auto_escalation_hours;
      if (typeof hours === 'number' && minutes > hours * MINUTES_AN_HOUR) missed = true;
      if (cycle_minutes > timeout) {
        return { cycle_minutes: timeout, wait_minutes, missed: true, failed: true };
      }
      state = this.finish(state, record);
    }
    return { cycle_minutes, wait_minutes, missed, failed: state?.status !== 'completed' };
  }

  /** Steps that no recorded instance came to: their estimated time is taken. */
  unknownSteps(): string[] {
    return this.definition.steps
      .filter(({ step_id, step_type }) => step_type !== 'conditional' && !this.pool.has(step_id))
      .map(({ step_id }) => step_id);
  }

  private recordOf(step_id: string, left: RecordedStep[]): RecordedStep {
    const at = left.findIndex((step) => step.step_id === step_id);
    const [own] = at === -1 ? [] : left.splice(at, 1);
    if (own) return own;
    const pool = this.pool.get(step_id) ?? [];
    return (
      pool[Math.floor(this.random() * pool.length)] ?? {
        step_id,
        outcome: 'completed',
        output: {},
        wait_minutes: 0,
        work_minutes: this.definition.step(step_id)?.estimated_duration_minutes ?? 0,
      }
    );
  }

  /** The step is done as recorded; an approval level by level. */
  private finish(from: InstanceState, record: RecordedStep): InstanceState | null {
    const { current } = from;
    if (!current) return from;
    const commandAt = (step: CurrentStep): Command => commandOf(step, record);
    let state = this.act(from, commandAt(current));
    const levels = current.levels?.length ?? 0;
    for (
      let asked = 0;
      asked < levels && state?.current && isAt(state.current, current);
      asked += 1
    ) {
      state = this.act(state, commandAt(state.current));
    }
    return state;
  }

  /** Null: the engine refuses it, so that the instance would be stuck. */
  private act(state: InstanceState, command: Command): InstanceState | null {
    const decision = decide(this.definition, state, command, this.facts);
    return 'rejection' in decision ? null : decision.state;
  }
}

function isAt(now: CurrentStep, before: CurrentStep): boolean {
  return now.step_id === before.step_id && now.entry === before.entry;
}

function commandOf(
  { step_id, step_type, step_execution_id, levels }: CurrentStep,
  { outcome, output }: RecordedStep,
): Command {
  switch (step_type) {
    case 'approval': {
      const level = levels?.find(({ status }) => status === 'asked');
      return {
        type: 'decide_approval',
        step_id,
        decision: outcome === 'rejected' ? 'rejected' : 'approved',
        ...(level && { level: level.level }),
        approver: {
          id: `level ${String(level?.level)}`,
          roles: level?.roles ?? [],
          department: level?.department_required ?? null,
          management_level: level?.minimum_level ?? null,
        },
        comment: '',
        output,
      };
    }
    case 'automated':
    case 'parallel': {
      const tasks = output['tasks'];
      return {
        type: 'execution_ended',
        step_execution_id,
        execution_id: '',
        succeeded: outcome !== 'failed',
        output: { tasks: typeof tasks === 'object' && tasks !== null ? { ...tasks } : {} },
        error: null,
      };
    }
    case 'conditional':
    case 'user_task':
      return { type: 'complete_step', step_id, output };
  }
}
