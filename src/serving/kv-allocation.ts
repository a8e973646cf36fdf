import { z } from "zod";
import { catalogue, part } from "../core/catalogue.ts";
import { UserError } from "../core/errors.ts";

/**
 * How a sequence comes by its KV blocks. What reserves takes, on admission, the blocks of the prompt and of so many output
 * tokens as are stated here, gives all of them back when it leaves, and never asks for more: it is never preempted for
 * want of memory. An output may therefore not exceed its reservation.
 */
export interface KvAllocation {
  /** The output tokens reserved for a request whose output has so many; undefined where blocks are taken as they fill. */
  readonly reservedOutputTokens: ((outputTokens: number) => number) | undefined;
}

const noOptions = z.strictObject({});

const growth = part({
  summary:
    "vLLM: the prompt's blocks on admission, others as tokens fill them; the newest are preempted when none is left",
  options: noOptions,
  build: (): KvAllocation => ({ reservedOutputTokens: undefined }),
});

/** Orca (Max) in Kwon et al., SOSP 2023, section 6.1, where prompt and output together have the model's longest length. */
const reserve = part({
  summary: "Orca (Max): the prompt's blocks and those of a stated limit of output tokens, all on admission",
  options: z.strictObject({
    outputTokens: z.int().positive().describe("output tokens reserved for each request; no output may be longer"),
  }),
  build: ({ outputTokens }): KvAllocation => ({ reservedOutputTokens: () => outputTokens }),
});

/** Orca (Pow2), ibid.: reserves at most twice what the output needs, and knows the output to do so. */
const reservePowerOfTwoOracle = part({
  summary: "Orca (Pow2), an oracle: reserves the true output length, rounded up to a power of two",
  options: noOptions,
  build: (): KvAllocation => ({ reservedOutputTokens: powerOfTwoFrom }),
});

/** Orca (Oracle), ibid. */
const reserveOracle = part({
  summary: "Orca (Oracle): reserves the true output length",
  options: noOptions,
  build: (): KvAllocation => ({ reservedOutputTokens: (outputTokens) => outputTokens }),
});

/** Ways to allocate KV blocks by name. */
export const kvAllocations = catalogue("name", {
  growth,
  reserve,
  "reserve-power-of-two-oracle": reservePowerOfTwoOracle,
  "reserve-oracle": reserveOracle,
});
export type KvAllocationOptions = z.infer<typeof kvAllocations.schema>;

/**
 * Throws `UserError` where the longest output of a workload exceeds what is reserved for it. A real server would cut such
 * an answer off, and so serve another workload than the one stated.
 */
export function checkReservation({ reservedOutputTokens }: KvAllocation, longestOutput: number, where: string): void {
  const reserved = reservedOutputTokens?.(longestOutput) ?? longestOutput;
  if (longestOutput <= reserved) return;
  const what = `outputs have up to ${longestOutput} tokens, of which ${reserved} are reserved`;
  throw new UserError(where, what, `at least ${longestOutput}, or a workload of shorter outputs`);
}

function powerOfTwoFrom(tokens: number): number {
  let power = 1;
  while (power < tokens) power *= 2;
  return power;
}
