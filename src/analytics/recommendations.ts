import { v5 } from 'uuid';

import type { Bottleneck, Recommendation } from './analysis.dto.js';
import { waitsForPeople } from './bottlenecks.js';
import { type Severity, severityRank, SHORT_WAIT_MINUTES } from './severity.js';
import { numberText, percentText, spanText } from './wording.js';

const NAMESPACE = '6f1d5c1e-2b0f-5d0a-9a55-3b1f2c9d7e10';

const UNAVAILABLE = {
  estimated_roi: 'No costs are recorded, so there is no return to compute.',
  success_probability: 'No earlier recommendation was applied and measured against its effect.',
};

type Advice = Pick<
  Recommendation,
  | 'category'
  | 'title'
  | 'description'
  | 'estimated_impact_percentage'
  | 'implementation_effort'
  | 'implementation_steps'
> & { kind: 'waiting' | 'failures'; unavailable?: Record<string, string> };

/** What to do about the bottlenecks of medium severity and above, in their order (the worst first). */
export function recommendationsOf(bottlenecks: readonly Bottleneck[]): Recommendation[] {
  return bottlenecks.flatMap((bottleneck) => {
    const priority = bottleneck.bottleneck_severity;
    if (priority === null || severityRank(priority) < 1) return [];
    return adviceOn(bottleneck).map((advice) => recommendation(bottleneck, priority, advice));
  });
}

function recommendation(
  { workflow_id, step_id }: Bottleneck,
  priority: Severity,
  { kind, unavailable, ...advice }: Advice,
): Recommendation {
  return {
    recommendation_id: v5(`${workflow_id}/${step_id}/${kind}`, NAMESPACE),
    workflow_id,
    step_id,
    priority,
    ...advice,
    estimated_roi: null,
    success_probability: null,
    unavailable: { ...UNAVAILABLE, ...unavailable },
  };
}

function adviceOn(bottleneck: Bottleneck): Advice[] {
  const advice: Advice[] = [];
  const { queue_time_minutes: wait, optimization_potential_score: potential } = bottleneck;
  const failures = bottleneck.failure_rate_percentage;
  if (wait !== null && wait >= SHORT_WAIT_MINUTES && potential !== null && potential >= 0.1) {
    advice.push(waitingAdvice(bottleneck, wait, potential));
  }
  if (failures !== null && failures > 0) advice.push(failureAdvice(bottleneck, failures));
  return advice;
}

function waitingAdvice(bottleneck: Bottleneck, wait: number, potential: number): Advice {
  const { step_id, step_name, step_type, entries } = bottleneck;
  const people = waitsForPeople(step_type);
  const shared = {
    kind: 'waiting',
    title: `Shorten the wait for "${step_name}"`,
    description: `${entries} entries into ${step_id} waited ${spanText(wait)} on average: ${percentText(potential)} of all time spent in steps of the workflow. Gone entirely, that is what it would save, at most.`,
    estimated_impact_percentage: 100 * potential,
  } as const;
  if (people) {
    const hours = numberText(Math.max(wait / 120, 0.1));
    return {
      ...shared,
      category: 'process',
      implementation_effort: 'low',
      implementation_steps: [
        `Set auto_escalation_hours of ${step_id} to ${hours}, half of the present average wait (POST /dynamic/modify, update_timeout).`,
        step_type === 'approval'
          ? 'Ask levels together instead of one after the other (parallel_approval) where policy allows it, and add bypass_conditions for small cases.'
          : `Widen required_roles of ${step_id} so that more people may complete it.`,
        `Compare queue_time_minutes of ${step_id} after two weeks with ${spanText(wait)}.`,
      ],
    };
  }
  return {
    ...shared,
    category: 'resource',
    implementation_effort: 'medium',
    implementation_steps: [
      `Start a further worker that claims the task types of ${step_id}, or raise max_concurrent_tasks where it holds tasks back.`,
      `Watch the queues at GET /system/metrics while ${step_id} is busy.`,
      `Compare queue_time_minutes of ${step_id} after two weeks with ${spanText(wait)}.`,
    ],
  };
}

function failureAdvice(bottleneck: Bottleneck, failures: number): Advice {
  const { step_id, step_name, step_type, entries } = bottleneck;
  const failed = Math.round((failures * entries) / 100);
  return {
    kind: 'failures',
    category: waitsForPeople(step_type) ? 'process' : 'automation',
    title: `Make "${step_name}" fail less often`,
    description: `${failed} of ${entries} entries into ${step_id} failed (${numberText(failures)} %).`,
    estimated_impact_percentage: null,
    unavailable: {
      estimated_impact_percentage:
        'How long a failure holds up a case is not recorded, so no saving can be computed.',
    },
    implementation_effort: 'medium',
    implementation_steps: [
      `Read error_message of the failed entries into ${step_id} in the history of their instances.`,
      'Raise max_retry_attempts where the errors pass by themselves; reject bad data at an earlier step where they do not.',
      'Add a routing rule on outcome = "failed" from this step, so that a failure does not end the instance.',
    ],
  };
}
