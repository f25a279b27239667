/** What the source binds around a node: names, or the element that a filter looks at. */
export type StaticScope =
  | { kind: 'names'; names: string[]; parent: StaticScope | null }
  | { kind: 'item'; parent: StaticScope | null };

export function bind(names: string[], parent: StaticScope | null): StaticScope {
  return { kind: 'names', names, parent };
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
      // The last binding of a name hides the ones before.
      const index = scope.names.lastIndexOf(name);
      if (index >= 0) return { items, local: { level, index } };
    }
  }
  return { items, local: null };
}
