import { compile } from '#engine/expression';
import {
  type GraphRun,
  isFailedItem,
  type RunEvent,
  startable,
  type TaskDefinition,
  transition,
} from '#engine/graph';

export const holds = (expression: string, context: object): boolean =>
  compile(expression).test(context).matched;

/** A run with what a process of ours does in it by itself: fan-outs whose items have ended are gathered. */
export function gathered(run: GraphRun): GraphRun {
  const gather = startable(run).find(({ definition }) => definition.handler?.type === 'gather');
  if (!gather) return run;
  const { task_id } = gather.definition;
  return gathered(
    [{ type: 'task_started', task_id } as const, endOfGather(run, gather.definition)].reduce(
      (state, event) => transition(state, event, holds),
      run,
    ),
  );
}

function endOfGather(run: GraphRun, { task_id, handler }: TaskDefinition): RunEvent {
  const failed = [...run.tasks.values()].filter(
    (task) => task.definition.item?.of === task_id && isFailedItem(task),
  );
  const good =
    handler?.type === 'gather' && handler.fault === undefined && failed.length <= handler.tolerated;
  return good
    ? { type: 'task_completed', task_id, output: {} }
    : { type: 'task_failed', task_id, retryable: false };
}
