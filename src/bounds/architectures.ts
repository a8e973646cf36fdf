import { UserError } from "../core/errors.ts";
import type { Architecture } from "./architecture.ts";
import { moeModels } from "./moe/models.ts";

const gated = { up: 2, down: 1 };
const plain = { up: 1, down: 1 };
const sixteenBit = { weightBytes: 2, activationBytes: 2 };
const dense = { experts: 1, activeExperts: 1 };

const llamaSource = "Llama 3 herd of models (arXiv 2407.21783), table 3, and model card";
const speculativeSource = "unpublished: every figure a guess of Erdil 2025 (arXiv 2506.04645) as in its published code";
const palmSource = "PaLM (arXiv 2204.02311), table 1; gated feed-forward and multi-query attention, section 2";
const mixtralSource = "Mixtral of experts (arXiv 2401.04088), table 1; bfloat16 checkpoint";
const mixtral22Source = "Mixtral-8x22B-v0.1 model card and config.json; bfloat16 checkpoint";

/** One shared key and value head in place of the model's own: a what-if of Erdil 2025. */
function multiQuery(architecture: Architecture): Architecture {
  return {
    ...architecture,
    name: `${architecture.name} MQA`,
    groupSize: architecture.queryHeads,
    source: `${architecture.source}; multi-query attention is a what-if of Erdil 2025 (arXiv 2506.04645)`,
  };
}

/** The same model with its weights held in fewer bytes. */
function quantised(architecture: Architecture, weightBytes: number, name = architecture.name): Architecture {
  return { ...architecture, name, weightBytes };
}

const llama8b: Architecture = {
  name: "Llama 3 8B",
  dModel: 4096,
  dFf: 14336,
  ffMatrices: gated,
  layers: 32,
  ...dense,
  queryHeads: 32,
  groupSize: 4,
  headDim: 128,
  ...sixteenBit,
  vocabulary: 128256,
  parallelAttention: false,
  source: llamaSource,
};

const llama70b: Architecture = {
  ...llama8b,
  name: "Llama 3 70B",
  dModel: 8192,
  dFf: 28672,
  layers: 80,
  queryHeads: 64,
  groupSize: 8,
};

const llama405b: Architecture = {
  ...llama70b,
  name: "Llama 3 405B",
  dModel: 16384,
  dFf: 53248,
  layers: 126,
  queryHeads: 128,
};

const mixtral7b: Architecture = {
  name: "Mixtral 8x7B",
  dModel: 4096,
  dFf: 14336,
  ffMatrices: gated,
  layers: 32,
  experts: 8,
  activeExperts: 2,
  queryHeads: 32,
  groupSize: 4,
  headDim: 128,
  ...sixteenBit,
  vocabulary: 32000,
  parallelAttention: false,
  source: mixtralSource,
};

const mixtral22b: Architecture = {
  ...mixtral7b,
  name: "Mixtral 8x22B",
  dModel: 6144,
  dFf: 16384,
  layers: 56,
  queryHeads: 48,
  groupSize: 6,
  source: mixtral22Source,
};

const palm540b: Architecture = {
  name: "PaLM 540B",
  dModel: 18432,
  dFf: 73728,
  ffMatrices: gated,
  layers: 118,
  ...dense,
  queryHeads: 48,
  groupSize: 48,
  headDim: 256,
  ...sixteenBit,
  vocabulary: 256000,
  parallelAttention: true,
  source: palmSource,
};

/** The architectures known by name: those of Erdil 2025 (arXiv 2506.04645) as taken there, then further mixtures of experts. */
export const architectures: Readonly<Record<string, Architecture>> = {
  "gpt-4-speculative": {
    name: "GPT-4 (speculative)",
    dModel: 12288,
    dFf: 36864,
    ffMatrices: plain,
    layers: 120,
    experts: 16,
    activeExperts: 2,
    queryHeads: 96,
    groupSize: 96,
    headDim: 192,
    ...sixteenBit,
    vocabulary: 100256,
    parallelAttention: false,
    source: `${speculativeSource}; the vocabulary is that of tiktoken's cl100k_base`,
  },
  "gpt-3.5-speculative": {
    name: "GPT 3.5 (speculative)",
    dModel: 4608,
    dFf: 18432,
    ffMatrices: plain,
    layers: 32,
    experts: 4,
    activeExperts: 2,
    queryHeads: 32,
    groupSize: 32,
    headDim: 144,
    ...sixteenBit,
    vocabulary: 0,
    parallelAttention: false,
    source: speculativeSource,
  },
  "gpt-3": {
    name: "GPT-3",
    dModel: 12288,
    dFf: 49152,
    ffMatrices: plain,
    layers: 96,
    ...dense,
    queryHeads: 96,
    groupSize: 1,
    headDim: 128,
    ...sixteenBit,
    vocabulary: 50257,
    parallelAttention: false,
    source: "Language models are few-shot learners (arXiv 2005.14165), table 2.1",
  },
  "palm-540b": palm540b,
  "palm-62b": {
    ...palm540b,
    name: "PaLM 62B",
    dModel: 8192,
    dFf: 32768,
    layers: 64,
    queryHeads: 32,
    groupSize: 32,
  },
  "palm-8b-int8": {
    ...palm540b,
    name: "PaLM 8B",
    dModel: 4096,
    dFf: 16384,
    layers: 32,
    queryHeads: 16,
    groupSize: 16,
    weightBytes: 1,
  },
  "falcon-180b": {
    name: "Falcon 180B",
    dModel: 14848,
    dFf: 59392,
    ffMatrices: plain,
    layers: 80,
    ...dense,
    queryHeads: 232,
    groupSize: 232,
    headDim: 64,
    ...sixteenBit,
    vocabulary: 65024,
    parallelAttention: false,
    source: "The Falcon series of open language models (arXiv 2311.16867); one shared KV head as in Erdil 2025",
  },
  "gpt-j-6b": {
    name: "GPT-J 6B",
    dModel: 4096,
    dFf: 16384,
    ffMatrices: plain,
    layers: 28,
    ...dense,
    queryHeads: 16,
    groupSize: 1,
    headDim: 256,
    ...sixteenBit,
    vocabulary: 50257,
    parallelAttention: false,
    source: "GPT-J-6B model card (Wang and Komatsuzaki 2021); sequential attention as in Erdil 2025",
  },
  "mixtral-8x22b": mixtral22b,
  "mixtral-8x22b-mqa": multiQuery(mixtral22b),
  "mixtral-8x7b": mixtral7b,
  "mistral-large-2": {
    name: "Mistral Large 2",
    dModel: 12288,
    dFf: 28672,
    ffMatrices: gated,
    layers: 88,
    ...dense,
    queryHeads: 96,
    groupSize: 12,
    headDim: 128,
    ...sixteenBit,
    vocabulary: 32768,
    parallelAttention: false,
    source: "Mistral-Large-Instruct-2407 model card, config.json",
  },
  "llama-3-8b": llama8b,
  "llama-3-8b-mqa": multiQuery(llama8b),
  "llama-3-70b": llama70b,
  "llama-3-70b-mqa": multiQuery(llama70b),
  "llama-3-70b-int8": quantised(llama70b, 1, "Llama 3 70B 8-bit"),
  "llama-3-70b-int4": quantised(llama70b, 0.5, "Llama 3 70B 4-bit"),
  "llama-3-405b": llama405b,
  "llama-3-405b-int8": quantised(llama405b, 1, "Llama 3 405B 8-bit"),
  ...moeModels,
};

/** The architecture of that name; a `UserError` lists the names there are. */
export function findArchitecture(name: string, where = "model"): Architecture {
  const found = Object.hasOwn(architectures, name) ? architectures[name] : undefined;
  if (found === undefined) throw new UserError(where, `unknown model "${name}"`, Object.keys(architectures).join(", "));
  return found;
}
