import { judgePoint, type PointTally } from './synchronization.js';
import type { SynchronizationFailureStrategy, SynchronizationType } from './types.js';

const judge = (
  sync_type: SynchronizationType,
  tally: PointTally,
  {
    percentage = 100,
    strategy = 'best_effort',
    timedOut = false,
    holds = false,
  }: {
    percentage?: number;
    strategy?: SynchronizationFailureStrategy;
    timedOut?: boolean;
    holds?: boolean;
  } = {},
) =>
  judgePoint(
    { sync_type, minimum_completion_percentage: percentage, failure_strategy: strategy },
    tally,
    timedOut,
    () => holds,
  );

const of = (required: number, completed: number, lost = 0): PointTally => ({
  required,
  completed,
  lost,
});

describe('judgePoint', () => {
  it.each<[SynchronizationType, PointTally, Parameters<typeof judge>[2], string]>([
    ['barrier', of(3, 2), {}, 'waiting'],
    ['barrier', of(3, 3), {}, 'reached'],
    ['barrier', of(3, 0, 1), {}, 'failed'],
    ['barrier', of(3, 2), { timedOut: true }, 'timed_out'],
    ['barrier', of(3, 3), { timedOut: true }, 'reached'],
    ['join', of(3, 1), { percentage: 66 }, 'waiting'],
    ['join', of(3, 2), { percentage: 66 }, 'reached'],
    ['join', of(3, 1, 1), { percentage: 66 }, 'waiting'],
    ['join', of(3, 1, 2), { percentage: 66 }, 'failed'],
    ['join', of(10, 7), { percentage: 70 }, 'reached'],
    ['conditional_join', of(2, 1), { holds: true }, 'waiting'],
    ['conditional_join', of(2, 1, 1), { holds: true }, 'reached'],
    ['conditional_join', of(2, 2), { holds: false }, 'failed'],
    ['conditional_join', of(2, 1), { holds: true, timedOut: true }, 'timed_out'],
    ['partial_completion', of(4, 3), { percentage: 50 }, 'waiting'],
    ['partial_completion', of(4, 2), { percentage: 50, timedOut: true }, 'reached'],
    ['partial_completion', of(4, 1), { percentage: 50, timedOut: true }, 'timed_out'],
    ['partial_completion', of(4, 2, 2), { percentage: 50 }, 'reached'],
    ['partial_completion', of(4, 1, 3), { percentage: 50 }, 'failed'],
  ])('%s with %j and %j is %s', (type, tally, options, status) => {
    expect(judge(type, tally, options).status).toBe(status);
  });

  it('fails the execution under fail_fast alone', () => {
    const missed = of(2, 1, 1);
    expect(judge('barrier', missed, { strategy: 'fail_fast' }).fails_execution).toBe(true);
    expect(judge('barrier', missed, { strategy: 'best_effort' }).fails_execution).toBe(false);
  });

  it('under continue_partial is reached with what is there, once all have ended or time is up', () => {
    const strategy = 'continue_partial';
    expect(judge('barrier', of(3, 1, 1), { strategy }).status).toBe('waiting');
    expect(judge('barrier', of(3, 1, 2), { strategy })).toEqual({
      status: 'reached',
      missed: true,
      fails_execution: false,
    });
    expect(judge('barrier', of(3, 1, 1), { strategy, timedOut: true }).status).toBe('reached');
  });
});
