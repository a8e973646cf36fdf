import type { Random } from "../core/random.ts";
import type { RequestSpec } from "../serving/request.ts";
import type { LengthDistribution } from "./lengths/length-distribution.ts";
import { independentMoments, momentsOfRequests, type RequestMoments } from "./request-moments.ts";

/** A stream for each part of a request, so that a change of prompts leaves the outputs as they were. */
export type LengthStreams = (part: "prompt" | "output" | "pair") => Random;

/** How many tokens requests have. */
export interface RequestLengths {
  readonly moments: () => RequestMoments;
  /** Output tokens that no request exceeds. */
  readonly longestOutput: number;
  sampler(streams: LengthStreams): () => RequestSpec;
}

/** Prompt and output drawn each by itself. */
export function independentLengths(prompt: LengthDistribution, output: LengthDistribution): RequestLengths {
  return {
    moments: () => independentMoments(prompt, output),
    longestOutput: output.longest,
    sampler(streams) {
      const promptTokens = prompt.sampler(streams("prompt"));
      const outputTokens = output.sampler(streams("output"));
      return () => ({ promptTokens: promptTokens(), outputTokens: outputTokens() });
    },
  };
}

/** Prompt and output of one of the given requests, each as likely as any other: what goes together stays together. */
export function pairedLengths(requests: readonly RequestSpec[]): RequestLengths {
  return {
    moments: () => momentsOfRequests(requests),
    longestOutput: requests.reduce((most, { outputTokens }) => Math.max(most, outputTokens), 0),
    sampler(streams) {
      const random = streams("pair");
      return () => {
        const { promptTokens, outputTokens } = requests[Math.floor(random() * requests.length)]!;
        return { promptTokens, outputTokens };
      };
    },
  };
}
