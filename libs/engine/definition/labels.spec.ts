import fc from 'fast-check';

import { MAX_LABEL, nextLabel } from './labels.js';

describe('nextLabel', () => {
  it.each([
    ['1.0', '1.1'],
    ['1.9', '1.10'],
    ['v2-beta', 'v3-beta'],
    ['2024-06', '2024-7'],
    ['first', 'first.1'],
    ['', '.1'],
  ])('counts %s up to %s', (label, next) => {
    expect(nextLabel(label, new Set([label]))).toBe(next);
  });

  it('goes past labels that are taken', () => {
    expect(nextLabel('1.0', new Set(['1.0', '1.1', '1.2']))).toBe('1.3');
  });

  it('always finds a short label that is not taken', () => {
    const label = fc.oneof(fc.string({ maxLength: MAX_LABEL }), fc.constant('9'.repeat(MAX_LABEL)));
    fc.assert(
      fc.property(label, fc.array(label), (from, others) => {
        const taken = new Set([from, ...others]);
        for (let i = 0; i < 20; i += 1) {
          const next = nextLabel(from, taken);
          expect(taken.has(next)).toBe(false);
          expect(Array.from(next).length).toBeLessThanOrEqual(MAX_LABEL);
          taken.add(next);
        }
      }),
    );
  });
});
