import type { InstanceEvent } from '#engine/instance';

import type { Exploration, PathStep } from './types.js';

/** The steps that end on a way, the data by the first of them. */
export function pathItems(
  events: readonly InstanceEvent[],
  data: Record<string, unknown>,
): PathStep[] {
  const items = events.flatMap((event): PathStep[] => {
    if (event.type === 'step_completed') {
      return [{ step_id: event.step_id, outcome: event.outcome, data: {} }];
    }
    if (event.type === 'step_skipped' || event.type === 'step_failed') {
      const outcome = event.type === 'step_failed' ? 'failed' : 'skipped';
      return [{ step_id: event.step_id, outcome, data: {} }];
    }
    return [];
  });
  const [first] = items;
  if (first) first.data = data;
  return items;
}

const LONGEST_PATH = 50;

/** The way to a position from a start, and the step it leads to. */
export function pathTo(
  { visited }: Exploration,
  key: string | null,
  rest: PathStep[] = [],
): PathStep[] {
  const parts = [rest];
  for (let at = key; at !== null;) {
    const position = visited.get(at);
    if (!position) break;
    parts.unshift(position.way);
    at = position.from;
  }
  const current = key === null ? undefined : visited.get(key)?.state.current;
  const last =
    rest.length === 0 && current ? [{ step_id: current.step_id, outcome: null, data: {} }] : [];
  return [...parts.flat(), ...last].slice(0, LONGEST_PATH);
}

/** A path in words. */
export function inWords(path: readonly PathStep[]): string {
  return path
    .map(({ step_id, outcome, data }) => {
      const given = Object.entries(data).map(
        ([name, value]) => `${name} = ${JSON.stringify(value)}`,
      );
      const said = [...(outcome === null ? [] : [outcome]), ...given].join(', ');
      return said === '' ? step_id : `${step_id} (${said})`;
    })
    .join(' → ');
}
