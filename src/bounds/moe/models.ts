import type { Architecture } from "../architecture.ts";
import { allLayersAlike } from "./moe-detail.ts";

const gated = { up: 2, down: 1 };

const qwen3Source =
  "Qwen3 technical report (arXiv 2505.09388), table 2: layers, heads, experts; config.json: widths, vocabulary; bfloat16 checkpoint";

const qwen30b: Architecture = {
  name: "Qwen3 30B-A3B",
  dModel: 2048,
  dFf: 768,
  ffMatrices: gated,
  layers: 48,
  experts: 128,
  activeExperts: 8,
  queryHeads: 32,
  groupSize: 8,
  headDim: 128,
  weightBytes: 2,
  activationBytes: 2,
  vocabulary: 151936,
  parallelAttention: false,
  source: qwen3Source,
};

/** Mixtures of experts that Erdil 2025 does not take up, as their makers describe them. */
export const moeModels: Readonly<Record<string, Architecture>> = {
  "deepseek-v3": {
    name: "DeepSeek-V3",
    dModel: 7168,
    dFf: 2048,
    ffMatrices: gated,
    layers: 61,
    experts: 256,
    activeExperts: 8,
    queryHeads: 128,
    groupSize: 1,
    headDim: 128,
    weightBytes: 1,
    activationBytes: 2,
    vocabulary: 129280,
    parallelAttention: false,
    source:
      "DeepSeek-V3 technical report (arXiv 2412.19437), section 4.2; config.json: dense width, vocabulary; FP8 checkpoint, cache in 16 bits",
    moe: {
      sharedExperts: 1,
      denseLayers: 3,
      denseFf: 18432,
      latentAttention: { queryRank: 1536, latentRank: 512, ropeDim: 64, keyDim: 128, valueDim: 128 },
    },
  },
  "qwen3-30b-a3b": qwen30b,
  "qwen3-235b-a22b": {
    ...qwen30b,
    name: "Qwen3 235B-A22B",
    dModel: 4096,
    dFf: 1536,
    layers: 94,
    queryHeads: 64,
    groupSize: 16,
  },
  "gpt-oss-120b": {
    name: "gpt-oss-120b",
    dModel: 2880,
    dFf: 2880,
    ffMatrices: gated,
    layers: 36,
    experts: 128,
    activeExperts: 4,
    queryHeads: 64,
    groupSize: 8,
    headDim: 64,
    weightBytes: 2,
    activationBytes: 2,
    vocabulary: 201088,
    parallelAttention: false,
    source:
      "gpt-oss model card (arXiv 2508.10925), section 2; ModelConfig of the reference code: expert width; experts in MXFP4 (4.25 bits). " +
      "Every other layer attends to 128 tokens only: the KV figures here take all layers at full length",
    moe: { ...allLayersAlike, expertWeightBytes: 4.25 / 8 },
  },
};
