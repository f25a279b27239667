import type { Fault } from '#engine/errors';
import { expressionFaults } from '#engine/expression';

import { analyseTable, type TableAnalysis } from './analysis.js';
import { compileTable } from './compiled-table.js';
import type { DecisionTable } from './types.js';

/**
 * Everything that is wrong with a table whose fields have the right shape: cells that do not parse, rows of the wrong
 * width, what its hit policy asks for, and of a unique table the rules that overlap, each with an input that shows it.
 */
export function tableFaults(table: DecisionTable): Fault[] {
  return examineTable(table).faults;
}

/** What is odd about a table without faults: inputs that no rule matches, and what could not be looked at. */
export function tableWarnings(table: DecisionTable): Fault[] {
  return warningsOf(table, analyseTable(compileTable(table)));
}

/** Faults as `tableFaults` finds them; where there are none, warnings as `tableWarnings` does. */
export function examineTable(table: DecisionTable): { faults: Fault[]; warnings: Fault[] } {
  const faults = [...shapeFaults(table), ...sourceFaults(table), ...policyFaults(table)];
  if (faults.length > 0) return { faults, warnings: [] };
  const analysis = analyseTable(compileTable(table));
  return { faults: overlapFaults(table, analysis), warnings: warningsOf(table, analysis) };
}

function warningsOf(table: DecisionTable, { gaps, incomplete }: TableAnalysis): Fault[] {
  const hasDefault = table.outputs.some(({ default_value: value }) => value !== null);
  return [
    ...(hasDefault ? [] : gaps).map(({ example, description }) => ({
      pointer: '/rules',
      code: 'gap',
      message: `No rule matches where ${description}, such as ${JSON.stringify(example)}.`,
    })),
    ...incomplete.map((message) => ({ pointer: '/rules', code: 'analysis_incomplete', message })),
  ];
}

function shapeFaults({ inputs, outputs, rules }: DecisionTable): Fault[] {
  const ids = new Map<string, number>();
  return rules.flatMap((rule, index) => {
    const at = `/rules/${index}`;
    const earlier = ids.get(rule.rule_id);
    ids.set(rule.rule_id, earlier ?? index);
    const width = (field: 'inputs' | 'outputs', wanted: number): Fault[] =>
      rule[field].length === wanted
        ? []
        : [
            {
              pointer: `${at}/${field}`,
              code: 'wrong_width',
              message: `The rule has ${rule[field].length} ${field}, the table ${wanted}; give one for each column.`,
            },
          ];
    return [
      ...(earlier === undefined
        ? []
        : [
            {
              pointer: `${at}/rule_id`,
              code: 'duplicate_rule_id',
              message: `rule_id ${JSON.stringify(rule.rule_id)} is already used at /rules/${earlier}.`,
            },
          ]),
      ...width('inputs', inputs.length),
      ...width('outputs', outputs.length),
    ];
  });
}

function sourceFaults({ inputs, outputs, rules }: DecisionTable): Fault[] {
  return [
    ...inputs.flatMap(({ expression }, index) =>
      expressionFaults(expression, `/inputs/${index}/expression`),
    ),
    ...outputs.flatMap(({ values, default_value }, index) => [
      ...values.flatMap((source, position) =>
        expressionFaults(source, `/outputs/${index}/values/${position}`),
      ),
      ...(default_value === null
        ? []
        : expressionFaults(default_value, `/outputs/${index}/default_value`)),
    ]),
    ...rules.flatMap((rule, index) => [
      ...rule.inputs.flatMap((source, column) =>
        expressionFaults(source, `/rules/${index}/inputs/${column}`, { kind: 'unaryTests' }),
      ),
      ...rule.outputs.flatMap((source, column) =>
        expressionFaults(source, `/rules/${index}/outputs/${column}`),
      ),
    ]),
  ];
}

function policyFaults({ hit_policy, aggregation, outputs }: DecisionTable): Fault[] {
  const faults: Fault[] = [];
  if (aggregation !== null && hit_policy !== 'collect') {
    faults.push({
      pointer: '/aggregation',
      code: 'misplaced_field',
      message: 'aggregation belongs to the hit policy collect; take it away or change hit_policy.',
    });
  }
  if (aggregation !== null && outputs.length > 1) {
    faults.push({
      pointer: '/outputs',
      code: 'one_output_only',
      message: 'A table that aggregates has one output; take the others away.',
    });
  }
  if (
    (hit_policy === 'priority' || hit_policy === 'output_order') &&
    outputs.every(({ values }) => values.length === 0)
  ) {
    faults.push({
      pointer: '/outputs/0/values',
      code: 'priorities_missing',
      message: `The hit policy ${hit_policy} needs the output's values in their order of priority.`,
    });
  }
  return faults;
}

function overlapFaults({ hit_policy, rules }: DecisionTable, { overlaps }: TableAnalysis): Fault[] {
  if (hit_policy !== 'unique') return [];
  const position = new Map(rules.map(({ rule_id }, index) => [rule_id, index]));
  return overlaps.map(({ rule_ids: [first, second], example }) => ({
    pointer: `/rules/${position.get(second)}`,
    code: 'overlapping_rules',
    message: `Rules ${first} and ${second} both match, such as on ${JSON.stringify(example)}; a unique table lets one rule match.`,
  }));
}
