import { describe, expect, test } from "vitest";
import { flopPerSecond } from "../../src/bounds/accelerator.ts";
import { accelerators, findAccelerator } from "../../src/bounds/accelerators.ts";
import {
  activeParameters,
  attentionParameters,
  embeddingParameters,
  feedForwardParameters,
  kvBytesPerToken,
  sparsity,
  totalParameters,
} from "../../src/bounds/architecture.ts";
import { architectures, findArchitecture } from "../../src/bounds/architectures.ts";
import { UserError } from "../../src/core/errors.ts";
import { golden } from "./golden.ts";

interface PublishedModel {
  readonly d_model: number;
  readonly d_ff: number;
  readonly ff_matrix_count: readonly [number, number];
  readonly layers: number;
  readonly n_experts: number;
  readonly n_active_experts: number;
  readonly num_query_heads: number;
  readonly group_size: number;
  readonly d_head: number;
  readonly weight_precision_bytes: number;
  readonly activation_precision_bytes: number;
  readonly vocab_size: number;
  readonly parallel_attention: boolean;
  readonly derived: Readonly<Record<string, number>>;
}

interface PublishedAccelerator {
  readonly flop_per_second_by_weight_bits: Readonly<Record<string, number>>;
  readonly hbm_bytes_per_second: number;
  readonly hbm_bytes: number;
  readonly l2_bytes_per_second: number | null;
  readonly l2_bytes: number;
  readonly intranode_allreduce_bytes_per_second: number | null;
  readonly internode_allreduce_bytes_per_second: number;
  readonly node_size: number;
  readonly price_dollars_per_hour: number;
  readonly kernel_launch_seconds: number;
  readonly collectives: string;
}

describe("architectures", () => {
  test.each(Object.entries(golden<Record<string, PublishedModel>>("models")))(
    "%s is as published",
    (key, published) => {
      const architecture = findArchitecture(key);
      expect(architecture).toMatchObject({
        dModel: published.d_model,
        dFf: published.d_ff,
        ffMatrices: { up: published.ff_matrix_count[0], down: published.ff_matrix_count[1] },
        layers: published.layers,
        experts: published.n_experts,
        activeExperts: published.n_active_experts,
        queryHeads: published.num_query_heads,
        groupSize: published.group_size,
        headDim: published.d_head,
        weightBytes: published.weight_precision_bytes,
        activationBytes: published.activation_precision_bytes,
        vocabulary: published.vocab_size,
        parallelAttention: published.parallel_attention,
      });
      expect({
        total_params: totalParameters(architecture),
        total_active_params: activeParameters(architecture),
        total_ff_params: feedForwardParameters(architecture),
        total_attn_params: attentionParameters(architecture),
        embedding_params: embeddingParameters(architecture),
        kv_cache_bytes_per_token: kvBytesPerToken(architecture),
        sparsity_factor: sparsity(architecture),
      }).toEqual(published.derived);
    },
  );

  test("PaLM 62B and four mixtures of experts are there beside the published ones", () => {
    const published = Object.keys(golden("models"));
    expect(Object.keys(architectures).filter((name) => !published.includes(name))).toEqual([
      "palm-62b",
      "deepseek-v3",
      "qwen3-30b-a3b",
      "qwen3-235b-a22b",
      "gpt-oss-120b",
    ]);
    // 64·(3·8192·32768 + 8192·256·(32 + 2 + 32)) + 2·256000·8192
    expect(totalParameters(findArchitecture("palm-62b"))).toBe(64_592_281_600);
  });

  test("each names the source of its figures", () => {
    for (const architecture of Object.values(architectures)) expect(architecture.source).not.toBe("");
  });

  test("an unknown name is answered with the known ones", () => {
    expect(() => findArchitecture("llama-4")).toThrow(UserError);
    expect(() => findArchitecture("llama-4")).toThrow(/"llama-4".*llama-3-70b/);
    expect(() => findArchitecture("toString")).toThrow(UserError);
  });
});

describe("accelerators", () => {
  const published = Object.entries(golden<Record<string, PublishedAccelerator>>("accelerators"));

  test.each(published)("%s is as published", (key, figures) => {
    const accelerator = findAccelerator(key);
    expect(accelerator).toMatchObject({
      flopPerSecondByWeightBits: figures.flop_per_second_by_weight_bits,
      hbmBytesPerSecond: figures.hbm_bytes_per_second,
      hbmBytes: figures.hbm_bytes,
      l2BytesPerSecond: figures.l2_bytes_per_second,
      l2Bytes: figures.l2_bytes,
      intranodeBytesPerSecond: figures.intranode_allreduce_bytes_per_second,
      internodeBytesPerSecond: figures.internode_allreduce_bytes_per_second,
      nodeSize: figures.node_size,
      dollarsPerHour: figures.price_dollars_per_hour,
      kernelLaunchSeconds: figures.kernel_launch_seconds,
    });
    expect(figures.collectives).toMatch(new RegExp(`^${accelerator.collectives}`));
  });

  test("the catalogue holds nothing else, each with its source", () => {
    expect(Object.keys(accelerators)).toEqual(published.map(([key]) => key));
    for (const accelerator of Object.values(accelerators)) expect(accelerator.source).not.toBe("");
  });

  test("an unknown name and an unsupported precision are answered with what there is", () => {
    expect(() => findAccelerator("b300")).toThrow(/"b300".*h100/);
    expect(flopPerSecond(findAccelerator("h100"), 0.5)).toBe(2e15);
    expect(() => flopPerSecond(findAccelerator("a100"), 0.5)).toThrow(/A100.*4-bit.*8, 16 bits/);
  });
});
