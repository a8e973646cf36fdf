/** A rate that follows the clock, in requests each second. */
export interface RateProfile {
  /** Mean over a long time; undefined for what happens once. */
  readonly meanRate: number | undefined;
  /** Never exceeded. */
  readonly highestRate: number;
  readonly rateAt: (seconds: number) => number;
}
