import type { ServiceMoments } from "../predictions/general-server.ts";

/** Requests that come by themselves. */
export interface OpenArrivals {
  readonly kind: "open";
  /** `renewal`: independent interarrival times. `other`: anything else, such as bursts or a trace. */
  readonly process: "poisson" | "renewal" | "other";
  readonly requestsPerSecond: number;
  /** Coefficient of variation of the interarrival times; 1 for Poisson. */
  readonly interarrivalCv: number;
}

/** Requests that users send after thinking about the last answer. */
export interface ClosedArrivals {
  readonly kind: "closed";
  readonly users: number;
  readonly thinkSeconds: number;
}

/** What a prediction needs to know of a distribution of tokens per request. */
export interface LengthShape {
  /** `geometric`: memoryless on 1, 2, ... */
  readonly kind: "fixed" | "geometric" | "other";
  readonly mean: number;
  readonly variance: number;
  /** `E[(X - E X)³]`, where known and not `fixed` or `geometric`. */
  readonly thirdCentralMoment?: number;
  /** Mean of the longest of `count` independent draws, where known and not `fixed` or `geometric`. */
  readonly meanLongest?: (count: number) => number;
}

/** Batching policies that predictions know; whatever else is `other`. */
export type PolicyShape = "static" | "dynamic" | "continuous" | "prefill-first" | "chunked-prefill" | "other";

/** A scenario as queueing theory sees it: plain data and one function for the time of a step. */
export interface ServingShape {
  readonly arrivals: OpenArrivals | ClosedArrivals;
  /** Prompt tokens per request, independent of the output. */
  readonly prompt: LengthShape;
  /** Output tokens per request, the first of which is emitted by the prompt's last step. */
  readonly output: LengthShape;
  readonly policy: PolicyShape;
  /** Whether requests start in order of arrival. */
  readonly firstComeFirstServed: boolean;
  /** Most sequences in a replica's batch; Infinity for no cap. */
  readonly batchCap: number;
  /** `dynamic` starts a batch of fewer than this many only after the timeout; 1 for the others. */
  readonly minimumBatch: number;
  /** How long the oldest request waits for `minimumBatch`; Infinity for as long as it takes. */
  readonly timeoutSeconds: number;
  /** Most prompt tokens that one step of `chunked-prefill` reads; Infinity for the others. */
  readonly chunkTokens: number;
  /** Whether the KV cache, preemption or admission can hold a request back although the batch cap would not. */
  readonly otherLimits: boolean;
  /** Tokens of KV cache that sequences take one by one as they grow, the newest preempted when none is left; absent for any other cache. */
  readonly cacheTokens?: number;
  readonly replicas: number;
  /** Where a request waits: before all replicas, or at one of them. */
  readonly router: "central-queue" | "random" | "round-robin" | "other";
  /** Seconds of a whole step that advances `decodes` sequences by a token and reads `promptTokens`, at mean context. */
  readonly stepSeconds: (decodes: number, promptTokens: number) => number;
  /** Whether a step's time depends on more than `stepSeconds` sees, such as growing contexts. */
  readonly stepVaries: boolean;
  /** Exact moments of the time that a request takes alone, where they are known better than from the lengths' moments. */
  readonly aloneSeconds?: ServiceMoments;
  /** Pipeline stages: absent for one. */
  readonly pipeline?: PipelineShape;
  /** Step time of a mixture of experts: absent for a dense model. */
  readonly experts?: (batch: number) => ExpertStep;
}

/** Stages of a pipeline and the microbatches going round in them. */
export interface PipelineShape {
  /** Seconds at each stage of a decode microbatch. */
  readonly stageSeconds: (microbatch: number) => readonly number[];
  readonly hopSeconds: number;
  readonly microbatches: number;
}

/** A decode step of equal parts, such as layers, in each of which the larger of computing and of reading the experts drawn counts. */
export interface ExpertStep {
  readonly parts: number;
  /** Of one part. */
  readonly computeSeconds: number;
  readonly meanMemorySeconds: number;
  readonly memoryVariance: number;
  /** What all parts together take beside: network, launch and layers without experts. */
  readonly fixedSeconds: number;
}

/** Decode steps at mean context. */
export function decodeSeconds(shape: ServingShape): (batch: number) => number {
  return (batch) => shape.stepSeconds(batch, 0);
}

/** Whether reading a prompt takes no more than a decode step, so that a request is `output` equal steps. */
export function promptIsOneToken(shape: ServingShape): boolean {
  return shape.prompt.kind === "fixed" && shape.prompt.mean <= 1;
}

/** Variance of a distribution of tokens, 0 for a fixed one. */
function varianceOf(length: LengthShape): number {
  return length.kind === "fixed" ? 0 : length.variance;
}

function thirdCentralMoment(length: LengthShape): number | undefined {
  if (length.kind === "fixed") return 0;
  if (length.kind === "other") return length.thirdCentralMoment;
  return length.mean * (length.mean - 1) * (2 * length.mean - 1);
}

/** Mean of the longest of a finite `count` of independent outputs; `undefined` where it is not known. */
export function meanLongest(length: LengthShape, count: number): number | undefined {
  if (length.kind === "fixed") return length.mean;
  if (length.kind === "other") return length.meanLongest?.(count);
  const goesOn = 1 - 1 / length.mean;
  let mean = 0;
  let longer = 1;
  for (let share = 1; longer > 1e-14; share *= goesOn) {
    longer = -Math.expm1(count * Math.log1p(-share));
    mean += longer;
  }
  return mean;
}

/** Moments of the time that reading one prompt takes alone, its time taken linear in the prompt around the mean. */
export function promptMoments(shape: ServingShape): ServiceMoments {
  const { mean } = shape.prompt;
  const seconds = (tokens: number) => shape.stepSeconds(0, tokens);
  const deviation = Math.min(Math.sqrt(varianceOf(shape.prompt)), mean);
  if (deviation === 0) return { mean: seconds(mean), variance: 0, thirdMoment: seconds(mean) ** 3 };
  const slope = (seconds(mean + deviation) - seconds(mean - deviation)) / (2 * deviation);
  return fromCentral(
    seconds(mean),
    slope ** 2 * varianceOf(shape.prompt),
    slope ** 3,
    thirdCentralMoment(shape.prompt),
  );
}

/** Moments of the time that a request takes alone: its prompt's step and one decode step for each later token. */
export function aloneMoments(shape: ServingShape): ServiceMoments {
  if (shape.aloneSeconds !== undefined) return shape.aloneSeconds;
  const step = shape.stepSeconds(1, 0);
  const prompt = promptMoments(shape);
  const mean = prompt.mean + (shape.output.mean - 1) * step;
  const variance = prompt.variance + varianceOf(shape.output) * step ** 2;
  const output = thirdCentralMoment(shape.output);
  if (output === undefined || prompt.thirdMoment === undefined) return { mean, variance };
  const promptCentral = prompt.thirdMoment - 3 * prompt.mean * prompt.variance - prompt.mean ** 3;
  return fromCentral(mean, variance, 1, promptCentral + step ** 3 * output);
}

function fromCentral(mean: number, variance: number, scale: number, central: number | undefined): ServiceMoments {
  if (central === undefined) return { mean, variance };
  return { mean, variance, thirdMoment: scale * central + 3 * mean * variance + mean ** 3 };
}

/** Whether each request takes exactly as long as any other when alone. */
export function constantService(shape: ServingShape): boolean {
  return shape.prompt.kind === "fixed" && shape.output.kind === "fixed";
}
