import type { RequestSpec } from "../serving/request.ts";

/** Mean and variance of a number of tokens. */
export interface Moments {
  readonly mean: number;
  readonly variance: number;
}

/** What the lengths of requests are on average, and how prompt and output go together. */
export interface RequestMoments {
  readonly prompt: Moments;
  readonly output: Moments;
  /** `E[prompt·output]`. */
  readonly meanProduct: number;
}

/** What requests ask for on average. */
export interface OfferedLoad {
  /** Undefined where the answers set the pace, or where the rate has no mean over a long time. */
  readonly requestsPerSecond: number | undefined;
  /** Undefined for several classes of which one has no rate: its share of the requests is not known. */
  readonly lengths: RequestMoments | undefined;
}

/** The moments of prompts and outputs that know nothing of each other. */
export function independentMoments(prompt: Moments, output: Moments): RequestMoments {
  return {
    prompt: { mean: prompt.mean, variance: prompt.variance },
    output: { mean: output.mean, variance: output.variance },
    meanProduct: prompt.mean * output.mean,
  };
}

/** The moments over given requests, each as likely as any other. */
export function momentsOfRequests(requests: readonly RequestSpec[]): RequestMoments {
  const mean = (figure: (request: RequestSpec) => number) =>
    requests.reduce((sum, request) => sum + figure(request), 0) / requests.length;
  const moments = (tokens: (request: RequestSpec) => number): Moments => {
    const center = mean(tokens);
    return { mean: center, variance: mean((request) => (tokens(request) - center) ** 2) };
  };
  return {
    prompt: moments(({ promptTokens }) => promptTokens),
    output: moments(({ outputTokens }) => outputTokens),
    meanProduct: mean(({ promptTokens, outputTokens }) => promptTokens * outputTokens),
  };
}

/** The moments of requests that are of one kind or another, each kind as often as its weight says. */
export function mixedMoments(
  kinds: readonly { readonly weight: number; readonly lengths: RequestMoments }[],
): RequestMoments {
  const total = kinds.reduce((sum, { weight }) => sum + weight, 0);
  const mean = (figure: (lengths: RequestMoments) => number) =>
    kinds.reduce((sum, { weight, lengths }) => sum + (weight / total) * figure(lengths), 0);
  const moments = (part: "prompt" | "output"): Moments => {
    const center = mean((lengths) => lengths[part].mean);
    return { mean: center, variance: mean(({ [part]: own }) => own.variance + (own.mean - center) ** 2) };
  };
  return {
    prompt: moments("prompt"),
    output: moments("output"),
    meanProduct: mean(({ meanProduct }) => meanProduct),
  };
}
