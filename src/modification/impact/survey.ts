import type { Tx } from '#persistence';

import type { Position } from '../moves/fates.js';
import { type ApplyTo, holds } from '../moves/migration-plan.js';
import { readPositions } from '../modification.queries.js';
import {
  type OpenInstanceRow,
  readOpenInstances,
  readPositionSamples,
} from '../moves/open-instances.queries.js';
import { positionKey, type PositionSample } from '../moves/rehearsal.js';

const MOST_SAMPLES = 100;
const PAGE = 1_000;

/** Where open instances stand, and which of them a change would move. */
export interface Survey {
  /** `nearest_deadline` is of those that move. */
  positions: (Position & { nearest_deadline: Date | null })[];
  /** One of each position that moves, told apart by all that decides how it goes on. */
  samples: PositionSample[];
}

/** A filter is tried on every open instance: it may ask for anything in their data. */
export async function survey(
  tx: Tx,
  workflow_id: string,
  apply_to: ApplyTo,
  filter: string | null,
): Promise<Survey> {
  const rows = await readPositions(tx, [workflow_id, null]);
  if (filter !== null) {
    const { found, samples } = await matching(tx, workflow_id, filter);
    const positions = rows.map(({ named, ...position }) => {
      const { moving, nearest_deadline } = found.get(placeOf(position)) ?? NONE;
      return { ...position, moving, nearest_deadline };
    });
    return { positions, samples };
  }
  const all = apply_to === 'all';
  return {
    positions: rows.map(({ named, ...position }) => ({
      ...position,
      moving: all ? position.instances : 0,
    })),
    samples: all ? await readPositionSamples(tx, [workflow_id, MOST_SAMPLES]) : [],
  };
}

interface Matching {
  moving: number;
  nearest_deadline: Date | null;
}

const NONE: Matching = { moving: 0, nearest_deadline: null };

async function matching(
  tx: Tx,
  workflow_id: string,
  filter: string,
): Promise<{ found: ReadonlyMap<string, Matching>; samples: PositionSample[] }> {
  const found = new Map<string, Matching>();
  const samples = new Map<string, PositionSample>();
  const now = Date.now();
  let page: OpenInstanceRow[] = [];
  do {
    page = await readOpenInstances(tx, [workflow_id, page.at(-1)?.instance_id ?? null, PAGE]);
    for (const instance of page) {
      if (!holds(filter, instance, now)) continue;
      const { version_number, current_step, step_entries, due_at } = instance;
      const place = placeOf({ version_number, step_id: current_step?.step_id ?? null });
      const { moving, nearest_deadline } = found.get(place) ?? NONE;
      const nearest =
        due_at && (!nearest_deadline || due_at < nearest_deadline) ? due_at : nearest_deadline;
      found.set(place, { moving: moving + 1, nearest_deadline: nearest });
      const key = positionKey(version_number, { current: current_step, step_entries });
      const known = samples.get(key);
      if (known) known.instances += 1;
      else if (samples.size < MOST_SAMPLES) samples.set(key, { ...instance, instances: 1 });
    }
  } while (page.length === PAGE);
  return { found, samples: [...samples.values()] };
}

function placeOf({
  version_number,
  step_id,
}: Pick<Position, 'version_number' | 'step_id'>): string {
  return JSON.stringify([version_number, step_id]);
}
