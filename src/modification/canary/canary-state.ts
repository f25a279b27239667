import type { CanaryPlan, CanaryProgress, Evidence } from '#engine/canary';
import { DomainError, type Fault } from '#engine/errors';

import type { CanaryRequest } from './canary.dto.js';
import type { ApplyTo } from '../moves/migration-plan.js';

/** A canary as it is stored. */
export interface Canary extends CanaryPlan, CanaryProgress {
  status: 'planned' | 'running' | 'stopped' | 'completed';
  /** ISO 8601; null: it is not under way yet. */
  stage_began_at: string | null;
  evidence: Evidence[];
}

export function canaryOf({ stages, alpha }: CanaryRequest): Canary {
  return {
    stages: stages.map((stage) => ({ ...stage })),
    alpha,
    status: 'planned',
    stage: 0,
    looks: 0,
    cases: 0,
    stage_began_at: null,
    evidence: [],
  };
}

export function percentageOf({ stages, stage }: Canary): number | null {
  return stages[stage]?.percentage ?? null;
}

/** What is wrong with a canary, whatever the definition. */
export function canaryFaults(canary: CanaryRequest | null, apply_to: ApplyTo): Fault[] {
  if (!canary) return [];
  const faults = canary.stages.flatMap(({ percentage }, at): Fault[] => {
    if (percentage > (canary.stages[at - 1]?.percentage ?? 0)) return [];
    const message = 'Each stage is for a higher percentage than the one before.';
    return [{ pointer: `/canary/stages/${at}/percentage`, code: 'not_ascending', message }];
  });
  if (apply_to === 'all') return faults;
  const message = 'A canary moves a share of all running instances: send apply_to "all" with it.';
  return [...faults, { pointer: '/canary', code: 'misplaced_field', message }];
}

/** While one is tried, what would follow it is not known. */
export function underTrial(modification_id: string, workflow_id: string): DomainError {
  return new DomainError(
    'modification_not_applicable',
    `The modification ${modification_id} is being tried on some instances of this workflow; wait for its end, or roll it back first.`,
    { workflow_id, canary_modification_id: modification_id },
  );
}
