import { type Interval, studentInterval } from "./interval.ts";
import { studentTFactor } from "./student-t.ts";

/** For each control variate its value in every replication, less its known mean. */
export type Controls = readonly (readonly number[])[];

/** Fewer replications than this hide how controls move skewed figures: intervals were seen to cover too seldom (docs/theory.md). */
const leastReplications = 60;

/**
 * Interval for a mean from independent replications whose figures move with controls of known mean: the intercept of the least-squares
 * fit on them, with its Student interval at `k - q - 1` degrees of freedom for `q` controls (Lavenberg and Welch 1981; Nelson 1990).
 * Exact for jointly normal figures and controls. A control that the others give is left out; fewer than 60 replications leave out all.
 */
export function controlledInterval(figures: readonly number[], controls: Controls, level = 0.95): Interval {
  const axes = orthogonal(controls);
  const degrees = figures.length - axes.length - 1;
  const isConstant = figures.every((figure) => figure === figures[0]);
  if (axes.length === 0 || figures.length < leastReplications || isConstant)
    return studentInterval(figures, level, "replications");
  const direction = without(new Array<number>(figures.length).fill(1), axes);
  const estimate = dot(figures, direction) / dot(direction, direction);
  const residuals = without(figures, [...axes, direction]);
  const variance = dot(residuals, residuals) / degrees;
  const half = studentTFactor(level, degrees) * Math.sqrt(variance / dot(direction, direction));
  return {
    estimate,
    low: estimate - half,
    high: estimate + half,
    level,
    method: "control variates",
    groups: degrees + 1,
    trusted: true,
  };
}

/** What remains of a vector this much smaller than it was is rounding. */
const negligible = 1e-9;

/** Vectors at right angles that span the same (Gram and Schmidt's procedure). */
function orthogonal(vectors: Controls): number[][] {
  const axes: number[][] = [];
  for (const vector of vectors) {
    const rest = without(vector, axes);
    if (dot(rest, rest) > negligible ** 2 * dot(vector, vector)) axes.push(rest);
  }
  return axes;
}

/** A vector less its shadows on axes at right angles. */
function without(vector: readonly number[], axes: Controls): number[] {
  let rest = [...vector];
  for (const axis of axes) {
    const share = dot(rest, axis) / dot(axis, axis);
    rest = rest.map((value, index) => value - share * axis[index]!);
  }
  return rest;
}

function dot(one: readonly number[], other: readonly number[]): number {
  let sum = 0;
  for (let index = 0; index < one.length; index++) sum += one[index]! * other[index]!;
  return sum;
}
