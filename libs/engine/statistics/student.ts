import { Z_95 } from './normal.js';

/**
 * 97.5 % quantile of Student's t distribution, by its expansion about the normal quantile: M. Abramowitz, I. A. Stegun,
 * "Handbook of Mathematical Functions", 1964, 26.7.5. Within 0.0005 from 8 degrees of freedom on.
 * @param freedom degrees of freedom, 8 or more
 */
export function studentQuantile95(freedom: number): number {
  const z = Z_95;
  const terms = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92_160,
  ];
  return terms.reduce((sum, term, index) => sum + term / freedom ** (index + 1), z);
}
