import type { Fault } from '#engine/errors';
import type { JsonObject } from '#engine/graph';

import type { WorkflowDefinition } from './types.js';

export const REQUEST = '/workflow_modification';

/** A definition while it is edited: plain parts, and where in the request each touched one comes from. */
export class Draft {
  readonly faults: Fault[] = [];
  /** In `order_sequence`, as far as that is a number. */
  steps: JsonObject[];
  rules: JsonObject[];
  readonly fields: JsonObject;
  readonly globals = new Set<string>();
  private readonly origins = new Map<JsonObject, string>();

  constructor(definition: WorkflowDefinition) {
    const { steps, routing_rules, ...fields } = definition;
    this.steps = steps
      .toSorted((a, b) => a.order_sequence - b.order_sequence)
      .map((step) => ({ ...step }));
    this.rules = routing_rules.map((rule) => ({ ...rule }));
    this.fields = fields;
  }

  fault(pointer: string, code: string, message: string): void {
    this.faults.push({ pointer, code, message });
  }

  step(stepId: string): JsonObject | undefined {
    return this.steps.find((step) => step['step_id'] === stepId);
  }

  /** From now on faults of this step or rule belong to the modification at `pointer`. */
  touch(part: JsonObject, pointer: string): void {
    this.origins.set(part, pointer);
  }

  /** Puts a step behind another, or at the end; steps after it are only counted up where the numbers meet. */
  place(step: JsonObject, after: JsonObject | undefined): void {
    const others = this.steps.filter((other) => other !== step);
    const index = after === undefined ? others.length : others.indexOf(after) + 1;
    this.steps = others.toSpliced(index, 0, step);
    let least = index === 0 ? 1 : sequenceOf(this.steps[index - 1]) + 1;
    step['order_sequence'] = least;
    for (const following of this.steps.slice(index + 1)) {
      least += 1;
      if (sequenceOf(following) >= least) return;
      following['order_sequence'] = least;
    }
  }

  finished(): JsonObject {
    return { ...this.fields, steps: this.steps, routing_rules: this.rules };
  }

  pointerOf(draftPointer: string): string {
    const [, list, index, rest = ''] =
      /^\/(steps|routing_rules)\/(\d+)(\/.*)?$/.exec(draftPointer) ?? [];
    const part = (list === 'steps' ? this.steps : this.rules)[Number(index)];
    const origin = part && this.origins.get(part);
    if (list !== undefined && origin !== undefined) {
      return list === 'steps' ? stepPointer(origin, rest) : rulePointer(origin, rest);
    }
    const field = draftPointer.split('/')[1] ?? '';
    return this.globals.has(field) ? `${REQUEST}/global_changes${draftPointer}` : REQUEST;
  }
}

function stepPointer(origin: string, rest: string): string {
  return rest === '' || rest === '/step_id' ? origin + rest : `${origin}/new_configuration${rest}`;
}

function rulePointer(origin: string, rest: string): string {
  return rest === '/target_step_id' ? `${origin}/step_id` : `${origin}/routing_conditions${rest}`;
}

function sequenceOf(step: JsonObject | undefined): number {
  const value = step?.['order_sequence'];
  return typeof value === 'number' ? value : 0;
}
