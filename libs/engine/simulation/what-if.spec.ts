import fc from 'fast-check';

import { newCompiledDefinition, newRule } from '../../../test/factories/definition.factory.js';
import type { CompiledDefinition } from '#engine/definition';
import { Replay } from './replay.js';
import type { RecordedCase } from './types.js';
import { forecastOf, seeded } from './what-if.js';

const definition = newCompiledDefinition(
  [
    { step_id: 'request' },
    { step_id: 'approve', step_type: 'approval', required_roles: [] },
    { step_id: 'file', step_type: 'automated' },
    { step_id: 'close' },
  ],
  {
    routing_rules: [
      newRule({
        source_step_id: 'request',
        target_step_id: 'close',
        condition_expression: 'small = true',
      }),
    ],
  },
);

const minutes = fc.integer({ min: 0, max: 500 });

/** As the engine would have recorded them: small ones go from the request to the end. */
const cases: fc.Arbitrary<RecordedCase[]> = fc.array(
  fc
    .record({
      small: fc.boolean(),
      times: fc.array(fc.tuple(minutes, minutes), { minLength: 4, maxLength: 4 }),
    })
    .map(({ small, times }) => {
      const ids = small ? ['request', 'close'] : ['request', 'approve', 'file', 'close'];
      const steps = ids.map((step_id, at) => ({
        step_id,
        outcome: step_id === 'approve' ? 'approved' : 'completed',
        output: {},
        wait_minutes: times[at]?.[0] ?? 0,
        work_minutes: times[at]?.[1] ?? 0,
      }));
      const cycle_minutes = steps.reduce(
        (sum, { wait_minutes, work_minutes }) => sum + wait_minutes + work_minutes,
        0,
      );
      return { data: { small }, steps, cycle_minutes };
    }),
  { minLength: 1, maxLength: 40 },
);

function forecast(compiled: CompiledDefinition, recorded: readonly RecordedCase[], seed = 1) {
  const random = seeded(seed);
  const replay = new Replay(compiled, recorded, random);
  return forecastOf(
    recorded.map((one) => replay.run(one)),
    random,
  );
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe('what if', () => {
  it('nothing changed: what was recorded comes out, within its interval', () => {
    fc.assert(
      fc.property(cases, (recorded) => {
        const { cycle_minutes, failure_percentage } = forecast(definition, recorded);
        const was = mean(recorded.map((one) => one.cycle_minutes));
        expect(cycle_minutes.mean).toBeCloseTo(was, 6);
        expect(cycle_minutes.low).toBeLessThanOrEqual(was + 1e-9);
        expect(cycle_minutes.high).toBeGreaterThanOrEqual(was - 1e-9);
        expect(failure_percentage.mean).toBe(0);
      }),
    );
  });

  it('is told the same for the same seed', () => {
    fc.assert(
      fc.property(cases, fc.nat(), (recorded, seed) => {
        expect(forecast(definition, recorded, seed)).toEqual(forecast(definition, recorded, seed));
      }),
      { numRuns: 20 },
    );
  });

  it('a step is taken away: its time is saved, and no more', () => {
    const shorter = newCompiledDefinition([{ step_id: 'request' }, { step_id: 'close' }]);
    fc.assert(
      fc.property(cases, (recorded) => {
        const left = recorded.map(({ steps }) =>
          steps
            .filter(({ step_id }) => step_id === 'request' || step_id === 'close')
            .reduce((sum, { wait_minutes, work_minutes }) => sum + wait_minutes + work_minutes, 0),
        );
        expect(forecast(shorter, recorded).cycle_minutes.mean).toBeCloseTo(mean(left), 6);
      }),
    );
  });

  it('everybody comes to a step that some came to: times are drawn from those', () => {
    const straight = newCompiledDefinition(
      definition.steps.map(({ step_id, step_type }) => ({ step_id, step_type })),
    );
    const of = (small: boolean, wait_minutes: number): RecordedCase => ({
      data: { small },
      steps: (small ? ['request', 'close'] : ['request', 'approve', 'file', 'close']).map(
        (step_id) => ({ step_id, outcome: 'completed', output: {}, wait_minutes, work_minutes: 0 }),
      ),
      cycle_minutes: 0,
    });
    const { wait_minutes } = forecast(straight, [of(true, 1), of(false, 60), of(true, 1)]);
    expect(wait_minutes['approve']?.mean).toBe(60);
    expect(wait_minutes['request']?.mean).toBeCloseTo(62 / 3, 9);
  });

  it('a step is new: its estimate is taken, and said', () => {
    const longer = newCompiledDefinition([
      { step_id: 'request' },
      { step_id: 'check', estimated_duration_minutes: 45 },
    ]);
    const recorded = [{ data: {}, steps: [], cycle_minutes: 0 }];
    expect(new Replay(longer, recorded, seeded(1)).unknownSteps()).toEqual(['request', 'check']);
    expect(forecast(longer, recorded).cycle_minutes.mean).toBe(75);
  });

  it('a deadline is shorter: it is missed by those that took longer', () => {
    const strict = newCompiledDefinition([{ step_id: 'request', auto_escalation_hours: 1 }]);
    const of = (work_minutes: number): RecordedCase => ({
      data: {},
      steps: [
        { step_id: 'request', outcome: 'completed', output: {}, wait_minutes: 0, work_minutes },
      ],
      cycle_minutes: work_minutes,
    });
    const { deadline_miss_percentage } = forecast(strict, [of(59), of(60), of(61), of(600)]);
    expect(deadline_miss_percentage.mean).toBe(50);
  });
});
