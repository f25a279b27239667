import { Z_95 } from './normal.js';
import type { Interval } from './wilson.js';

/** P(yes) = 1 / (1 + e^−(w·x)). */
export interface LogisticFit {
  weights: number[];
  /** Of the weights: the inverse of the curvature at the fit, row by row. */
  covariance: number[][];
}

const MOST_ROUNDS = 50;
const CONVERGED = 1e-9;
/** Of the intercept: next to nothing, but enough that it stays finite where all cases are alike. */
const INTERCEPT_PENALTY = 1e-3;

/**
 * Logistic regression with an L2 penalty, by Newton's method (iteratively reweighted least squares: Hastie, Tibshirani,
 * Friedman, The Elements of Statistical Learning, 4.4.1) with steps halved until the likelihood rises. The penalised
 * likelihood is strictly concave, so there is one answer, also where the cases are perfectly separable.
 *
 * @param rows at least one; each begins with 1, for the intercept
 * @param penalty more than 0: as if each weight but the intercept had been drawn with the variance 1 / penalty
 */
export function fitLogistic(
  rows: readonly (readonly number[])[],
  labels: readonly boolean[],
  penalty: number,
): LogisticFit {
  const width = rows[0]?.length ?? 0;
  const penalties = Array.from({ length: width }, (_, index) =>
    index === 0 ? INTERCEPT_PENALTY : penalty,
  );
  let weights = new Array<number>(width).fill(0);
  let loss = lossOf(rows, labels, weights, penalties);
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const { gradient, curvature } = derivatives(rows, labels, weights, penalties);
    const step = solve(cholesky(curvature), gradient);
    let share = 1;
    let next = minus(weights, step, share);
    let nextLoss = lossOf(rows, labels, next, penalties);
    while (nextLoss > loss && share > CONVERGED) {
      share /= 2;
      next = minus(weights, step, share);
      nextLoss = lossOf(rows, labels, next, penalties);
    }
    if (nextLoss > loss) break;
    const gained = loss - nextLoss;
    weights = next;
    loss = nextLoss;
    if (gained <= CONVERGED * (1 + Math.abs(loss))) break;
  }
  const { curvature } = derivatives(rows, labels, weights, penalties);
  return { weights, covariance: inverse(cholesky(curvature)) };
}

/** P(yes), with an interval at 95 % from the uncertainty of the weights (delta method, on the scale of log-odds). */
export function predictLogistic(
  { weights, covariance }: LogisticFit,
  row: readonly number[],
): { probability: number; interval: Interval } {
  const logit = dot(weights, row);
  const variance = dot(
    covariance.map((line) => dot(line, row)),
    row,
  );
  const half = Z_95 * Math.sqrt(Math.max(0, variance));
  return {
    probability: sigmoid(logit),
    interval: { low: sigmoid(logit - half), high: sigmoid(logit + half) },
  };
}

/** −log of the penalised likelihood. */
function lossOf(
  rows: readonly (readonly number[])[],
  labels: readonly boolean[],
  weights: readonly number[],
  penalties: readonly number[],
): number {
  let loss = 0;
  for (const [index, weight] of weights.entries()) {
    loss += ((penalties[index] ?? 0) * weight ** 2) / 2;
  }
  for (const [index, row] of rows.entries()) {
    const logit = dot(weights, row);
    loss += softplus(labels[index] ? -logit : logit);
  }
  return loss;
}

function derivatives(
  rows: readonly (readonly number[])[],
  labels: readonly boolean[],
  weights: readonly number[],
  penalties: readonly number[],
): { gradient: number[]; curvature: number[][] } {
  const gradient = weights.map((weight, index) => (penalties[index] ?? 0) * weight);
  const curvature = penalties.map((own, at) =>
    penalties.map((_, other) => (at === other ? own : 0)),
  );
  for (const [index, row] of rows.entries()) {
    const predicted = sigmoid(dot(weights, row));
    const error = predicted - (labels[index] ? 1 : 0);
    const weight = predicted * (1 - predicted);
    for (const [at, value] of row.entries()) {
      // most features of a case are 0
      if (value === 0) continue;
      gradient[at] = (gradient[at] ?? 0) + error * value;
      const line = curvature[at] ?? [];
      for (let other = 0; other <= at; other += 1) {
        line[other] = (line[other] ?? 0) + weight * value * (row[other] ?? 0);
      }
    }
  }
  return { gradient, curvature };
}

/** L of a symmetric positive definite matrix L·Lᵀ, of which the lower half is read. */
function cholesky(matrix: readonly (readonly number[])[]): number[][] {
  const lower: number[][] = [];
  for (const [at, line] of matrix.entries()) {
    const own: number[] = [];
    for (let other = 0; other <= at; other += 1) {
      let rest = line[other] ?? 0;
      for (let index = 0; index < other; index += 1) {
        rest -= (own[index] ?? 0) * ((other === at ? own : lower[other])?.[index] ?? 0);
      }
      own.push(other === at ? Math.sqrt(rest) : rest / (lower[other]?.[other] ?? 1));
    }
    lower.push(own);
  }
  return lower;
}

function solve(lower: readonly (readonly number[])[], values: readonly number[]): number[] {
  const forward: number[] = [];
  for (const [at, line] of lower.entries()) {
    let rest = values[at] ?? 0;
    for (let index = 0; index < at; index += 1) rest -= (line[index] ?? 0) * (forward[index] ?? 0);
    forward.push(rest / (line[at] ?? 1));
  }
  const solution = [...forward];
  for (let at = lower.length - 1; at >= 0; at -= 1) {
    let rest = forward[at] ?? 0;
    for (let index = at + 1; index < lower.length; index += 1) {
      rest -= (lower[index]?.[at] ?? 0) * (solution[index] ?? 0);
    }
    solution[at] = rest / (lower[at]?.[at] ?? 1);
  }
  return solution;
}

function inverse(lower: readonly (readonly number[])[]): number[][] {
  return lower.map((_, at) =>
    solve(
      lower,
      lower.map((_line, index) => (index === at ? 1 : 0)),
    ),
  );
}

function minus(weights: readonly number[], step: readonly number[], share: number): number[] {
  return weights.map((weight, index) => weight - share * (step[index] ?? 0));
}

function dot(one: readonly number[], other: readonly number[]): number {
  let sum = 0;
  for (let index = 0; index < one.length; index += 1) {
    sum += (one[index] ?? 0) * (other[index] ?? 0);
  }
  return sum;
}

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** log(1 + e^x), without overflow. */
function softplus(x: number): number {
  return Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
}
