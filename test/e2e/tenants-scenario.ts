import type { OpenAPIObject } from '@nestjs/swagger';

/** One value of each kind of id. */
export type Ids = Record<string, string | undefined>;

export const WORKFLOW = {
  workflow_name: 'Same name',
  category: 'test',
  steps: [
    { step_id: 'ask', step_name: 'Ask', step_type: 'user_task', order_sequence: 1 },
    { step_id: 'work', step_name: 'Work', step_type: 'parallel', order_sequence: 2 },
  ],
};

export const RULE = {
  rule_id: 'same',
  rule_name: 'Same',
  condition_type: 'data_threshold',
  condition_expression: 'n > 100',
  target_action: 'auto_approve',
};

export const TREE = {
  tree_id: 'same',
  tree_name: 'Same',
  root_node_id: 'root',
  nodes: [
    { node_id: 'root', node_type: 'condition', condition_expression: 'n > 100', true_path: 'no' },
    { node_id: 'no', node_type: 'action', action_type: 'reject' },
  ],
};

export const TABLE = {
  table_id: 'same',
  table_name: 'Same',
  hit_policy: 'unique',
  inputs: [{ label: 'N', expression: 'n' }],
  outputs: [{ name: 'target_step_id' }],
  rules: [{ rule_id: 'large', inputs: ['> 100'], outputs: ['"ask"'] }],
};

export const PERSON = { name: 'Anna', roles: ['manager'] };

export const CALENDAR = {
  name: 'Same',
  time_zone: 'Europe/Berlin',
  working_hours: { monday: [{ from: '09:00', to: '17:00' }] },
};

export const CHANGE = {
  modification_type: 'update_timeout',
  global_changes: { global_timeout_hours: 12 },
  reason: 'It takes longer than it did.',
  requested_by: 'ada',
};

const { rule_id: _rule, ...rule } = RULE;
const { tree_id: _tree, ...tree } = TREE;
const { table_id: _table, ...table } = TABLE;

/** What routes with an id have to be sent beside it. */
export const BODIES: Readonly<Record<string, (ids: Ids) => unknown>> = {
  'PUT /workflows/{workflow_id}': () => WORKFLOW,
  'PUT /conditional/rules/{rule_id}': () => rule,
  'PUT /conditional/decision-trees/{tree_id}': () => tree,
  'PUT /conditional/decision-tables/{table_id}': () => table,
  'PUT /access/people/{person_id}': () => PERSON,
  'PUT /access/calendars/{calendar_id}': () => CALENDAR,
  'POST /parallel/tasks/{task_execution_id}/complete': ({ lock_token }) => ({ lock_token }),
  'POST /parallel/tasks/{task_execution_id}/fail': ({ lock_token }) => ({
    lock_token,
    error_message: 'no',
  }),
  'POST /parallel/tasks/{task_execution_id}/extend': ({ lock_token }) => ({
    lock_token,
    lock_seconds: 10,
  }),
};

/** `GET /things/{thing_id}` with the id. */
export function fill(route: string, ids: Ids): string {
  return route.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(ids[name] ?? ''));
}

interface Schema {
  $ref?: string;
  allOf?: Schema[];
  example?: unknown;
  enum?: unknown[];
  type?: string;
  required?: string[];
  properties?: Record<string, Schema>;
}

/** As little as the document says has to be sent. */
export function least(given: Schema, document: OpenAPIObject): unknown {
  const [inner] = given.allOf ?? [];
  const name = given.$ref ?? inner?.$ref;
  const schemas = document.components?.schemas as Record<string, Schema>;
  const schema = (name && schemas[name.slice(name.lastIndexOf('/') + 1)]) || given;
  if (schema.example !== undefined) return schema.example;
  if (schema.enum) return schema.enum[0];
  if (schema.type === 'string') return 'some text';
  if (schema.type === 'array') return [];
  if (schema.type !== 'object') return 1;
  const needed = schema.required ?? [];
  return Object.fromEntries(
    needed.map((field) => [field, least(schema.properties?.[field] ?? {}, document)]),
  );
}

type Operation = { requestBody?: { content: Record<string, { schema: Schema }> } };

/** What to send to a route beside its ids; undefined where it takes nothing. */
export function bodyOf(
  route: string,
  { requestBody }: Operation,
  ids: Ids,
  document: OpenAPIObject,
): unknown {
  const schema = requestBody?.content['application/json']?.schema;
  return BODIES[route]?.(ids) ?? (schema && least(schema, document));
}
