import type { AppConfig } from '#platform/config';
import { Progress } from './progress.js';

const progressWithin = (readiness_stall_seconds: number): Progress =>
  new Progress({ readiness_stall_seconds } as AppConfig);

describe('Progress', () => {
  it('tells what has begun and was not got through in time', () => {
    const progress = progressWithin(0);
    expect(progress.stalled()).toBeNull();
    progress.begin('sweeping');
    expect(progress.stalled()).toContain('sweeping for 0 s');
    progress.begin('sweeping');
    progress.through('sweeping');
    expect(progress.stalled()).toBeNull();
  });

  it('gives a round its time', () => {
    const progress = progressWithin(30);
    progress.begin('sweeping');
    expect(progress.stalled()).toBeNull();
  });

  it('does not hold a failure against a loop that has nothing to do after it', async () => {
    const progress = progressWithin(0);
    const failing = progress.round('claiming tasks', () => Promise.reject(new Error('away')));
    expect(progress.stalled()).toContain('claiming tasks');
    await expect(failing).rejects.toThrow('away');
    expect(progress.stalled()).toBeNull();
  });
});
