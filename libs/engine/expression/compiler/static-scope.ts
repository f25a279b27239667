interface NameScope {
  kind: 'names';
  /** Of each name its last binding: it hides the ones before. */
  indexes: Map<string, number>;
  bound: number;
  parent: StaticScope | null;
}

/** What the source binds around a node: names, or the element that a filter looks at. */
export type StaticScope = NameScope | { kind: 'item'; parent: StaticScope | null };

export function bind(names: readonly string[], parent: StaticScope | null): NameScope {
  const scope: NameScope = { kind: 'names', indexes: new Map(), bound: 0, parent };
  for (const name of names) bindNext(scope, name);
  return scope;
}

/** One binding more, behind those that are there. */
export function bindNext(scope: NameScope, name: string): void {
  scope.indexes.set(name, scope.bound++);
}

export function bindItem(parent: StaticScope | null): StaticScope {
  return { kind: 'item', parent };
}

export interface Resolution {
  /** Levels up to each filter between the name and its binding: an element's own key comes first. */
  items: number[];
  /** Levels up and index of the binding; null where the name is free. */
  local: { level: number; index: number } | null;
}

/** Where a name is bound, from the source alone. */
export function resolve(name: string, from: StaticScope | null): Resolution {
  const items: number[] = [];
  let level = 0;
  for (let scope = from; scope; scope = scope.parent, level++) {
    if (scope.kind === 'item') items.push(level);
    else {
      const index = scope.indexes.get(name);
      if (index !== undefined) return { items, local: { level, index } };
    }
  }
  return { items, local: null };
}
