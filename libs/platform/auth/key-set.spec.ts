import { jest } from '@jest/globals';
import { jwtVerify } from 'jose';

import { Issuer } from '../../../test/support/issuer.js';
import { isOfKeySource, KeySet } from './key-set.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const TIMERS = ['setTimeout', 'setInterval', 'setImmediate', 'nextTick', 'queueMicrotask'] as const;

describe('the key set of an issuer', () => {
  let issuer: Issuer;
  let keys: KeySet;
  beforeEach(async () => {
    // the time of day alone: sockets and their timeouts run as ever
    jest.useFakeTimers({
      doNotFake: [...TIMERS, 'clearTimeout', 'clearInterval', 'clearImmediate', 'performance'],
    });
    issuer = await Issuer.start();
    keys = new KeySet(issuer.jwksUrl);
  });
  afterEach(async () => {
    await issuer.stop();
    jest.useRealTimers();
  });

  const later = (ms: number) => jest.setSystemTime(Date.now() + ms);
  /** Whether a token is taken, refused, or cannot be told. */
  const verdict = async (token: string): Promise<string> => {
    try {
      await jwtVerify(token, keys.keyOf, { currentDate: new Date(0), clockTolerance: 1e12 });
      return 'taken';
    } catch (error) {
      return isOfKeySource(error) ? 'unknown' : 'refused';
    }
  };

  it('is read once, and again after ten minutes', async () => {
    const token = await issuer.token();
    for (const wait of [0, 9 * MINUTE]) {
      later(wait);
      expect(await verdict(token)).toBe('taken');
    }
    expect(issuer.asked).toBe(1);
    later(2 * MINUTE);
    expect([await verdict(token), issuer.asked]).toEqual(['taken', 2]);
  });

  it('follows a rotation as soon as a token names the new key, and asks no more than every 30 s', async () => {
    const old = await issuer.token();
    expect(await verdict(old)).toBe('taken');
    await issuer.rotate('key-2');
    const young = await issuer.token();
    expect([await verdict(young), issuer.asked]).toEqual(['refused', 1]);
    later(31 * SECOND);
    expect([await verdict(young), issuer.asked]).toEqual(['taken', 2]);
    for (let asked = 0; asked < 10; asked += 1) expect(await verdict(old)).toBe('refused');
    expect(issuer.asked).toBe(2);
  });

  it('goes on for an hour while its issuer is away, which is asked every 30 s', async () => {
    const token = await issuer.token();
    expect(await verdict(token)).toBe('taken');
    issuer.answers = false;
    later(11 * MINUTE);
    for (let asked = 0; asked < 10; asked += 1) expect(await verdict(token)).toBe('taken');
    expect(issuer.asked).toBe(2);
    later(31 * SECOND);
    expect([await verdict(token), issuer.asked]).toEqual(['taken', 3]);
    later(50 * MINUTE);
    expect(await verdict(token)).toBe('unknown');
    issuer.answers = true;
    later(31 * SECOND);
    expect(await verdict(token)).toBe('taken');
  });

  it('does not call a token bad whose key the issuer might know, while it is away', async () => {
    expect(await verdict(await issuer.token())).toBe('taken');
    await issuer.rotate('key-2');
    issuer.answers = false;
    later(11 * MINUTE);
    const young = await issuer.token();
    expect([await verdict(young), await verdict(young)]).toEqual(['unknown', 'unknown']);
    issuer.answers = true;
    later(31 * SECOND);
    expect(await verdict(young)).toBe('taken');
  });

  it('cannot be told anything without ever having been read', async () => {
    issuer.answers = false;
    const token = await issuer.token();
    expect([await verdict(token), await verdict(token)]).toEqual(['unknown', 'unknown']);
    issuer.answers = true;
    later(31 * SECOND);
    expect(await verdict(token)).toBe('taken');
  });
});
