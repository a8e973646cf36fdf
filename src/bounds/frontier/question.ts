import type { Accelerator } from "../accelerator.ts";
import type { Architecture } from "../architecture.ts";
import type { Speculation } from "../speculative.ts";

/** What a frontier is drawn for. */
export interface FrontierQuestion {
  readonly architecture: Architecture;
  readonly accelerator: Accelerator;
  readonly contextTokens: number;
  /** Tokens a second that one instance may serve at most, since there is no more demand. */
  readonly demandCapTokensPerSecond?: number | undefined;
  readonly speculation?: Speculation | undefined;
}
