import type { AccessRows, ProductRole } from '#platform/auth';

const only = (...roles: ProductRole[]): ProductRole[] => [...roles, 'admin'];

/** Sees what was defined, what runs, what was decided and what came of it. */
const SEES = only('viewer', 'designer', 'operator', 'approver_of_changes');
/** Needs to know what can be started, and no more. */
const SEES_WORKFLOWS = only('viewer', 'participant', 'designer', 'operator', 'approver_of_changes');
/** Participants those that they have a part in: `InstancesService` tells which. */
const SEES_INSTANCES = SEES_WORKFLOWS;
const DESIGNS = only('designer');
/** Takes part in processes as one of their people. */
const TAKES_PART = only('participant', 'operator');
const OPERATES = only('operator');
/** A change is proposed by who designs or who operates, and decided by somebody else. */
const PROPOSES_CHANGES = only('designer', 'operator');
const DECIDES_CHANGES = only('approver_of_changes');
const WORKS = only('worker');
const ADMINISTERS = only();

const INSTANCE = '/workflows/{workflow_id}/instances/{workflow_instance_id}';

/**
 * Who may call what: the only place that says so. The door asks it before a request's body is read, OpenAPI and
 * docs/access.md are made from it, and a route that is not in it is closed to everybody.
 */
export const ROUTE_ACCESS: AccessRows = {
  'GET /health': 'everybody',
  'GET /health/live': 'everybody',
  'GET /health/ready': 'everybody',
  'GET /health/startup': 'everybody',

  'GET /openapi.json': 'authenticated',
  'GET /docs': 'authenticated',
  'GET /docs/{asset}': 'authenticated',
  'GET /capabilities': 'authenticated',
  'GET /metrics': only('viewer', 'operator'),
  'GET /system/metrics': only('viewer', 'operator'),

  'POST /multi-step/create': DESIGNS,
  'POST /workflows/validate': DESIGNS,
  'GET /workflows': SEES_WORKFLOWS,
  'GET /workflows/{workflow_id}': SEES_WORKFLOWS,
  'PUT /workflows/{workflow_id}': DESIGNS,
  'DELETE /workflows/{workflow_id}': DESIGNS,
  'GET /workflows/{workflow_id}/versions': SEES,
  'POST /workflows/{workflow_id}/activate': DESIGNS,

  'POST /workflows/{workflow_id}/instances': TAKES_PART,
  'GET /workflows/{workflow_id}/instances': SEES_INSTANCES,
  'GET /instances': SEES_INSTANCES,
  [`GET ${INSTANCE}`]: SEES_INSTANCES,
  [`GET ${INSTANCE}/history`]: SEES_INSTANCES,
  [`GET ${INSTANCE}/notifications`]: SEES_INSTANCES,
  'GET /inbox': TAKES_PART,
  'GET /inbox/counts': TAKES_PART,
  [`GET ${INSTANCE}/steps/{step_id}/can-act`]: SEES_INSTANCES,
  [`POST ${INSTANCE}/steps/{step_id}/complete`]: TAKES_PART,
  [`POST ${INSTANCE}/steps/{step_id}/approve`]: TAKES_PART,
  [`POST ${INSTANCE}/steps/{step_id}/reject`]: TAKES_PART,
  [`POST ${INSTANCE}/steps/{step_id}/send-back`]: TAKES_PART,
  [`POST ${INSTANCE}/steps/{step_id}/ask`]: TAKES_PART,
  [`POST ${INSTANCE}/steps/{step_id}/answer`]: TAKES_PART,
  [`POST ${INSTANCE}/steps/{step_id}/claim`]: TAKES_PART,
  [`POST ${INSTANCE}/steps/{step_id}/release`]: TAKES_PART,
  [`POST ${INSTANCE}/steps/{step_id}/assign`]: TAKES_PART,
  [`POST ${INSTANCE}/steps/{step_id}/delegate`]: TAKES_PART,
  [`POST ${INSTANCE}/steps/{step_id}/hand-back`]: TAKES_PART,
  [`PUT ${INSTANCE}/steps/{step_id}/form-data`]: TAKES_PART,
  [`POST ${INSTANCE}/steps/{step_id}/comments`]: TAKES_PART,
  [`GET ${INSTANCE}/steps/{step_id}/comments`]: SEES_INSTANCES,
  [`POST ${INSTANCE}/suspend`]: OPERATES,
  [`POST ${INSTANCE}/resume`]: OPERATES,
  [`POST ${INSTANCE}/cancel`]: OPERATES,

  'PUT /conditional/route': OPERATES,
  'GET /conditional/decisions': SEES,
  'GET /conditional/decisions/{decision_id}': SEES,
  'POST /conditional/decisions/{decision_id}/choose': TAKES_PART,
  'POST /conditional/evaluate': DESIGNS,
  'POST /conditional/rules': DESIGNS,
  'GET /conditional/rules': SEES,
  'GET /conditional/rules/{rule_id}': SEES,
  'PUT /conditional/rules/{rule_id}': DESIGNS,
  'DELETE /conditional/rules/{rule_id}': DESIGNS,
  'POST /conditional/decision-trees': DESIGNS,
  'GET /conditional/decision-trees': SEES,
  'GET /conditional/decision-trees/{tree_id}': SEES,
  'PUT /conditional/decision-trees/{tree_id}': DESIGNS,
  'DELETE /conditional/decision-trees/{tree_id}': DESIGNS,
  'POST /conditional/decision-tables': DESIGNS,
  'GET /conditional/decision-tables': SEES,
  'GET /conditional/decision-tables/{table_id}': SEES,
  'PUT /conditional/decision-tables/{table_id}': DESIGNS,
  'DELETE /conditional/decision-tables/{table_id}': DESIGNS,
  'GET /conditional/decision-tables/{table_id}/versions': SEES,
  'GET /conditional/models': SEES,
  'GET /conditional/models/{model_id}': SEES,
  'POST /conditional/backtest': DESIGNS,
  'GET /conditional/backtest/{backtest_id}': SEES,

  'POST /parallel/execute': OPERATES,
  'GET /parallel/executions/{execution_id}': SEES,
  'GET /parallel/executions/{execution_id}/synchronization-points': SEES,
  'GET /parallel/executions/{execution_id}/tasks': SEES,
  'GET /parallel/executions/{execution_id}/events': SEES,
  'POST /parallel/executions/{execution_id}/cancel': OPERATES,
  'POST /parallel/executions/{execution_id}/retry': OPERATES,
  'GET /parallel/circuit-breakers': SEES,
  'GET /parallel/circuit-breakers/{kind}/{name}': SEES,
  'POST /parallel/circuit-breakers/{kind}/{name}/open': OPERATES,
  'POST /parallel/circuit-breakers/{kind}/{name}/close': OPERATES,
  'GET /parallel/incidents': SEES,
  'GET /parallel/incidents/{incident_id}': SEES,
  'GET /parallel/incidents/batches/{batch_id}': SEES,
  'POST /parallel/incidents/retry': OPERATES,
  'POST /parallel/incidents/skip': OPERATES,
  'POST /parallel/incidents/{incident_id}/retry': OPERATES,
  'POST /parallel/incidents/{incident_id}/skip': OPERATES,
  'POST /parallel/incidents/{incident_id}/fail': OPERATES,
  'POST /parallel/tasks/claim': WORKS,
  'POST /parallel/tasks/complete': WORKS,
  'POST /parallel/tasks/{task_execution_id}/complete': WORKS,
  'POST /parallel/tasks/{task_execution_id}/fail': WORKS,
  'POST /parallel/tasks/{task_execution_id}/extend': WORKS,

  'GET /advanced/analytics': SEES,

  'POST /dynamic/modify': PROPOSES_CHANGES,
  'POST /dynamic/preview': PROPOSES_CHANGES,
  'POST /dynamic/what-if': PROPOSES_CHANGES,
  'GET /dynamic/status/{modification_id}': SEES,
  'GET /dynamic/status/{modification_id}/events': SEES,
  'GET /dynamic/effects/{modification_id}': SEES,
  'GET /dynamic/modifications': SEES,
  'POST /dynamic/approve/{modification_id}': DECIDES_CHANGES,
  'POST /dynamic/reject/{modification_id}': DECIDES_CHANGES,
  'POST /dynamic/review/{modification_id}': DECIDES_CHANGES,
  'POST /dynamic/apply/{modification_id}': OPERATES,
  'POST /dynamic/rollback/{modification_id}': OPERATES,
  'POST /dynamic/pause/{modification_id}': OPERATES,
  'POST /dynamic/resume/{modification_id}': OPERATES,
  'POST /dynamic/reapply/{modification_id}': OPERATES,
  'GET /dynamic/monitoring/{modification_id}': SEES,
  'POST /dynamic/routing-overrides': OPERATES,
  'GET /dynamic/routing-overrides': SEES,
  'DELETE /dynamic/routing-overrides/{routing_id}': OPERATES,

  'POST /access/keys': ADMINISTERS,
  'GET /access/keys': ADMINISTERS,
  'DELETE /access/keys/{key_id}': ADMINISTERS,
  'POST /access/keys/{key_id}/rotate': ADMINISTERS,

  'GET /access/me': 'authenticated',
  'POST /access/people': ADMINISTERS,
  'POST /access/people/bulk': ADMINISTERS,
  'GET /access/people': OPERATES,
  'GET /access/people/{person_id}': OPERATES,
  'PUT /access/people/{person_id}': ADMINISTERS,
  'DELETE /access/people/{person_id}': ADMINISTERS,
  'POST /access/people/{person_id}/erase': ADMINISTERS,
  'POST /access/calendars': ADMINISTERS,
  'GET /access/calendars': OPERATES,
  'PUT /access/calendars/{calendar_id}': ADMINISTERS,
  'DELETE /access/calendars/{calendar_id}': ADMINISTERS,
  'POST /access/absences': TAKES_PART,
  'GET /access/absences': TAKES_PART,
  'POST /access/absences/{absence_id}/end': TAKES_PART,

  'GET /audit': ADMINISTERS,
  'POST /audit/erasures': ADMINISTERS,
};
