/** The part of a task that ordering needs. */
export interface OrderedTask {
  task_id: string;
  dependencies: readonly string[];
}

/** Dependencies of a task that are tasks of this graph, each once. */
function known(task: OrderedTask, ids: ReadonlySet<string>): string[] {
  return [...new Set(task.dependencies)].filter((id) => ids.has(id));
}

/**
 * Task ids so that each stands after all it depends on, ties in the order written (Kahn 1962). Members of a cycle, and
 * what lies behind one, are left out; dependencies that are none of the tasks are ignored.
 */
export function topologicalOrder(tasks: readonly OrderedTask[]): string[] {
  const ids = new Set(tasks.map((task) => task.task_id));
  const unmet = new Map<string, number>();
  const dependents = new Map<string, string[]>();
  for (const task of tasks) {
    const needed = known(task, ids);
    unmet.set(task.task_id, needed.length);
    for (const id of needed) {
      const waiting = dependents.get(id);
      if (waiting) waiting.push(task.task_id);
      else dependents.set(id, [task.task_id]);
    }
  }
  const order = [...unmet].filter(([, count]) => count === 0).map(([id]) => id);
  // `order` grows while it is read: it is its own queue.
  for (const id of order) {
    for (const dependent of dependents.get(id) ?? []) {
      const left = (unmet.get(dependent) ?? 0) - 1;
      unmet.set(dependent, left);
      if (left === 0) order.push(dependent);
    }
  }
  return order;
}

/**
 * Cycles, each as its members in the order of work: every member waits for the one before it, and the first for the
 * last. Cycles that share members are found one after another, as if the one found before were gone.
 */
export function cycles(tasks: readonly OrderedTask[]): string[][] {
  const found: string[][] = [];
  let left = withoutOrdered(tasks);
  while (left.length > 0) {
    const cycle = walkToCycle(left);
    found.push(cycle);
    const members = new Set(cycle);
    left = withoutOrdered(left.filter((task) => !members.has(task.task_id)));
  }
  return found;
}

function withoutOrdered(tasks: readonly OrderedTask[]): OrderedTask[] {
  const ordered = new Set(topologicalOrder(tasks));
  return tasks.filter((task) => !ordered.has(task.task_id));
}

/** Each of `left` depends on another of them, so that walking dependencies must come back to a task already seen. */
function walkToCycle(left: readonly OrderedTask[]): string[] {
  const byId = new Map(left.map((task) => [task.task_id, task]));
  const ids = new Set(byId.keys());
  const path: string[] = [];
  let at = left[0]?.task_id;
  while (at !== undefined && !path.includes(at)) {
    path.push(at);
    const task = byId.get(at);
    at = task && known(task, ids)[0];
  }
  return at === undefined ? path : path.slice(path.indexOf(at)).reverse();
}
