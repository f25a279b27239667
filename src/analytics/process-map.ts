import type { ProcessMap } from './process-map.dto.js';
import type { WorkflowRow } from './analytics.queries.js';
import { grouped } from './grouping.js';
import type { TransitionRow, VariantRow } from './process-map.queries.js';

/** What a map lists at most: beyond it nobody reads one. */
export const MAP_LIMITS = { transitions: 200, variants: 10, steps_of_a_variant: 50 } as const;

/** One map a workflow that has ended instances, in the order of the workflows. */
export function processMapsOf(
  workflows: readonly WorkflowRow[],
  transitions: readonly TransitionRow[],
  variants: readonly VariantRow[],
): ProcessMap[] {
  const transitionsOf = grouped(transitions, (row) => row.workflow_id);
  const variantsOf = grouped(variants, (row) => row.workflow_id);
  return workflows.flatMap(({ workflow_id, workflow_name }) => {
    const own = variantsOf.get(workflow_id) ?? [];
    const [first] = own;
    if (!first) return [];
    const { ways, all_instances } = first;
    const edges = transitionsOf.get(workflow_id) ?? [];
    return {
      workflow_id,
      workflow_name,
      instances: all_instances,
      transitions: edges
        .slice(0, MAP_LIMITS.transitions)
        .map(({ workflow_id: _, ...edge }) => edge),
      transitions_seen: edges.length,
      variants: own.map(({ step_ids, entries, instances, succeeded, avg_minutes }) => ({
        step_ids,
        entries,
        instances,
        share: instances / all_instances,
        success_rate_percentage: (100 * succeeded) / instances,
        avg_execution_time_minutes: avg_minutes,
      })),
      variants_seen: ways,
    };
  });
}
