/** Decision tables, in the words of DMN 1.5 §8.2. */

export const HIT_POLICIES = [
  'unique',
  'any',
  'priority',
  'first',
  'collect',
  'rule_order',
  'output_order',
] as const;
export type HitPolicy = (typeof HIT_POLICIES)[number];

/** What `collect` makes of the outputs of all rules that match; without one, their list. */
export const AGGREGATIONS = ['sum', 'min', 'max', 'count'] as const;
export type Aggregation = (typeof AGGREGATIONS)[number];

export interface TableInput {
  label: string;
  /** FEEL over the data: the value that the cells of this column test. */
  expression: string;
}

export interface TableOutput {
  /** The output's field, and its name in a result of several outputs. */
  name: string;
  /** FEEL values in their order of priority, highest first; of `priority` and `output_order`. */
  values: string[];
  /** FEEL: what it is when no rule matches. */
  default_value: string | null;
}

export interface TableRule {
  rule_id: string;
  /** One FEEL unary tests a column; `-` holds always. */
  inputs: string[];
  /** One FEEL expression an output. */
  outputs: string[];
  annotation: string;
}

export interface DecisionTable {
  table_id: string;
  table_name: string;
  hit_policy: HitPolicy;
  aggregation: Aggregation | null;
  inputs: TableInput[];
  outputs: TableOutput[];
  rules: TableRule[];
}
