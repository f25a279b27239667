import { Heap } from './heap.js';
import { topologicalOrder, type OrderedTask } from './order.js';
import type { FanOutItem } from './types.js';

export interface EstimatedTask extends OrderedTask {
  /** The larger starts first. */
  priority: number;
  /** What is left to do of it, in minutes. */
  minutes: number;
  item?: Pick<FanOutItem, 'of' | 'concurrency'> | null | undefined;
}

export interface GraphEstimate {
  /** Until the last task has ended, with `max_concurrent_tasks` in hand at a time and no failures. */
  minutes: number;
  /** The longest chain of tasks, first to last: no number of workers makes the graph faster than it. */
  critical_path: string[];
  critical_path_minutes: number;
}

/**
 * How long an acyclic graph takes when every task takes as long as estimated: list scheduling (Graham 1969), the way
 * the tasks are really handed out. Dependencies that are not in `tasks` count as done.
 */
export function estimateGraph(
  tasks: readonly EstimatedTask[],
  maxConcurrentTasks: number,
): GraphEstimate {
  return { minutes: makespan(tasks, maxConcurrentTasks), ...criticalPath(tasks) };
}

function criticalPath(
  tasks: readonly EstimatedTask[],
): Pick<GraphEstimate, 'critical_path' | 'critical_path_minutes'> {
  const byId = new Map(tasks.map((task) => [task.task_id, task]));
  const finish = new Map<string, { minutes: number; after: string | undefined }>();
  let last: string | undefined;
  for (const id of topologicalOrder(tasks)) {
    const task = byId.get(id);
    if (!task) continue;
    let start = 0;
    let after: string | undefined;
    for (const dependency of task.dependencies) {
      const before = finish.get(dependency);
      if (before && (after === undefined || before.minutes > start)) {
        start = before.minutes;
        after = dependency;
      }
    }
    const minutes = start + task.minutes;
    finish.set(id, { minutes, after });
    if (last === undefined || minutes > (finish.get(last)?.minutes ?? 0)) last = id;
  }
  const path: string[] = [];
  for (let at = last; at !== undefined; at = finish.get(at)?.after) path.push(at);
  return {
    critical_path: path.reverse(),
    critical_path_minutes: last === undefined ? 0 : (finish.get(last)?.minutes ?? 0),
  };
}

function makespan(tasks: readonly EstimatedTask[], maxConcurrentTasks: number): number {
  const ids = new Set(tasks.map((task) => task.task_id));
  const unmet = new Map<string, number>();
  const dependents = new Map<string, EstimatedTask[]>();
  const ready = new Heap<EstimatedTask>((a, b) => b.priority - a.priority);
  const windows = new Windows((task) => ready.push(task));
  for (const task of tasks) {
    const needed = new Set(task.dependencies.filter((id) => ids.has(id)));
    unmet.set(task.task_id, needed.size);
    if (needed.size === 0) windows.enter(task);
    for (const id of needed) {
      const waiting = dependents.get(id);
      if (waiting) waiting.push(task);
      else dependents.set(id, [task]);
    }
  }
  const running = new Heap<{ task: EstimatedTask; until: number }>((a, b) => a.until - b.until);
  let now = 0;
  for (;;) {
    while (running.size < maxConcurrentTasks) {
      const task = ready.pop();
      if (!task) break;
      running.push({ task, until: now + task.minutes });
    }
    const ended = running.pop();
    if (!ended) return now;
    now = ended.until;
    windows.leave(ended.task);
    for (const dependent of dependents.get(ended.task.task_id) ?? []) {
      const left = (unmet.get(dependent.task_id) ?? 0) - 1;
      unmet.set(dependent.task_id, left);
      if (left === 0) windows.enter(dependent);
    }
  }
}

/** Holds back items of fan-outs that take only so many at a time; all else passes. */
class Windows {
  private readonly fanOuts = new Map<
    string,
    { begun: number; waiting: EstimatedTask[]; passed: number }
  >();

  constructor(private readonly pass: (task: EstimatedTask) => void) {}

  enter(task: EstimatedTask): void {
    const { of, concurrency } = task.item ?? {};
    if (of === undefined || concurrency === null || concurrency === undefined)
      return this.pass(task);
    const window = this.fanOuts.get(of) ?? { begun: 0, waiting: [], passed: 0 };
    this.fanOuts.set(of, window);
    if (window.begun === concurrency) {
      window.waiting.push(task);
    } else {
      window.begun += 1;
      this.pass(task);
    }
  }

  leave({ item }: EstimatedTask): void {
    const window = item ? this.fanOuts.get(item.of) : undefined;
    if (!window) return;
    const next = window.waiting[window.passed];
    if (!next) {
      window.begun -= 1;
      return;
    }
    window.passed += 1;
    this.pass(next);
  }
}
