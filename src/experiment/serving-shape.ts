import { type StepTimeModel, stepTimeModel } from "../bounds/step-time.ts";
import type { Deployment } from "../scenario/deployment.ts";
import type { ReplicaDeployment } from "../scenario/replica-deployment.ts";
import type { Scenario } from "../scenario/schema.ts";
import type { TracePlaces } from "../scenario/trace-file.ts";
import { scenarioTraffic } from "../scenario/traffic.ts";
import { trafficClasses } from "../scenario/workload-schema.ts";
import type { RequestSpec } from "../serving/request.ts";
import { watermarkBlocks } from "../serving/watermark.ts";
import type { ClosedArrivals, LengthShape, OpenArrivals, ServingShape } from "../theory/catalogue/shape.ts";
import type { ServiceMoments } from "../theory/predictions/general-server.ts";
import { operatingPoint } from "../theory/predictions/operating-point.ts";
import { momentsOfRequests } from "../workload/request-moments.ts";
import type { TrafficOptions } from "../workload/traffic.ts";
import { expertShape } from "./expert-shape.ts";
import { eachLength, lengthShape, observedShape } from "./length-shape.ts";

/** Prompts, outputs, and what they come to together. */
interface Lengths {
  readonly prompt: LengthShape;
  readonly output: LengthShape;
  /** `E[prompt·output]`. */
  readonly meanProduct: number;
}

interface Demand extends Lengths {
  readonly arrivals: OpenArrivals | ClosedArrivals;
}

/**
 * A scenario as queueing theory sees it, or why it cannot be put in its terms.
 *
 * @param deployment of the scenario; its step time is not asked, since asking may draw experts
 */
export function servingShape(
  stated: Scenario,
  deployment: Deployment,
  places: TracePlaces = {},
): ServingShape | string {
  const [pool, another] = deployment.pools;
  if (another !== undefined) return "there are several pools of replicas";
  if (deployment.speculation !== undefined) return "drafts make a step give more than one token";
  if (deployment.kvCache.prefixSharing) return "prompts that start alike are read in part";
  const scenario = { ...stated, policy: pool!.policy };
  const demand = demandOf(scenario, places);
  if (typeof demand === "string") return demand;
  const { architecture, accelerator, layout } = deployment;
  const published = stepTimeModel(architecture, accelerator, layout);
  const batchCap = capOf(scenario);
  const contextTokens = decodeContext(demand);
  const isAlone = batchCap === 1 && layout.pipelineStages === 1 && deployment.experts === undefined;
  const alone = isAlone ? aloneSeconds(scenario, published) : undefined;
  const stepSeconds = (decodes: number, promptTokens: number, context = contextTokens) =>
    step(published, decodes, promptTokens, context).tripSeconds;
  const experts = expertShape(deployment, contextTokens);
  const widest = Math.min(batchCap, 4_096);
  return {
    arrivals: demand.arrivals,
    prompt: demand.prompt,
    output: demand.output,
    firstComeFirstServed: scenario.order.by === "fcfs",
    batchCap,
    ...policyOf(scenario, () => decodesAtRest(demand, batchCap, stepSeconds)),
    otherLimits:
      scenario.admission.kind !== "unlimited" || cacheMayBind(scenario, deployment.replica, demand, batchCap),
    ...cacheOf(deployment.kvCache),
    replicas: deployment.replicas,
    router: routerOf(deployment),
    stepSeconds,
    stepVaries:
      deployment.experts !== undefined || isFelt(stepSeconds(widest, 0, 2 * contextTokens), stepSeconds(widest, 0, 0)),
    ...(alone !== undefined && { aloneSeconds: alone }),
    ...(experts !== undefined && { experts }),
    ...(layout.pipelineStages > 1 && {
      pipeline: {
        stageSeconds: (microbatch: number) =>
          new Array<number>(layout.pipelineStages).fill(step(published, microbatch, 0, contextTokens).stageSeconds),
        hopSeconds: step(published, widest / layout.pipelineStages, 0, contextTokens).hopSeconds,
        microbatches: layout.pipelineStages,
      },
    }),
  };
}

/** Smaller differences of a step's time are rounding. */
const isFelt = (longer: number, shorter: number) => longer - shorter > 1e-12 * shorter;

/** One step of sequences that all have the same context, with a prompt of so many tokens beside them. */
function step(stepTime: StepTimeModel, decodes: number, promptTokens: number, contextTokens: number) {
  return stepTime.time({
    tokens: decodes + promptTokens,
    attentionPairs: decodes * contextTokens + (promptTokens * (promptTokens - 1)) / 2,
    kvTokensRead: decodes * contextTokens,
    sequences: decodes + (promptTokens > 0 ? 1 : 0),
    outputs: decodes + (promptTokens > 0 ? 1 : 0),
  });
}

/** Mean over decoded tokens of the cached tokens they read: output token `j ≥ 2` reads `prompt + j - 2`. */
function decodeContext({ prompt, output, meanProduct }: Lengths): number {
  const square = output.variance + output.mean ** 2;
  const decoded = output.mean - 1;
  if (decoded === 0) return prompt.mean;
  return (meanProduct - prompt.mean + (square - 3 * output.mean + 2) / 2) / decoded;
}

function demandOf(scenario: Scenario, places: TracePlaces): Demand | string {
  const [traffic, another] = scenarioTraffic(scenario, places);
  if (another !== undefined) return "there are several classes of traffic";
  const [{ arrivals, prompt, output }] = trafficClasses(scenario.workload) as [TrafficOptions];
  const { process, rows } = traffic!;
  const moments = traffic!.lengths?.moments();
  const lengths = prompt && output ? independent(lengthShape(prompt), lengthShape(output)) : joint(rows);
  if (lengths === undefined) return "prompts and outputs are drawn together";
  if (arrivals.process === "closed-loop") {
    return { ...lengths, arrivals: { kind: "closed", users: arrivals.users, thinkSeconds: arrivals.thinkTime } };
  }
  const { requestsPerSecond } = process.offered({ lengths: moments, rows });
  if (requestsPerSecond === undefined) return `${arrivals.process} arrivals have no mean rate`;
  return { ...lengths, arrivals: { kind: "open", requestsPerSecond, ...renewalOf(arrivals) } };
}

function independent(prompt: LengthShape, output: LengthShape): Lengths {
  return { prompt, output, meanProduct: prompt.mean * output.mean };
}

/** Of the requests of a trace, what goes together kept together. */
function joint(rows: readonly RequestSpec[]): Lengths | undefined {
  if (rows.length === 0) return undefined;
  return {
    prompt: observedShape(rows.map(({ promptTokens }) => promptTokens)),
    output: observedShape(rows.map(({ outputTokens }) => outputTokens)),
    meanProduct: momentsOfRequests(rows).meanProduct,
  };
}

/** What is known of the interarrival times. */
function renewalOf(arrivals: { readonly process: string }): Pick<OpenArrivals, "process" | "interarrivalCv"> {
  switch (arrivals.process) {
    case "poisson":
      return { process: "poisson", interarrivalCv: 1 };
    case "deterministic":
      return { process: "renewal", interarrivalCv: 0 };
    case "gamma":
    case "weibull":
      return { process: "renewal", interarrivalCv: (arrivals as unknown as { readonly cv: number }).cv };
    default:
      return { process: "other", interarrivalCv: Number.NaN };
  }
}

/** What predictions know of batching policies; those that they do not know are `other`. */
type PolicyPart = Pick<ServingShape, "policy" | "minimumBatch" | "timeoutSeconds" | "chunkTokens">;

const plainPolicy = {
  minimumBatch: 1,
  timeoutSeconds: Number.POSITIVE_INFINITY,
  chunkTokens: Number.POSITIVE_INFINITY,
} as const;

/** @param decodes sequences that decode in a step, as a rule: they take their share of a step's budget */
function policyOf({ policy }: Scenario, decodes: () => number): PolicyPart {
  switch (policy.name) {
    case "static":
    case "continuous":
    case "prefill-first":
      return { ...plainPolicy, policy: policy.name };
    case "dynamic":
      return { ...plainPolicy, policy: "dynamic", minimumBatch: policy.minSequences, timeoutSeconds: policy.timeout };
    case "chunked-prefill":
      return {
        ...plainPolicy,
        policy: "chunked-prefill",
        chunkTokens: Math.max(1, policy.tokenBudget - Math.round(decodes())),
      };
    default:
      return { ...plainPolicy, policy: "other" };
  }
}

/** The batch at which tokens asked for equal tokens made, were there no prompts; a full one where that is too small. */
function decodesAtRest(
  { arrivals, output }: Demand,
  batchCap: number,
  stepSeconds: ServingShape["stepSeconds"],
): number {
  if (arrivals.kind === "closed") return Math.min(arrivals.users, batchCap);
  const arrivalsPerSecond = arrivals.requestsPerSecond;
  const decode = (batch: number) => stepSeconds(batch, 0);
  return operatingPoint({ arrivalsPerSecond, meanSteps: output.mean, batchCap, stepSeconds: decode }).batch ?? batchCap;
}

const routerShapes = ["central-queue", "random", "round-robin"] as const;

/** One replica alone has the only queue there is. */
function routerOf({ router }: Deployment): ServingShape["router"] {
  if (router === undefined) return "central-queue";
  return routerShapes.find((name) => name === router.name) ?? "other";
}

/** The cap of the batch; none where a run has no more requests than that. */
function capOf({ policy, run }: Scenario): number {
  const { maxSequences } = policy;
  return run.requests !== undefined && run.requests <= maxSequences ? Number.POSITIVE_INFINITY : maxSequences;
}

/** How many standard deviations above its mean the KV cache of a full batch is allowed for. */
const allowance = 6;

/**
 * Whether the KV cache may hold a request back before the cap does: whether it holds a full batch of sequences that are all about to
 * end. Those that run at an instant are longer than those that arrive, each as much more likely as it is longer.
 */
function cacheMayBind({ run }: Scenario, { kvCache }: ReplicaDeployment, lengths: Lengths, batchCap: number): boolean {
  const { capacityTokens, blockTokens, watermark, allocation } = kvCache;
  // What reserves may hold back many for a few that never come to fill theirs.
  if (allocation.reservedOutputTokens !== undefined) return true;
  const { prompt, output, meanProduct } = lengths;
  const most = Math.min(batchCap, run.requests ?? batchCap);
  if (most === Number.POSITIVE_INFINITY) return true;
  const square = output.variance + output.mean ** 2;
  const cube = (output.thirdCentralMoment ?? 0) + 3 * output.mean * output.variance + output.mean ** 3;
  const mean = (meanProduct + square) / output.mean + blockTokens - 1;
  const kept = blockTokens * watermarkBlocks(watermark, Math.floor(capacityTokens / blockTokens));
  const variance = prompt.variance + cube / output.mean - (square / output.mean) ** 2;
  return most * mean + allowance * Math.sqrt(most * variance) > capacityTokens - kept;
}

/** A cache that predictions know. */
function cacheOf(cache: Deployment["kvCache"]): Pick<ServingShape, "cacheTokens"> {
  const { capacityTokens, blockTokens, watermark, allocation } = cache;
  const isPlain = blockTokens === 1 && watermark === 0 && allocation.reservedOutputTokens === undefined;
  return isPlain ? { cacheTokens: capacityTokens } : {};
}

/** Longer outputs than this are not summed over one by one. */
const mostSummed = 100_000;

/** Exact moments of the time that a request takes alone, its context growing; only for prompts that are all the same. */
function aloneSeconds({ workload }: Scenario, stepTime: StepTimeModel): ServiceMoments | undefined {
  if (workload.prompt?.distribution !== "constant" || workload.output === undefined) return undefined;
  const promptTokens: number = workload.prompt.tokens;
  let seconds = step(stepTime, 0, promptTokens, 0).tripSeconds;
  const sums = [0, 0, 0];
  const complete = eachLength(workload.output, mostSummed, (tokens, probability) => {
    if (tokens > 1) seconds += step(stepTime, 1, 0, promptTokens + tokens - 2).tripSeconds;
    for (let power = 0; power < 3; power++) sums[power] = sums[power]! + probability * seconds ** (power + 1);
  });
  const [mean, square, cube] = sums as [number, number, number];
  return complete ? { mean, variance: Math.max(0, square - mean ** 2), thirdMoment: cube } : undefined;
}
