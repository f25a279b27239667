import { upperGamma } from './gamma.js';

/** 97.5 % quantile of the normal distribution: two-sided 95 %. */
export const Z_95 = 1.959963984540054;

/** P(|Z| ≥ |z|) of a standard normal variable: erfc(|z|/√2), which is the incomplete gamma function Q(½, z²/2). */
export function twoSidedP(z: number): number {
  return z === 0 ? 1 : upperGamma(0.5, z ** 2 / 2);
}
