import fc from 'fast-check';

import {
  admitted,
  afterEvent,
  type Breaker,
  type BreakerEvent,
  type BreakerSettings,
  decidedBy,
  NEW_BREAKER,
} from './breaker.js';

const settings: BreakerSettings = {
  window_ms: 10_000,
  minimum_calls: 10,
  failure_rate: 0.5,
  open_ms: 1_000,
  longest_open_ms: 3_000,
  full_probes: 4,
};
const at = (breaker: Breaker, now: number, ...events: BreakerEvent[]): Breaker =>
  events.reduce((state, event) => afterEvent(state, event, now, settings), breaker);
const ended = (succeeded: number, failed: number): BreakerEvent => ({
  type: 'ended',
  succeeded,
  failed,
});
const timePassed: BreakerEvent = { type: 'time_passed' };
let callers = 0;
const asked = (calls: number): BreakerEvent => ({
  type: 'asked',
  by: Array.from({ length: calls }, () => `call ${(callers += 1)}`),
});

describe('a circuit breaker', () => {
  it('opens from a share of failures on, not before there are enough calls', () => {
    expect(at(NEW_BREAKER, 0, ended(0, 9)).state).toBe('closed');
    expect(at(NEW_BREAKER, 0, ended(6, 4)).state).toBe('closed');
    expect(at(NEW_BREAKER, 0, ended(5, 5))).toMatchObject({ state: 'open', retry_at: 1_000 });
  });

  it('forgets what lies behind its window', () => {
    const before = at(NEW_BREAKER, 0, ended(0, 9));
    expect(at(before, 10_000, ended(1, 0)).state).toBe('closed');
    expect(at(before, 9_000, ended(0, 1)).state).toBe('open');
  });

  it('says by how many calls it was decided, those of the event among them', () => {
    const decided = (breaker: Breaker, now: number, event: BreakerEvent) =>
      decidedBy(breaker, event, now, settings);
    expect(decided(NEW_BREAKER, 0, ended(2, 23))).toEqual({ calls: 25, failures: 23 });
    const before = at(NEW_BREAKER, 0, ended(3, 4));
    expect(decided(before, 9_000, ended(0, 3))).toEqual({ calls: 10, failures: 7 });
    expect(decided(before, 10_000, ended(0, 3))).toEqual({ calls: 3, failures: 3 });
    expect(decided(before, 0, { type: 'opened_by_hand' })).toEqual({ calls: 7, failures: 4 });
    const open = at(NEW_BREAKER, 0, ended(0, 10));
    expect(decided(open, 1_000, timePassed)).toEqual({ calls: 0, failures: 0 });
    const probed = at(open, 1_000, timePassed, asked(1), ended(1, 0), asked(2), ended(1, 0));
    expect(decided(probed, 1_000, ended(0, 1))).toEqual({ calls: 2, failures: 1 });
  });

  it('is probed with one call, then two, then four, and then closes', () => {
    let breaker = at(NEW_BREAKER, 0, ended(0, 10));
    expect(at(breaker, 999, timePassed)).toEqual(breaker);
    breaker = at(breaker, 1_000, timePassed);
    for (const probes of [1, 2, 4]) {
      expect(admitted(breaker, 100)).toBe(probes);
      breaker = at(breaker, 1_000, asked(100));
      expect(admitted(breaker, 100)).toBe(0);
      breaker = at(breaker, 1_000, ended(probes, 0));
    }
    expect(breaker).toEqual(NEW_BREAKER);
  });

  it('opens for longer when a probe fails, up to a limit', () => {
    let breaker = at(NEW_BREAKER, 0, ended(0, 10));
    const waits: number[] = [];
    for (let n = 0; n < 4; n += 1) {
      const now = breaker.retry_at ?? 0;
      breaker = at(breaker, now, timePassed, asked(1), ended(0, 1));
      waits.push((breaker.retry_at ?? 0) - now);
    }
    expect(waits).toEqual([2_000, 3_000, 3_000, 3_000]);
  });

  it('probes anew when nothing is heard of its probes', () => {
    const probing = at(at(NEW_BREAKER, 0, ended(0, 10)), 1_000, timePassed, asked(1));
    expect(admitted(at(probing, 4_999, timePassed), 1)).toBe(0);
    expect(admitted(at(probing, 5_000, timePassed), 1)).toBe(1);
  });

  it('lets somebody else make a probe that is given back, once', () => {
    const asks = (...by: string[]): BreakerEvent => ({ type: 'asked', by });
    const givenBack = (...by: string[]): BreakerEvent => ({ type: 'given_back', by });
    const probing = at(at(NEW_BREAKER, 0, ended(0, 10)), 1_000, timePassed, asks('a', 'b'));
    expect(at(probing, 1_000, givenBack('b'))).toEqual(probing);
    const free = at(probing, 1_000, givenBack('a'));
    expect([admitted(probing, 9), admitted(free, 9)]).toEqual([0, 1]);
    const again = at(free, 1_000, asks('c'), givenBack('a'));
    expect(admitted(again, 9)).toBe(0);
    expect(admitted(at(again, 1_000, ended(1, 0), givenBack('c')), 9)).toBe(2);
  });

  it('stays as somebody has put it: open without an end, or closed', () => {
    const open = at(NEW_BREAKER, 0, { type: 'opened_by_hand' });
    expect(at(open, 1e9, timePassed, ended(100, 0))).toMatchObject({ state: 'open' });
    expect(at(open, 0, { type: 'closed_by_hand' })).toEqual(NEW_BREAKER);
  });

  it('lets no more calls through than its state allows, whatever happens', () => {
    const caller = fc.nat(20).map(String);
    const event: fc.Arbitrary<BreakerEvent> = fc.oneof(
      fc.record({ type: fc.constant('ended' as const), succeeded: fc.nat(20), failed: fc.nat(20) }),
      fc.record({ type: fc.constant('asked' as const), by: fc.array(caller, { maxLength: 50 }) }),
      fc.record({ type: fc.constant('given_back' as const), by: fc.array(caller) }),
      fc.constant(timePassed),
    );
    const events = fc.array(fc.tuple(event, fc.nat(2_000)), { maxLength: 100 });
    fc.assert(
      fc.property(events, (steps) => {
        let breaker = NEW_BREAKER;
        let now = 0;
        for (const [next, pause] of steps) {
          now += pause;
          const before = breaker;
          breaker = at(breaker, now, next);
          if (breaker.state === 'open') expect(admitted(breaker, 100)).toBe(0);
          if (breaker.state === 'half_open') {
            expect(breaker.probes.length).toBeLessThanOrEqual(breaker.probes_allowed);
            expect(breaker.probes_allowed).toBeLessThanOrEqual(settings.full_probes);
          }
          // it never closes by itself but after probes
          if (before.state === 'open') expect(breaker.state).not.toBe('closed');
          expect(breaker.buckets.length).toBeLessThanOrEqual(11);
        }
      }),
    );
  });
});
