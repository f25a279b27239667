import {
  type Change,
  diffDefinitions,
  type StepMapping,
  stepMapping,
  type WorkflowDefinition,
} from '#engine/definition';
import { DomainError } from '#engine/errors';
import { compile, toJson } from '#engine/expression';
import type { JsonObject } from '#engine/graph';
import type { CommandOf, CurrentStep, TimerPolicy } from '#engine/instance';
import { tryCondition } from '#engine/routing';

export const APPLY_TO = ['new_instances', 'all', 'filter'] as const;
export type ApplyTo = (typeof APPLY_TO)[number];

export const IN_PROGRESS = ['move', 'finish', 'cancel'] as const;
export type InProgress = (typeof IN_PROGRESS)[number];

/** How running instances are moved. */
export interface Migration {
  step_mapping: StepMapping;
  /** FEEL; null: all of them. */
  filter: string | null;
  in_progress: InProgress;
  /** Field → FEEL. */
  values: Readonly<Record<string, string>>;
  timers: TimerPolicy;
}

/** What of a running instance decides how it is moved. */
export interface OpenInstance {
  workflow_instance_id: string;
  version_number: number;
  status: string;
  data: JsonObject;
  current_step: CurrentStep | null;
  step_entries: Record<string, number>;
  started_at: Date;
}

export type PlannedMove =
  | { kind: 'move'; command: CommandOf<'migrate'> }
  /** It is not among those that are to be moved. */
  | { kind: 'leave' }
  /** It finishes the work at its step first. */
  | { kind: 'wait' };

const MS_AN_HOUR = 3_600_000;

/** Moves of instances to one version, worked out one by one: the same for the preview and for the act. */
export class MigrationPlan {
  private readonly touched = new Map<WorkflowDefinition, ReadonlySet<string>>();

  constructor(
    private readonly to: { version_number: number; definition: WorkflowDefinition },
    private readonly migration: Migration,
    private readonly reason: string,
  ) {}

  /**
   * @param now epoch milliseconds
   * @throws DomainError modification_not_applicable, when a value cannot be worked out
   */
  moveOf(instance: OpenInstance, from: WorkflowDefinition, now: number): PlannedMove {
    const { filter, values, in_progress, step_mapping, timers } = this.migration;
    if (filter !== null && !holds(filter, instance, now)) return { kind: 'leave' };
    const { current_step: current } = instance;
    const underWay = current !== null && !current.awaiting?.step_ended;
    const interrupted = underWay && this.touchedIn(from).has(current.step_id);
    if (interrupted && in_progress === 'finish') return { kind: 'wait' };
    return {
      kind: 'move',
      command: {
        type: 'migrate',
        from_version: instance.version_number,
        to_version: this.to.version_number,
        step_mapping: stepMapping(from, this.to.definition, step_mapping),
        reason: this.reason,
        data: valuesFor(values, instance, now),
        enter_anew: interrupted && in_progress === 'cancel',
        timers,
      },
    };
  }

  /** Steps of the old version at which work cannot simply go on as it was begun. */
  private touchedIn(from: WorkflowDefinition): ReadonlySet<string> {
    const known = this.touched.get(from);
    if (known) return known;
    const { changes } = diffDefinitions(from, this.to.definition);
    const touched = new Set([
      ...Object.keys(this.migration.step_mapping),
      ...changes.flatMap((change) => stepsOf(change, from)),
    ]);
    this.touched.set(from, touched);
    return touched;
  }
}

/** Whether an instance is among those that a filter lets through. */
export function holds(filter: string, instance: OpenInstance, now: number): boolean {
  return tryCondition(compile(filter), contextOf(instance, now), now).matched;
}

function stepsOf(change: Change, from: WorkflowDefinition): string[] {
  switch (change.kind) {
    case 'step_removed':
      return [change.step.step_id];
    case 'step_changed':
      return isPlaceAlone(change.fields) ? [] : [change.step_id];
    case 'level_added':
    case 'level_removed':
    case 'level_changed':
      return from.steps.flatMap(({ step_id, step_type }) =>
        step_type === 'approval' ? [step_id] : [],
      );
    default:
      return [];
  }
}

/** A step that only has another place in the order asks for the same work. */
function isPlaceAlone(fields: object): boolean {
  return Object.keys(fields).every((field) => field === 'order_sequence');
}

function contextOf(instance: OpenInstance, now: number): JsonObject {
  const { data, current_step, step_entries, started_at, ...rest } = instance;
  const { workflow_instance_id, version_number, status } = rest;
  return {
    ...data,
    instance: {
      workflow_instance_id,
      version_number,
      status,
      step_id: current_step?.step_id ?? null,
      steps_entered: Object.keys(step_entries).filter(
        (step_id) => (step_entries[step_id] ?? 0) > 0,
      ),
      age_hours: (now - started_at.getTime()) / MS_AN_HOUR,
    },
  };
}

/** @throws DomainError modification_not_applicable */
function valuesFor(values: Migration['values'], instance: OpenInstance, now: number): JsonObject {
  const lacking = Object.entries(values).filter(([name]) => !Object.hasOwn(instance.data, name));
  if (lacking.length === 0) return {};
  const context = contextOf(instance, now);
  return Object.fromEntries(
    lacking.map(([name, source]) => {
      const { value, warnings } = compile(source).evaluate(context, { now });
      const [warning] = warnings;
      if (warning) {
        throw new DomainError(
          'modification_not_applicable',
          `Its ${name} cannot be worked out by ${source}: ${warning.message}`,
          { field: name },
        );
      }
      return [name, toJson(value).value];
    }),
  );
}
