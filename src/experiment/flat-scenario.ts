import { checkScenario } from "../scenario/read.ts";
import type { Scenario } from "../scenario/schema.ts";

/** A model of one layer whose attention costs nothing beside its matrices: a step's time depends on the batch alone. */
const flatModel = {
  name: "flat",
  dModel: 10_000,
  dFf: 1e12,
  ffMatrices: { up: 1, down: 1 },
  layers: 1,
  experts: 1,
  activeExperts: 1,
  queryHeads: 1,
  groupSize: 1,
  headDim: 1,
  weightBytes: 2,
  activationBytes: 2,
  vocabulary: 0,
  parallelAttention: false,
};

/** Two parameters, 2 FLOP each, for each of `dModel·dFf`. */
const flopPerToken = 4e16;

/** Seconds of a step but for its sequences. */
export const flatBaseSeconds = 0.02;

/** One accelerator of endless memory whose step takes 20 ms and so many more for each sequence. */
function flatAccelerator(secondsPerSequence: number) {
  return {
    name: "flat",
    flopPerSecondByWeightBits: { "16": secondsPerSequence === 0 ? 1e40 : flopPerToken / secondsPerSequence },
    hbmBytesPerSecond: 1e40,
    hbmBytes: 1e30,
    l2BytesPerSecond: null,
    l2Bytes: 0,
    intranodeBytesPerSecond: null,
    internodeBytesPerSecond: 1e40,
    nodeSize: 1,
    dollarsPerHour: 1,
    kernelLaunchSeconds: flatBaseSeconds / 4,
    collectives: "torus",
  };
}

/** What a scenario on that accelerator is made of. */
export interface Flat {
  readonly name: string;
  readonly secondsPerSequence: number;
  readonly maxSequences: number;
  readonly arrivals: object;
  readonly output: object;
  readonly requests: number;
  /** Tokens of KV cache; endless where left out. */
  readonly cacheTokens?: number;
}

/** A scenario whose step takes 20 ms and so many more for each sequence, whatever their contexts. */
export function flatScenario({
  name,
  secondsPerSequence,
  maxSequences,
  arrivals,
  output,
  requests,
  cacheTokens,
}: Flat): Scenario {
  return checkScenario({
    name,
    model: flatModel,
    accelerator: flatAccelerator(secondsPerSequence),
    deployment: { accelerators: 1, ...(cacheTokens !== undefined && { kvCache: { capacityTokens: cacheTokens } }) },
    policy: { name: "continuous", maxSequences },
    workload: { arrivals, prompt: { distribution: "constant", tokens: 1 }, output },
    run: { seed: 1, requests },
  });
}

/** Requests each second, of so many steps each on average, at which so much of a full batch's capacity is asked for. */
export function flatRate(load: number, batch: number, secondsPerSequence: number, meanSteps: number): number {
  return (load * batch) / ((flatBaseSeconds + secondsPerSequence * batch) * meanSteps);
}
