import { InvariantError } from "../../core/errors.ts";
import { certain, expectation, type IntegerLaw, lawMean, trimmed } from "./integer-law.ts";

/**
 * The law nearest to `base` (in relative entropy) that has this mean and variance: `base(d)·exp(a·x - b·x²)/Z` with `x` the
 * standardised value, `a` and `b` by Newton's method. It keeps the base's support and skew. A law that takes two values, or hardly
 * ever another, is settled by its mean.
 */
export function matched(base: IntegerLaw, mean: number, variance: number): IntegerLaw {
  const deviation = Math.sqrt(variance);
  if (deviation < 1e-4) return certain(Math.round(mean));
  const x = (d: number) => (d - mean) / deviation;
  let law = base;
  for (let iteration = 0; iteration < 100; iteration++) {
    const [m1, m2, m3, m4] = [1, 2, 3, 4].map((power) => expectation(law, (d) => x(d) ** power)) as [
      number,
      number,
      number,
      number,
    ];
    const [c11, c12, c22] = [m2 - m1 * m1, m3 - m1 * m2, m4 - m2 * m2];
    const determinant = c11 * c22 - c12 * c12;
    const isTwoValued = determinant < 1e-9 * c11 * c22;
    const errorMean = -m1;
    const errorSquare = isTwoValued ? 0 : 1 - m2;
    if (Math.abs(errorMean) + Math.abs(errorSquare) < 1e-10) return law;
    const a = isTwoValued ? errorMean / c11 : (c22 * errorMean - c12 * errorSquare) / determinant;
    const b = isTwoValued ? 0 : (c11 * errorSquare - c12 * errorMean) / determinant;
    const damping = Math.min(1, 2 / (Math.abs(a) + Math.abs(b)));
    law = tilted(law, (d) => damping * (a * x(d) + b * x(d) ** 2));
  }
  throw new InvariantError(`no law of mean ${mean} and variance ${variance} near one of mean ${lawMean(base)}`);
}

function tilted({ first, probabilities }: IntegerLaw, exponent: (value: number) => number): IntegerLaw {
  const exponents = probabilities.map((_, i) => exponent(first + i));
  const top = exponents.reduce((most, e) => Math.max(most, e), Number.NEGATIVE_INFINITY);
  return trimmed({ first, probabilities: probabilities.map((p, i) => p * Math.exp(exponents[i]! - top)) });
}
