import type { Fault } from '#engine/errors';
import { tableRouteFaults } from '#engine/routing';
import {
  AGGREGATIONS,
  type DecisionTable,
  examineTable,
  HIT_POLICIES,
  tableFaults,
  type TableRule,
} from '#engine/table';
import { beyondShape, isJsonObject, shapeOf } from '#platform/http';

interface CheckedTable<T> {
  /** Null when its fields have not the right shape. */
  request: T | null;
  faults: Fault[];
  warnings: Fault[];
}

/**
 * All faults of a table in one list: of its fields, and of what they mean together, as far as the fields allow; and
 * what is odd about one without faults.
 * @param steps of the table's workflow; undefined when it is for all
 */
export async function checkTable<T extends Omit<DecisionTable, 'table_id'>>(
  body: unknown,
  type: new () => T,
  stepsOf: (workflowId: string | null) => Promise<ReadonlyMap<string, unknown> | undefined>,
): Promise<CheckedTable<T>> {
  const shape = await shapeOf(body, type);
  if (shape.value) {
    const table = { table_id: '', ...shape.value };
    const workflowId = isJsonObject(body) ? textIn(body, 'workflow_id') : null;
    const { faults, warnings } = examineTable(table);
    const all = [...faults, ...tableRouteFaults(table, await stepsOf(workflowId))];
    return { request: shape.value, faults: all, warnings };
  }
  const further = beyondShape(tableFaults(salvage(body)), shape.faults);
  // A broken field may be what another one lacks, or what makes it overlap.
  const sound = further.filter(({ code }) => !UNCERTAIN.has(code));
  return { request: null, faults: [...shape.faults, ...sound], warnings: [] };
}

const UNCERTAIN: ReadonlySet<string> = new Set(['overlapping_rules', 'priorities_missing']);

function salvage(body: unknown): DecisionTable {
  const fields = isJsonObject(body) ? body : {};
  return {
    table_id: '',
    table_name: '',
    hit_policy: HIT_POLICIES.find((policy) => policy === fields['hit_policy']) ?? 'collect',
    aggregation: AGGREGATIONS.find((word) => word === fields['aggregation']) ?? null,
    inputs: items(fields['inputs']).map((input) => ({
      label: '',
      expression: textIn(input, 'expression') ?? 'null',
    })),
    outputs: items(fields['outputs']).map((output) => ({
      name: '',
      values: list(output['values']).map((value) => text(value) ?? 'null'),
      default_value: textIn(output, 'default_value'),
    })),
    rules: items(fields['rules']).map(salvageRule),
  };
}

function salvageRule(fields: Record<string, unknown>, index: number): TableRule {
  return {
    rule_id: textIn(fields, 'rule_id') ?? `\u0000${index}`,
    inputs: list(fields['inputs']).map((cell) => text(cell) ?? '-'),
    outputs: list(fields['outputs']).map((cell) => text(cell) ?? 'null'),
    annotation: '',
  };
}

function items(value: unknown): Record<string, unknown>[] {
  return list(value).map((item) => (isJsonObject(item) ? item : {}));
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function textIn(fields: Record<string, unknown>, key: string): string | null {
  return text(fields[key]);
}
