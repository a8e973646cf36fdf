import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import { weightedValues } from "./weighted-values.ts";

/** `P(k) ∝ k^-exponent` on 1, 2, ..., max. */
export const zipf = part({
  summary: "Zipf from 1 to `max`: k tokens as often as 1/k to the exponent",
  options: z.strictObject({ exponent: z.number().positive(), max: z.int().positive().max(1_000_000) }),
  build({ exponent, max }) {
    const values = Array.from({ length: max }, (_, place) => place + 1);
    return weightedValues(
      values,
      values.map((value) => value ** -exponent),
    );
  },
});
