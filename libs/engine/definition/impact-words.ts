import type { ImpactFacts, ImpactSums } from './impact-types.js';

/** The facts behind an impact, one sentence each, with their figures. */
export function riskFactors(facts: ImpactFacts, sums: ImpactSums): string[] {
  const { open, moving, weaker } = sums;
  return [
    ...weaker,
    ...facts.unsound,
    ...facts.conflicts,
    ...moved(facts, moving),
    ...(open > moving ? [`${counted(open - moving)} left on the version they run on.`] : []),
    ...standing(facts),
    ...facts.redone.map(
      ({ step_id, instances }) => `${counted(instances)} made to begin ${step_id} anew.`,
    ),
    ...facts.lacking.map(
      ({ field, instances }) =>
        `${instances} of the instances that move have no ${field}, which the new definition reads.`,
    ),
    ...historyWords(facts),
    ...timeWords(facts, sums),
  ];
}

/** What can be done about it, or is done anyway. */
export function mitigations(facts: ImpactFacts, { open, moving, stranded }: ImpactSums): string[] {
  const { measured, bypassed } = facts;
  return [
    ...(bypassed.length > 0
      ? ['A step that was bypassed cannot be taken up again; name only the instances that need it.']
      : ['The definition as it was is kept in a snapshot; roll back to make it current again.']),
    ...(moving > 0
      ? [
          'Instances move one by one, each whole or not at all; a move that is cut off goes on by itself.',
        ]
      : []),
    ...(moving > 0 && bypassed.length === 0
      ? ['With apply_to new_instances the running ones stay on their version.']
      : []),
    ...(stranded > 0
      ? [
          'Say by migration.step_mapping where instances at a removed step go, or let them finish it first.',
        ]
      : []),
    ...(moving > 0 && measured
      ? [
          `The times rest on ${measured.instances} measured moves ${measured.of_workflow ? 'of this workflow' : 'of other workflows'} (${measured.ms_an_instance.toFixed(1)} ms each).`,
        ]
      : []),
    ...(open === 0 ? ['No instance is running: nothing is disturbed.'] : []),
  ];
}

function moved({ bypassed, positions }: ImpactFacts, moving: number): string[] {
  if (moving === 0) return [];
  if (bypassed.length > 0) return [`${counted(moving)} taken past ${bypassed.join(', ')}.`];
  const byStep = new Map<string, number>();
  for (const position of positions) {
    const step_id = position.step_id ?? 'no step';
    if (position.moving > 0) byStep.set(step_id, (byStep.get(step_id) ?? 0) + position.moving);
  }
  const places = [...byStep].map(([step_id, instances]) => `${instances} at ${step_id}`);
  return [`${counted(moving)} moved to the new definition: ${places.join(', ')}.`];
}

function standing(facts: ImpactFacts): string[] {
  const touched = new Set([
    ...facts.bypassed,
    ...facts.changes.flatMap((change) => {
      if (change.kind === 'step_removed') return [change.step.step_id];
      return change.kind === 'step_changed' ? [change.step_id] : [];
    }),
  ]);
  const byStep = new Map<string, number>();
  for (const { step_id, instances } of facts.positions) {
    if (step_id === null || !touched.has(step_id)) continue;
    byStep.set(step_id, (byStep.get(step_id) ?? 0) + instances);
  }
  return [...byStep]
    .filter(([, instances]) => instances > 0)
    .map(([step_id, instances]) =>
      instances === 1
        ? `1 open instance stands at ${step_id}, which the change touches.`
        : `${instances} open instances stand at ${step_id}, which the change touches.`,
    );
}

function historyWords({ history, history_days: days }: ImpactFacts): string[] {
  return history.map(({ step_id, cases, mean_minutes }) =>
    mean_minutes === null
      ? `${step_id} was not done in the last ${days} days, so nothing is known of how it goes.`
      : `${step_id} was done ${cases === 1 ? 'once' : `${cases} times`} in the last ${days} days, in ${rounded(mean_minutes)} minutes on average.`,
  );
}

function timeWords(
  { nearest_deadline, measured }: ImpactFacts,
  { moving, late }: ImpactSums,
): string[] {
  if (moving === 0) return [];
  return [
    ...(nearest_deadline === null
      ? []
      : [
          `The nearest deadline of those instances is ${nearest_deadline}${late ? ', before all of that is over' : ''}.`,
        ]),
    ...(measured
      ? []
      : ['No move has been measured yet, so how long it takes is not known and counted as 0.']),
  ];
}

function counted(instances: number): string {
  return instances === 1 ? '1 open instance would be' : `${instances} open instances would be`;
}

function rounded(minutes: number): string {
  return minutes.toFixed(minutes < 10 ? 2 : 0);
}
