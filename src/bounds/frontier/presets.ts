import { UserError } from "../../core/errors.ts";
import { findAccelerator } from "../accelerators.ts";
import { findArchitecture } from "../architectures.ts";
import type { FrontierQuestion } from "./question.ts";

/** Curves of the paper that belong in one picture. */
export interface Comparison {
  readonly title: string;
  readonly curves: Readonly<Record<string, FrontierQuestion>>;
}

type Options = Partial<Pick<FrontierQuestion, "contextTokens" | "demandCapTokensPerSecond">> & {
  readonly acceleratorName?: string;
  /** Name of the draft model, which guesses up to 20 tokens of which each is accepted with probability 0.8. */
  readonly draftName?: string;
};

function curve(name: string, options: Options = {}): FrontierQuestion {
  const { draftName } = options;
  return {
    architecture: findArchitecture(name),
    accelerator: findAccelerator(options.acceleratorName ?? "h100"),
    contextTokens: options.contextTokens ?? 0,
    demandCapTokensPerSecond: options.demandCapTokensPerSecond,
    speculation:
      draftName === undefined ? undefined : { draft: findArchitecture(draftName), acceptance: 0.8, maxDraftTokens: 20 },
  };
}

const draftName = "llama-3-8b";

const fiveModels = {
  "GPT-4 16-bit (speculative)": "gpt-4-speculative",
  "Llama 3.1 405B 8-bit": "llama-3-405b-int8",
  "Llama 3 70B 8-bit": "llama-3-70b-int8",
  "Mixtral 8x22B 16-bit": "mixtral-8x22b",
  "Llama 3 8B 16-bit": "llama-3-8b",
};

function modelCurves(options: Options): Record<string, FrontierQuestion> {
  return Object.fromEntries(Object.entries(fiveModels).map(([title, name]) => [title, curve(name, options)]));
}

const gpu = (acceleratorName: string) => curve("llama-3-405b-int8", { acceleratorName });
const longContext = 100_000;

/** The nine comparisons of Erdil 2025 (arXiv 2506.04645), under their published names. */
export const comparisons: Readonly<Record<string, Comparison>> = {
  "llama-comparison": {
    title: "Llama 3 on H100 with little and with much demand",
    curves: {
      "Llama 3 70B (1M tok/sec)": curve("llama-3-70b", { contextTokens: 1, demandCapTokensPerSecond: 1e6 }),
      "Llama 3 70B (10K tok/sec)": curve("llama-3-70b", { contextTokens: 1, demandCapTokensPerSecond: 1e4 }),
      "Llama 3 8B (1M tok/sec)": curve("llama-3-8b", { contextTokens: 1, demandCapTokensPerSecond: 1e6 }),
      "Llama 3 8B (10K tok/sec)": curve("llama-3-8b", { contextTokens: 1, demandCapTokensPerSecond: 1e4 }),
    },
  },
  "all-models-comparison": { title: "Five models on H100", curves: modelCurves({}) },
  "all-models-comparison-with-spec-dec": {
    title: "Five models on H100 with speculative decoding",
    curves: modelCurves({ draftName }),
  },
  "gpus-comparison": {
    title: "Llama 3 405B with 8-bit weights on four accelerators",
    curves: { H100: gpu("h100"), A100: gpu("a100"), V100: gpu("v100"), "Groq LPU": gpu("groq-lpu") },
  },
  "context-length-comparison": {
    title: "Llama 3 70B with 8-bit weights on H100 at three contexts",
    curves: {
      "Empty context": curve("llama-3-70b-int8"),
      "Context of 1K tokens": curve("llama-3-70b-int8", { contextTokens: 1_000 }),
      "Context of 10K tokens": curve("llama-3-70b-int8", { contextTokens: 10_000 }),
    },
  },
  "quantization-comparison": {
    title: "Llama 3 70B on H100 at three precisions",
    curves: {
      "Llama 3 70B 16-bit": curve("llama-3-70b"),
      "Llama 3 70B 8-bit": curve("llama-3-70b-int8"),
      "Llama 3 70B 4-bit": curve("llama-3-70b-int4"),
    },
  },
  "spec-dec-comparison": {
    title: "Llama 3 on H100 with and without speculative decoding",
    curves: {
      "Llama 3 70B (8B acceptance=0.8)": curve("llama-3-70b", { draftName }),
      "Llama 3 70B (no spec dec)": curve("llama-3-70b"),
      "Llama 3.1 405B (8B acceptance=0.8)": curve("llama-3-405b", { draftName }),
      "Llama 3.1 405B (no spec dec)": curve("llama-3-405b"),
    },
  },
  "mistral-large-comparison": {
    title: "Mistral Large 2 on H100 at short and long context",
    curves: {
      "Short context": curve("mistral-large-2"),
      "Short context with speculative decoding": curve("mistral-large-2", { draftName: "llama-3-8b-mqa" }),
      "Long context": curve("mistral-large-2", { contextTokens: longContext }),
      "Long context with speculative decoding": curve("mistral-large-2", {
        contextTokens: longContext,
        draftName: "llama-3-8b-mqa",
      }),
    },
  },
  "tpu-test": {
    title: "Llama 3.1 405B on TPU v4",
    curves: { "Llama 3.1 405B": curve("llama-3-405b", { acceleratorName: "tpu-v4" }) },
  },
};

/** The comparison of that name, hyphens and underscores alike; a `UserError` lists the names there are. */
export function findComparison(name: string, where = "preset"): Comparison {
  const key = name.replaceAll("_", "-");
  const found = Object.hasOwn(comparisons, key) ? comparisons[key] : undefined;
  if (found === undefined) throw new UserError(where, `unknown preset "${name}"`, Object.keys(comparisons).join(", "));
  return found;
}
