import { InvariantError } from "../core/errors.ts";
import { deploymentOf } from "../scenario/deployment.ts";
import { checkScenario } from "../scenario/read.ts";
import type { Scenario } from "../scenario/schema.ts";
import type { Quantity } from "../theory/catalogue/prediction.ts";
import { aloneMoments } from "../theory/catalogue/shape.ts";
import { flatBaseSeconds, flatRate, flatScenario } from "./flat-scenario.ts";
import { servingShape } from "./serving-shape.ts";

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

const meanOutput = 20;
const equal = { distribution: "constant", tokens: meanOutput };
const geometric = { distribution: "geometric", mean: meanOutput };
const poisson = (rate: number) => ({ process: "poisson", rate });

/** Replicas that serve one stream of requests. */
interface Replicated {
  readonly replicas: number;
  readonly router?: { readonly name: string };
}

/** Llama 3 8B on one H100 each, one request at a time: its steps are not constant, since its context grows. */
function llamaAlone(name: string, load: number, requests: number, output: object, cluster?: Replicated): Scenario {
  const at = (rate: number, replicated: Replicated = { replicas: 1 }) =>
    checkScenario({
      name,
      model: "llama-3-8b",
      accelerator: "h100",
      deployment: { accelerators: 1, ...replicated },
      policy: { name: "continuous", maxSequences: 1 },
      workload: { arrivals: poisson(rate), prompt: { distribution: "constant", tokens: 400 }, output },
      run: { seed: 1, requests },
    });
  const replicas = cluster?.replicas ?? 1;
  return at((load * replicas) / aloneSeconds(at(1)), cluster);
}

/** What a request takes on average that runs alone. */
function aloneSeconds(scenario: Scenario): number {
  const shape = servingShape(scenario, deploymentOf(scenario));
  if (typeof shape === "string") throw new InvariantError(shape);
  return aloneMoments(shape).mean;
}

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
      flatScenario({
        name: "constant step",
        secondsPerSequence: 0,
        maxSequences: 8,
        arrivals: poisson(flatRate(load, 8, 0, meanOutput)),
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
      flatScenario({
        name: "growing step",
        secondsPerSequence: 0.002,
        maxSequences: 16,
        arrivals: poisson(flatRate(load, 16, 0.002, meanOutput)),
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
      flatScenario({
        name: "no cap",
        secondsPerSequence: 0,
        maxSequences: requests,
        arrivals: poisson((10 * load) / (flatBaseSeconds * meanOutput)),
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
      flatScenario({
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
      flatScenario({
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
