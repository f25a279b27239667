import type { InstanceEvent } from '#engine/instance';
import { newId, statement, type Tx, unawaited } from '#persistence';

import type { InstanceMove } from './instance-move.js';

/** $1: [{incident_id, kind, …}]. Of a failed step, with the task that its work failed of. */
const raiseInstanceIncidents = statement<object, [string]>(
  'raise_instance_incidents',
  `
  insert into incidents
    (incident_id, kind, workflow_id, workflow_instance_id, instance_id, step_execution_id, step_id, execution_id,
     task_execution_id, task_id, task_type, attempts, error_code, error_message, error, correlation_id)
  select r.incident_id, r.kind, r.workflow_id, r.workflow_instance_id, r.instance_id, r.step_execution_id, r.step_id,
         e.execution_id, t.task_execution_id, t.task_id, t.task_type, coalesce(t.attempt, 0),
         left(t.last_error ->> 'code', 100), r.message, t.last_error, coalesce(r.correlation_id, e.correlation_id)
  from jsonb_to_recordset($1::jsonb) as r(
    incident_id uuid, kind text, workflow_id uuid, workflow_instance_id text, instance_id uuid, step_execution_id uuid,
    step_id text, message text, correlation_id text)
  left join lateral (
    select * from parallel_executions e where e.step_execution_id = r.step_execution_id order by e.created_at desc limit 1
  ) e on true
  left join lateral (
    select * from task_executions t where t.execution_id = e.execution_id and t.status = 'failed' order by t.ordinal limit 1
  ) t on true`,
);

/** Instances that have failed by themselves stand still until somebody decides: each is an incident. */
export function raiseIncidents(tx: Tx, moves: readonly InstanceMove[]): void {
  const raised = moves.flatMap(({ instance, events }) => {
    const cause = causeOf(events);
    return cause ? [{ ...instance, ...cause, incident_id: newId() }] : [];
  });
  if (raised.length > 0) unawaited(tx, raiseInstanceIncidents(tx, [JSON.stringify(raised)]));
}

function causeOf(events: readonly InstanceEvent[]): object | undefined {
  const [last] = events.slice(-1);
  const [before] = events.slice(-2);
  if (last?.type !== 'instance_failed') return undefined;
  switch (before?.type) {
    case 'incident_raised': {
      const { kind, step_id, message } = before;
      return { kind, step_id, message };
    }
    case 'step_failed': {
      const { step_execution_id, step_id, error } = before;
      return { kind: 'step_failed', step_execution_id, step_id, message: error };
    }
    default:
      return undefined;
  }
}
