import { normalCdf } from "../../core/normal.ts";
import { rootOfIncreasing } from "./root.ts";

/** The `x` at which the standard normal distribution function is `probability` in (0, 1). */
export function normalQuantile(probability: number): number {
  if (probability > 0.5) return -normalQuantile(1 - probability);
  return rootOfIncreasing((x) => Math.log(normalCdf(x) / probability), -40, 0);
}
