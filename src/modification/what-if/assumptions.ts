import type { WorkflowDefinition } from '#engine/definition';
import type { Compared } from '#engine/simulation';

interface Facts {
  compared: Compared;
  after: WorkflowDefinition;
  overrides: number;
  recorded_cycle_minutes: number;
}

/** What the figures of a comparison rest on, in words. */
export function assumptionsOf({
  compared,
  after,
  overrides,
  recorded_cycle_minutes,
}: Facts): string[] {
  const { low, mean, high } = compared.before.cycle_minutes;
  const outside = recorded_cycle_minutes < low || recorded_cycle_minutes > high;
  return [
    'Instances come when they came, each with its data; work takes as long and ends as was recorded of it, or of another instance where this one never came to it. Work that has not ended yet is not known.',
    ...waitingOf(compared),
    ...deadlinesOf(after),
    ...(after.minimum_confidence === null
      ? []
      : ['Decisions are taken to be certain enough; none waits for a person.']),
    ...(overrides === 0
      ? []
      : [
          'The temporary routes of now are taken to be there all the time, with either definition.',
        ]),
    ...(outside
      ? [
          `The definition as it is comes to ${rounded(mean)} minutes an instance, and ${rounded(recorded_cycle_minutes)} were recorded: trust the differences more than the figures.`,
        ]
      : []),
  ];
}

function waitingOf({ waiting }: Compared): string[] {
  const named = waiting.map(({ task, ...how }) => ({
    ...how,
    name: task.level === null ? task.step_id : `level ${task.level} of ${task.step_id}`,
  }));
  const queued = named.filter(({ basis }) => basis === 'queue');
  const unknown = named.filter(({ basis }) => basis === 'as_recorded');
  return [
    ...(queued.length === 0
      ? []
      : [
          `Waiting at ${queued.map(({ name, people }) => `${name} (${people})`).join(', ')} comes of how many were seen working there: each takes what has waited longest when they have done the one before. When people begin is not recorded: it is taken to be when the work was there and they had ended what they did before, so that nights and other work of theirs count as part of it.`,
        ]),
    ...(unknown.length === 0
      ? []
      : [
          `Waiting at ${unknown.map(({ name }) => name).join(', ')} is as it was recorded: who works there is not known, so that more or less to do there is not seen.`,
        ]),
    ...named
      .filter(({ basis }) => basis === 'estimated')
      .map(({ name, people }) =>
        people === null
          ? `${name} was never done; its estimated time is taken, and that it never waits.`
          : `${name} was never done; its estimated time is taken, and it waits for the ${people} who were seen working under its roles.`,
      ),
  ];
}

function deadlinesOf({ steps }: WorkflowDefinition): string[] {
  return steps.some(({ working_time, auto_escalation_hours }) =>
    Boolean(working_time && auto_escalation_hours !== null),
  )
    ? [
        'Deadlines in working time are counted by the calendar that is no department’s, by the clock where there is none.',
      ]
    : [];
}

function rounded(minutes: number): string {
  return minutes.toFixed(minutes < 10 ? 2 : 0);
}
