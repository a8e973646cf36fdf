import { checkScenario } from "../scenario/read.ts";
import type { Scenario } from "../scenario/schema.ts";
import type { Quantity } from "../theory/catalogue/prediction.ts";

/** A system whose long run is known exactly, at any load. */
export interface Oracle {
  readonly name: string;
  /** The prediction that is exact for it. */
  readonly prediction: string;
  /** Its figures that are held against the runs. */
  readonly quantities: readonly Quantity[];
  /** Whether there is an offered load to vary. */
  readonly hasLoad: boolean;
  readonly scenario: (load: number, requests: number) => Scenario;
}

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
const baseSeconds = 0.02;

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
    kernelLaunchSeconds: baseSeconds / 4,
    collectives: "torus",
  };
}

interface Flat {
  readonly cacheTokens?: number;
  readonly name: string;
  readonly secondsPerSequence: number;
  readonly maxSequences: number;
  readonly arrivals: object;
  readonly output: object;
  readonly requests: number;
}

function flat({ name, secondsPerSequence, maxSequences, arrivals, output, requests, cacheTokens }: Flat): Scenario {
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

const meanOutput = 20;
const equal = { distribution: "constant", tokens: meanOutput };
const geometric = { distribution: "geometric", mean: meanOutput };
const poisson = (rate: number) => ({ process: "poisson", rate });

/** Requests each second at which so much of a full batch's capacity is asked for. */
function rateAt(load: number, batch: number, secondsPerSequence: number): number {
  return (load * batch) / ((baseSeconds + secondsPerSequence * batch) * meanOutput);
}

/** Seconds that a step of Llama 3 8B on one H100 takes alone are not constant: its context grows. */
function llamaAlone(
  name: string,
  load: number,
  requests: number,
  output: object,
  cluster: { readonly replicas: number; readonly router?: { readonly name: string } } = { replicas: 1 },
): Scenario {
  return checkScenario({
    name,
    model: "llama-3-8b",
    accelerator: "h100",
    deployment: { accelerators: 1, ...cluster },
    policy: { name: "continuous", maxSequences: 1 },
    workload: {
      arrivals: poisson((load * cluster.replicas) / aloneSeconds),
      prompt: { distribution: "constant", tokens: 400 },
      output,
    },
    run: { seed: 1, requests },
  });
}

/** About what such a request of 20 output tokens takes; the loads of the suite are named by it. */
const aloneSeconds = 0.12;

const inOneQueue = ["wait", "timeToFirstToken", "sojourn", "queue", "busyShare"] as const;
const inSteps = ["wait", "timeToFirstToken", "sojourn", "tokenTime", "batch", "queue", "busyShare"] as const;

/** Every oracle that the simulator has the parts for. */
export const oracles: readonly Oracle[] = [
  {
    name: "M/D/1: one sequence at a time, equal requests",
    prediction: "M/D/1",
    quantities: [...inOneQueue, "waitProbability"],
    hasLoad: true,
    scenario: (load, requests) => llamaAlone("M/D/1", load, requests, equal),
  },
  {
    name: "M/D/c: four replicas behind one queue, one sequence at a time, equal requests",
    prediction: "M/D/c",
    quantities: [...inOneQueue, "waitProbability"],
    hasLoad: true,
    scenario: (load, requests) =>
      llamaAlone("M/D/c", load, requests, equal, { replicas: 4, router: { name: "central-queue" } }),
  },
  {
    name: "M/D/1 at each of three replicas, dealt out at random",
    prediction: "M/D/1",
    quantities: [...inOneQueue, "waitProbability"],
    hasLoad: true,
    scenario: (load, requests) =>
      llamaAlone("M/D/1 of three", load, requests, equal, { replicas: 3, router: { name: "random" } }),
  },
  {
    name: "M/G/1: one sequence at a time, geometric outputs",
    prediction: "M/G/1",
    quantities: inOneQueue,
    hasLoad: true,
    scenario: (load, requests) => llamaAlone("M/G/1", load, requests, geometric),
  },
  {
    name: "capped batching, constant step, geometric outputs",
    prediction: "continuous batching, step by step",
    quantities: inSteps,
    hasLoad: true,
    scenario: (load, requests) =>
      flat({
        name: "constant step",
        secondsPerSequence: 0,
        maxSequences: 8,
        arrivals: poisson(rateAt(load, 8, 0)),
        output: geometric,
        requests,
      }),
  },
  {
    name: "capped batching, step growing with the batch, geometric outputs",
    prediction: "continuous batching, step by step",
    quantities: inSteps,
    hasLoad: true,
    scenario: (load, requests) =>
      flat({
        name: "growing step",
        secondsPerSequence: 0.002,
        maxSequences: 16,
        arrivals: poisson(rateAt(load, 16, 0.002)),
        output: geometric,
        requests,
      }),
  },
  {
    name: "M/G/∞: no cap, constant step, lognormal outputs",
    prediction: "M/G/∞ (Poisson batch)",
    quantities: ["batch", "tokenTime"],
    hasLoad: true,
    // There is no capacity to load: so many times ten sequences at once.
    scenario: (load, requests) =>
      flat({
        name: "no cap",
        secondsPerSequence: 0,
        maxSequences: requests,
        arrivals: poisson((10 * load) / (baseSeconds * meanOutput)),
        output: { distribution: "lognormal", mean: meanOutput, cv: 1, max: 2_000 },
        requests,
      }),
  },
  {
    name: "saturated closed loop, geometric outputs",
    prediction: "saturated closed loop",
    quantities: ["batch", "tokenTime", "tokensPerSecond", "requestsPerSecond", "sojourn"],
    hasLoad: false,
    scenario: (_, requests) =>
      flat({
        name: "saturated",
        secondsPerSequence: 0.002,
        maxSequences: 16,
        arrivals: { process: "closed-loop", users: 24 },
        output: geometric,
        requests,
      }),
  },
  {
    name: "preemption: two answers that do not fit into the cache",
    prediction: "two answers that do not fit into the cache",
    quantities: ["batch", "queue", "tokenTime", "tokensPerSecond", "requestsPerSecond", "sojourn"],
    hasLoad: false,
    // One round is like another: a few show all.
    scenario: (_, requests) =>
      flat({
        name: "preempted",
        secondsPerSequence: 0,
        maxSequences: 2,
        arrivals: { process: "closed-loop", users: 2 },
        output: { distribution: "constant", tokens: 25 },
        requests: Math.min(requests, 1_000),
        cacheTokens: 30,
      }),
  },
];
