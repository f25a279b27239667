import { correlationId, correlationOf, runWithCorrelation } from './correlation.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const MADE = /^[0-9a-f-]{36}$/;

describe('correlationOf', () => {
  it('takes over the id that the caller sent', () => {
    const headers = {
      'x-correlation-id': 'order-17',
      traceparent: `00-${TRACE}-00f067aa0ba902b7-01`,
    };
    expect(correlationOf(headers)).toBe('order-17');
  });

  it('takes the trace id of a traceparent', () => {
    expect(correlationOf({ traceparent: `00-${TRACE}-00f067aa0ba902b7-01` })).toBe(TRACE);
  });

  it.each([
    {},
    { 'x-correlation-id': '' },
    { 'x-correlation-id': 'two\nlines' },
    { 'x-correlation-id': 'a'.repeat(101) },
    { traceparent: 'nonsense' },
    { traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` },
  ])('makes one instead of %p', (headers) => {
    expect(correlationOf(headers)).toMatch(MADE);
  });
});

describe('runWithCorrelation', () => {
  it('is known to everything that the work awaits, and to nothing else', async () => {
    const seen = await runWithCorrelation('a', async () => {
      await Promise.resolve();
      const inner = runWithCorrelation('b', () => correlationId());
      return [correlationId(), inner];
    });
    expect(seen).toEqual(['a', 'b']);
    expect(correlationId()).toBeUndefined();
  });

  it('makes an id where there is none', () => {
    expect(runWithCorrelation(undefined, () => correlationId())).toMatch(MADE);
  });
});
