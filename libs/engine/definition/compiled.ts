import type { CompiledExpression } from '#engine/expression';
import { compileForm, type Form } from '#engine/form';

import {
  type NoticeKind,
  type NotificationSettings,
  OF_STEP,
  OF_WORKFLOW,
  readSettings,
  type SettingsOf,
} from '#engine/notification';

import { compileCondition } from './condition.js';
import type { ApprovalLevel, RoutingRule, StepDefinition, WorkflowDefinition } from './types.js';

export interface CompiledRule extends RoutingRule {
  condition: CompiledExpression;
}

export interface CompiledLevel extends ApprovalLevel {
  bypasses: readonly { source: string; condition: CompiledExpression }[];
}

/** One version of a definition, made ready to decide with: immutable, so one copy serves every instance pinned to it. */
export interface CompiledDefinition {
  workflow_id: string;
  version_number: number;
  definition: WorkflowDefinition;
  /** In `order_sequence`. */
  steps: readonly StepDefinition[];
  /** By priority, then as written. */
  rules: readonly CompiledRule[];
  levels: readonly CompiledLevel[];
  step(stepId: string): StepDefinition | undefined;
  /** The step after this one in `order_sequence`; undefined after the last. */
  stepAfter(stepId: string): StepDefinition | undefined;
  /** The steps that need other people than this one does, whichever of the two says so. */
  apartFrom(stepId: string): readonly string[];
  /** What a step's output has to fit; undefined: whatever it is. A form of earlier times that is none asks for nothing. */
  formOf(stepId: string): Form | undefined;
  /** Whether people are told of anything at any step. */
  tells: boolean;
  /** Where people are told of such a thing at a step: as its own settings say, and the workflow's. */
  toldAt(stepId: string, notice: NoticeKind): readonly NotificationSettings[];
  /** `conditions.expression` of a step, where it has one. */
  entryCondition(stepId: string): CompiledExpression | undefined;
}

/** @throws ExpressionSyntaxError when an expression does not parse; `definitionFaults` finds all of them first. */
export function compileDefinition(
  key: { workflow_id: string; version_number: number },
  definition: WorkflowDefinition,
): CompiledDefinition {
  const steps = definition.steps.toSorted((a, b) => a.order_sequence - b.order_sequence);
  const position = new Map(steps.map((step, index) => [step.step_id, index]));
  const entryConditions = new Map(
    steps.flatMap((step) => {
      const source = entryExpression(step);
      return source === undefined ? [] : [[step.step_id, compileCondition(source)] as const];
    }),
  );
  const everywhere = settingsOf(definition.notification_escalation, OF_WORKFLOW);
  const told = new Map(
    steps.map(({ step_id, notification_settings }) => [
      step_id,
      [...settingsOf(notification_settings, OF_STEP), ...everywhere],
    ]),
  );
  const apart = new Map<string, string[]>();
  for (const { step_id, different_person_from } of steps) {
    for (const other of different_person_from) {
      apart.set(step_id, [...(apart.get(step_id) ?? []), other]);
      apart.set(other, [...(apart.get(other) ?? []), step_id]);
    }
  }
  // compiled when they are needed: few of many versions' forms ever are
  const forms = new Map<string, Form | null>();
  const step = (stepId: string): StepDefinition | undefined => steps[position.get(stepId) ?? -1];
  return {
    ...key,
    definition,
    steps,
    rules: definition.routing_rules
      .map((rule) => ({ ...rule, condition: compileCondition(rule.condition_expression) }))
      .sort((a, b) => a.priority - b.priority),
    levels: definition.approval_hierarchies
      .map((level) => ({
        ...level,
        bypasses: level.bypass_conditions.map((source) => ({
          source,
          condition: compileCondition(source),
        })),
      }))
      .sort((a, b) => a.level - b.level),
    step,
    stepAfter: (stepId) => {
      const index = position.get(stepId);
      return index === undefined ? undefined : steps[index + 1];
    },
    apartFrom: (stepId) => apart.get(stepId) ?? [],
    formOf: (stepId) => {
      const known = forms.get(stepId);
      if (known !== undefined) return known ?? undefined;
      const { form } = compileForm(step(stepId)?.form_schema ?? {});
      forms.set(stepId, form);
      return form ?? undefined;
    },
    tells: [...told.values()].some((settings) => settings.length > 0),
    toldAt: (stepId, notice) => (told.get(stepId) ?? []).filter(({ on }) => on.includes(notice)),
    entryCondition: (stepId) => entryConditions.get(stepId),
  };
}

/** For those who try what may come of a definition, and have nothing to fill in. */
export function withoutForms(definition: CompiledDefinition): CompiledDefinition {
  return { ...definition, formOf: () => undefined };
}

function settingsOf(
  settings: WorkflowDefinition['notification_escalation'],
  of: SettingsOf,
): NotificationSettings[] {
  const read = readSettings(settings, of);
  return read ? [read] : [];
}

/** The FEEL source that must hold for a step to be entered instead of skipped. */
export function entryExpression(step: Pick<StepDefinition, 'conditions'>): string | undefined {
  const source = step.conditions['expression'];
  return typeof source === 'string' ? source : undefined;
}
