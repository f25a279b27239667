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

interface Node {
  task_id: string;
  needs: Node[];
  /** How many of `needs` the search has looked at. */
  looked_at: number;
  /** When the search came to it, from 1; 0: not yet. */
  seen: number;
  /** The earliest seen node of its component that is known to be reached from it. */
  reaches: number;
  /** Nodes that reach each other have the same; undefined until it is known. */
  component: Node | undefined;
}

/**
 * Of every group of tasks that all wait for each other (a strongly connected component) one cycle, as its members in the
 * order of work: every member waits for the one before it, and the first for the last. Groups come in the order
 * written. Costs time in proportion to tasks and dependencies.
 */
export function cycles(tasks: readonly OrderedTask[]): string[][] {
  const nodes = nodesOf(tasks);
  findComponents(nodes);
  const reported = new Set<Node | undefined>();
  return nodes.flatMap((node) => {
    if (reported.has(node.component)) return [];
    reported.add(node.component);
    const cycle = walkToCycle(node);
    return cycle.length === 0 ? [] : [cycle.map(({ task_id }) => task_id)];
  });
}

function nodesOf(tasks: readonly OrderedTask[]): Node[] {
  const byId = new Map(
    tasks.map(({ task_id }): [string, Node] => [
      task_id,
      { task_id, needs: [], looked_at: 0, seen: 0, reaches: 0, component: undefined },
    ]),
  );
  for (const { task_id, dependencies } of tasks) {
    const node = byId.get(task_id);
    for (const id of dependencies) {
      const needed = byId.get(id);
      if (needed) node?.needs.push(needed);
    }
  }
  return [...byId.values()];
}

/** Tarjan 1972, with a path of its own instead of recursion. */
function findComponents(nodes: readonly Node[]): void {
  let seen = 0;
  const open: Node[] = [];
  for (const root of nodes) {
    const path: Node[] = [];
    const enter = (node: Node): void => {
      seen += 1;
      node.seen = node.reaches = seen;
      path.push(node);
      open.push(node);
    };
    if (root.seen === 0) enter(root);
    for (let at = path.at(-1); at; at = path.at(-1)) {
      const next = at.needs[at.looked_at];
      if (next) {
        at.looked_at += 1;
        if (next.seen === 0) enter(next);
        else if (!next.component) at.reaches = Math.min(at.reaches, next.seen);
        continue;
      }
      path.pop();
      const before = path.at(-1);
      if (before) before.reaches = Math.min(before.reaches, at.reaches);
      if (at.reaches < at.seen) continue;
      // none seen before is reached from here: what is open from this one on is a component
      for (const member of open.splice(open.lastIndexOf(at))) member.component = at;
    }
  }
}

/** Within its component every node is reached again; empty where `from` is a component by itself and needs nobody. */
function walkToCycle(from: Node): Node[] {
  const places = new Map<Node, number>();
  for (let at: Node | undefined = from; at;) {
    const place = places.get(at);
    if (place !== undefined) return [...places.keys()].slice(place).reverse();
    places.set(at, places.size);
    at = at.needs.find(({ component }) => component === from.component);
  }
  return [];
}
