import type { Random } from "../core/random.ts";
import type { RequestHistory } from "../observe/request-history.ts";
import { deploymentOf } from "../scenario/deployment.ts";
import type { Scenario } from "../scenario/schema.ts";
import type { LengthShape, ServingShape } from "../theory/catalogue/shape.ts";
import { generalServer, type ServiceMoments } from "../theory/predictions/general-server.ts";
import { type LengthOptions, lengths } from "../workload/lengths.ts";
import { eachLength } from "./length-shape.ts";
import { servingShape } from "./serving-shape.ts";

/**
 * One server that serves the requests of a run one after another, each for its share of a full batch's time. Its queue moves with the
 * batch's, and the long run of it is known (M/G/1), so that it serves as control variate (Sharon and Nelson 1988): what the
 * run was dealt, apart from what it made of it.
 */
export interface ShadowServer {
  /** Mean wait of a run's requests, after so many of them, and mean of its square, each over its known long-run mean, less 1. */
  controls(history: RequestHistory, warmUp: number, random: Random): number[];
}

/**
 * The shadow server of a scenario: undefined where its long run is not known (arrivals that are not Poisson, lengths drawn together),
 * where a run may end otherwise than after so many arrivals, where the batch itself is one such server, and where several
 * replicas share the load.
 */
export function shadowServer(scenario: Scenario): ShadowServer | undefined {
  const { run, workload } = scenario;
  const { prompt, output } = workload;
  if (run.requests === undefined || run.horizon !== undefined || !prompt || !output) return undefined;
  const shape = servingShape(scenario, deploymentOf(scenario));
  if (typeof shape === "string" || shape.arrivals.kind !== "open" || shape.arrivals.process !== "poisson")
    return undefined;
  if (
    shape.replicas > 1 ||
    shape.pipeline !== undefined ||
    shape.batchCap === 1 ||
    shape.batchCap === Number.POSITIVE_INFINITY
  )
    return undefined;
  const residuals = { prompt: residualLength(prompt), output: residualLength(output) };
  if (!residuals.prompt || !residuals.output) return undefined;

  const { requestsPerSecond } = shape.arrivals;
  const cost = tokenSeconds(shape, requestsPerSecond, run.requests);
  const service = serviceMoments(shape, cost);
  const { utilisation, meanWaitSeconds, waitVariance } = generalServer(requestsPerSecond, service);
  const meanSquare = waitVariance! + meanWaitSeconds ** 2;

  /** The sum of a geometric number of residual services (Beneš 1957): an output's, with its prompt before it, or a prompt's. */
  const stationaryWait = (random: Random): number => {
    const drawPrompt = lengths.build(prompt).sampler(random);
    const outputShare = (cost.output * shape.output.mean) / service.mean;
    let seconds = 0;
    while (random() < utilisation) {
      seconds +=
        random() < outputShare
          ? cost.output * residuals.output!(random) + cost.prompt * drawPrompt()
          : cost.prompt * residuals.prompt!(random);
    }
    return seconds;
  };
  return {
    controls: ({ arrivalSeconds, promptTokens, outputTokens }, warmUp, random) => {
      let wait = stationaryWait(random);
      let clock = 0;
      let [sum, squares] = [0, 0];
      for (let request = 0; request < arrivalSeconds.length; request++) {
        wait = Math.max(0, wait - (arrivalSeconds[request]! - clock));
        clock = arrivalSeconds[request]!;
        if (request >= warmUp) {
          sum += wait;
          squares += wait * wait;
        }
        wait += cost.prompt * promptTokens[request]! + cost.output * outputTokens[request]!;
      }
      const count = arrivalSeconds.length - warmUp;
      return [sum / count / meanWaitSeconds - 1, squares / count / meanSquare - 1];
    },
  };
}

/** The shadow server of the scenario that was asked about last: runs of one scenario follow one another. */
let last: { readonly scenario: string; readonly shadow: ShadowServer | undefined } | undefined;

/** The same, made once for all runs of a scenario. */
export function shadowOf(scenario: Scenario): ShadowServer | undefined {
  const text = JSON.stringify(scenario);
  if (last?.scenario !== text) last = { scenario: text, shadow: shadowServer(scenario) };
  return last.shadow;
}

/** Seconds of service for each token. */
interface TokenSeconds {
  readonly prompt: number;
  readonly output: number;
}

/** A run is to see the shadow's queue come and go so many times: its means are then nearly normal. */
const leastRelaxations = 10;

/** What tokens cost a full batch; less where the shadow, at that price, were too near to capacity for the length of a run. */
function tokenSeconds(shape: ServingShape, requestsPerSecond: number, requests: number): TokenSeconds {
  const { batchCap, prompt, stepSeconds } = shape;
  const decode = stepSeconds(batchCap, 0);
  const cost = { prompt: (stepSeconds(batchCap, prompt.mean) - decode) / prompt.mean, output: decode / batchCap };
  const { mean, variance } = serviceMoments(shape, cost);
  // The queue of one server forgets within about (1 + c²)/(1 - ρ)² services.
  const most = 1 - Math.min(1, Math.sqrt((leastRelaxations * (1 + variance / mean ** 2)) / requests));
  const scale = Math.min(1, most / (requestsPerSecond * mean));
  return { prompt: scale * cost.prompt, output: scale * cost.output };
}

function serviceMoments({ prompt, output }: ServingShape, cost: TokenSeconds): ServiceMoments {
  const mean = cost.prompt * prompt.mean + cost.output * output.mean;
  const variance = cost.prompt ** 2 * prompt.variance + cost.output ** 2 * output.variance;
  const third = (length: LengthShape) => length.thirdCentralMoment!;
  const central = cost.prompt ** 3 * third(prompt) + cost.output ** 3 * third(output);
  return { mean, variance, thirdMoment: central + 3 * mean * variance + mean ** 3 };
}

/** Longer laws are not drawn from by a table. */
const mostTokens = 100_000;

/**
 * Draws what is left of a length, in tokens, at a random point of it: `j + U` with `P(j) = P(L > j)/E[L]` and `U` uniform. Undefined for a
 * law that is too long.
 */
function residualLength(options: LengthOptions): ((random: Random) => number) | undefined {
  const lengthsUpTo: number[] = [];
  let longer = 1;
  let sum = 0;
  const complete = eachLength(options, mostTokens, (_, probability) => {
    sum += longer;
    lengthsUpTo.push(sum);
    longer -= probability;
  });
  if (!complete) return undefined;
  return (random) => firstAbove(lengthsUpTo, random() * sum) + random();
}

/** The first place of an ascending list that holds more than `value`. */
function firstAbove(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
