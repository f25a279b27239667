import { newCompiledDefinition, newRule } from '../../../test/factories/definition.factory.js';
import { chance } from './chance.js';
import { Comparison } from './comparison.js';
import { type Arrival, Simulation } from './simulation.js';
import type { RecordedCase, RecordedWork, Subject } from './types.js';
import { WorkHistory } from './work-history.js';

const exponential = (mean: number, ...keys: (string | number)[]): number =>
  -mean * Math.log(1 - chance(7, ...keys));

const subject = (...of: Parameters<typeof newCompiledDefinition>): Subject => ({
  definition: newCompiledDefinition(...of),
  trees: new Map(),
  overrides: [],
  clock: null,
});

const NO_TIMEOUT = { global_timeout_hours: 1e9 };
const one = subject([{ step_id: 'review' }], NO_TIMEOUT);

/** Mean wait of M/M/c, c servers: A. K. Erlang, 1917; L. Kleinrock, "Queueing Systems" I, 1975, (3.40). */
function erlangWait(arrivals: number, minutes: number, servers: number): number {
  const load = arrivals * minutes;
  let term = 1;
  let sum = 0;
  for (let k = 0; k < servers; k += 1) {
    sum += term;
    term *= load / (k + 1);
  }
  const queued = term / (1 - load / servers);
  return ((queued / (sum + queued)) * minutes) / (servers - load);
}

/** What would be recorded of people who take what has come, in turn, one at a time. Written apart from the simulator. */
function recorded(name: string, mean: number, people: number, arrivals: readonly number[]) {
  const free = Array.from({ length: people }, () => 0);
  return arrivals.map((entered, index): RecordedWork => {
    const who = free.indexOf(Math.min(...free));
    const ended = Math.max(entered, free[who] ?? 0) + exponential(mean, name, index);
    free[who] = ended;
    return {
      step_id: name,
      level: null,
      roles: [],
      by: `${name} ${who}`,
      entered,
      started: null,
      ended,
      outcome: 'completed',
      output: {},
      to_step_id: null,
    };
  });
}

function poisson(count: number, every: number, name: string): number[] {
  let at = 0;
  return Array.from({ length: count }, (_, index) => (at += exponential(every, name, index)));
}

const caseOf = (...works: RecordedWork[]): RecordedCase => {
  const arrived = works[0]?.entered ?? 0;
  return {
    data: {},
    at_step_id: null,
    arrived,
    cancelled_after: null,
    cycle_minutes: (works.at(-1)?.ended ?? 0) - arrived,
    counted: true,
    works,
  };
};

const arrivalsAt = (times: readonly number[], cases: readonly RecordedCase[]): Arrival[] =>
  times.map((at, index) => {
    const taken = Math.floor(chance(5, index) * cases.length);
    return {
      at,
      recorded: taken,
      data: {},
      at_step_id: null,
      cancelled_after: null,
      counted: true,
    };
  });

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe('queues of a simulation', () => {
  it.each([
    [1, 0.6],
    [3, 0.8],
    [8, 0.9],
  ])('wait as Erlang has it: %i people who are busy %d of the time', (people, busy) => {
    const minutes = 30;
    const every = minutes / (people * busy);
    const cases = recorded('review', minutes, people, poisson(4_000, every, 'past')).map((work) =>
      caseOf(work),
    );
    const history = new WorkHistory(cases);
    const times = poisson(20_000, every, 'future');
    const simulation = new Simulation(one, history, arrivalsAt(times, cases), 1);
    expect(simulation.advance(Infinity)).toBe(60_000);
    const waited = simulation.outcome.wait_minutes['review'] ?? 0;
    // the services that were drawn, and what they come to
    const drawn = mean(simulation.traces.map(({ cycle_minutes }) => cycle_minutes)) - waited;
    const expected = erlangWait(20_000 / (times.at(-1) ?? 1), drawn, people);
    expect(Math.abs(waited / expected - 1)).toBeLessThan(0.1);
    expect(simulation.bases.get('review')?.basis).toBe('queue');
  });

  it('hold as many as come in, times how long they stay (J. D. C. Little, 1961)', () => {
    const cases = recorded('review', 30, 2, poisson(500, 20, 'past')).map((work) => caseOf(work));
    const times = poisson(5_000, 20, 'future');
    const simulation = new Simulation(one, new WorkHistory(cases), arrivalsAt(times, cases), 1);
    let area = 0;
    let [since, held] = [0, 0];
    while (simulation.advance(1) === 1) {
      // timeouts of those that have long ended are events, too
      area += held * (simulation.now - since);
      [since, held] = [simulation.now, simulation.underWay];
    }
    const stayed = simulation.traces.map(({ cycle_minutes }) => cycle_minutes);
    expect(area / (5_000 * mean(stayed))).toBeCloseTo(1, 9);
  });

  it('see load that moves from one step to another', () => {
    // every second case is checked by one person, who is busy 0.4 of the time; now every one is
    const small = (index: number): boolean => index % 2 === 0;
    const entered = poisson(1_000, 37.5, 'past');
    const filed = recorded('file', 1, 50, entered);
    const checked = recorded(
      'check',
      30,
      1,
      filed.filter((_, index) => !small(index)).map(({ ended }) => ended),
    );
    const cases = filed.map((work, index) => ({
      ...caseOf(...(small(index) ? [work] : [work, checked[(index - 1) / 2] ?? work])),
      data: { small: small(index) },
    }));
    const after = subject([{ step_id: 'file' }, { step_id: 'check' }], NO_TIMEOUT);
    const before = subject(
      [{ step_id: 'file' }, { step_id: 'check' }, { step_id: 'end', step_type: 'conditional' }],
      {
        ...NO_TIMEOUT,
        routing_rules: [
          newRule({
            source_step_id: 'file',
            target_step_id: 'end',
            condition_expression: 'small = true',
          }),
        ],
      },
    );
    const comparison = new Comparison({ before, after }, cases, 1);
    while (!comparison.advance(10_000));
    const { before: was, after: would, difference } = comparison.result;
    expect(was.wait_minutes['check']?.mean).toBeCloseTo(
      mean(cases.map(({ works: [, work] }) => (work ? waitOf(work, checked) : 0))),
      6,
    );
    // half the arrivals have gone on to M/M/1 at 0.4; now all do, at 0.8
    const { mean: now = 0, low = 0, high = 0 } = would.wait_minutes['check'] ?? {};
    const expected = erlangWait(1 / 37.5, 30, 1);
    expect([low < expected, expected < high]).toEqual([true, true]);
    expect(now).toBeGreaterThan(10 * (was.wait_minutes['check']?.mean ?? 0));
    expect(difference.cycle_minutes.low).toBeGreaterThan(50);
  });

  it('reproduce what was recorded, within their interval', () => {
    const cases = recorded('review', 30, 3, poisson(600, 12.5, 'past')).map((work) => caseOf(work));
    const comparison = new Comparison({ before: one, after: one }, cases, 3);
    while (!comparison.advance(1_000));
    const { before, replications } = comparison.result;
    const was = mean(cases.map(({ cycle_minutes }) => cycle_minutes ?? 0));
    expect(before.cycle_minutes.mean).toBeCloseTo(was, 6);
    expect(before.cycle_minutes.low).toBeLessThan(was);
    expect(before.cycle_minutes.high).toBeGreaterThan(was);
    expect(replications).toBe(40);
  });
});

/** How long it waited for its one person. */
function waitOf(work: RecordedWork, all: readonly RecordedWork[]): number {
  const index = all.indexOf(work);
  return Math.max(0, (all[index - 1]?.ended ?? 0) - work.entered);
}
