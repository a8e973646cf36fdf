import { incompleteBeta } from "../numeric/incomplete-beta.ts";
import { quantileOf } from "../numeric/root.ts";

/** Probability that Student's t with `degrees` degrees of freedom lies within `±t`. */
export function studentTWithin(t: number, degrees: number): number {
  return incompleteBeta((t * t) / (degrees + t * t), 0.5, degrees / 2);
}

/** The `t` such that Student's t with `degrees` degrees of freedom lies within `±t` with probability `level`. */
export function studentTFactor(level: number, degrees: number): number {
  const key = `${level}/${degrees}`;
  let factor = factors.get(key);
  if (factor === undefined) {
    factor = quantileOf((t) => studentTWithin(t, degrees), level, 2);
    factors.set(key, factor);
  }
  return factor;
}

const factors = new Map<string, number>();
