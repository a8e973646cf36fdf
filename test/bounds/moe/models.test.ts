import { describe, expect, test } from "vitest";
import { findAccelerator } from "../../../src/bounds/accelerators.ts";
import {
  activeParameters,
  expectedExpertShare,
  expertLayers,
  kvBytesPerToken,
  totalParameters,
  weightsBytes,
} from "../../../src/bounds/architecture.ts";
import { architectures, findArchitecture } from "../../../src/bounds/architectures.ts";
import { closedForm } from "../../../src/bounds/closed-form.ts";
import { expertTraffic } from "../../../src/bounds/moe/expert-traffic.ts";
import { mixtureOfExperts, routedActiveParameters } from "../../../src/bounds/moe/moe-architecture.ts";
import { allLayersAlike } from "../../../src/bounds/moe/moe-detail.ts";
import type { PassParts } from "../../../src/bounds/step-time.ts";
import { flopPerAttentionPair, weightAndActivationBytes } from "../../../src/bounds/traffic.ts";
import { uniformPass, uniformPassParts } from "../../../src/bounds/uniform-pass.ts";
import { UserError } from "../../../src/core/errors.ts";

const mixtures = Object.values(architectures).filter(({ experts }) => experts > 1);

describe("mixtures of experts as their makers describe them", () => {
  // Total and active parameters in billions, as announced; within half a unit of the last digit given.
  test.each([
    ["mixtral-8x7b", 46.7, 12.9, 0.05],
    ["mixtral-8x22b", 141, 39, 0.5],
    ["deepseek-v3", 671, 37, 0.5],
    ["qwen3-30b-a3b", 30.5, 3.3, 0.06],
    ["qwen3-235b-a22b", 235, 22, 0.5],
  ])("%s: %f B in all, %f B active", (name, total, active, within) => {
    const model = findArchitecture(name);
    expect(Math.abs(totalParameters(model) / 1e9 - total)).toBeLessThan(within);
    expect(Math.abs(routedActiveParameters(model) / 1e9 - active)).toBeLessThan(within);
  });

  // Parameters of the published checkpoints (safetensors headers; DeepSeek-V3 without its multi-token prediction module), and by hand
  // what our figures leave out of them.
  test.each([
    ["mixtral-8x7b", 46_702_792_704, { layer: 2 * 4096 + 4096 * 8 }],
    ["mixtral-8x22b", 140_620_634_112, { layer: 2 * 6144 + 6144 * 8 }],
    ["qwen3-30b-a3b", 30_532_122_624, { layer: 2 * 2048 + 2 * 128 + 2048 * 128 }],
    ["qwen3-235b-a22b", 235_093_634_560, { layer: 2 * 4096 + 2 * 128 + 4096 * 128 }],
    // Biases of the projections, the router and every expert, and one attention sink for each head.
    [
      "gpt-oss-120b",
      116_829_156_672,
      { layer: 2 * 2880 + (64 + 2 * 8) * 64 + 2880 + 64 + 2880 * 128 + 128 + 128 * (2 * 2880 + 2880) },
    ],
    // Norms of the latent vectors; a routing bias for each expert.
    ["deepseek-v3", 671_026_419_200, { layer: 2 * 7168 + 1536 + 512, expertLayer: 7168 * 256 + 256 }],
  ] as const)("%s: norms, routers and biases added, the %i parameters of its checkpoint", (name, published, left) => {
    const model = findArchitecture(name);
    const routers = "expertLayer" in left ? expertLayers(model) * left.expertLayer : 0;
    expect(totalParameters(model) + model.layers * left.layer + routers + model.dModel).toBe(published);
  });

  test("gpt-oss-120b: 116.8 B in all, 5.1 B active (input embedding apart), 60.8 GiB of weights", () => {
    const model = findArchitecture("gpt-oss-120b");
    expect(totalParameters(model) / 1e9).toBeCloseTo(116.8, 1);
    // The model card counts routers, and the input embedding not.
    const inputEmbedding = model.vocabulary * model.dModel;
    const routers = model.layers * model.dModel * model.experts;
    expect((routedActiveParameters(model) - inputEmbedding + routers) / 1e9).toBeCloseTo(5.13, 2);
    expect(Math.abs(weightsBytes(model) / 2 ** 30 - 60.8)).toBeLessThan(0.2);
  });

  test("DeepSeek-V3 caches 70,272 bytes a token: 576 numbers of 16 bits in each of 61 layers", () => {
    expect(kvBytesPerToken(findArchitecture("deepseek-v3"))).toBe(70_272);
    expect(flopPerAttentionPair(findArchitecture("deepseek-v3"))).toBe(61 * 2 * 128 * (512 + 64 + 512));
    expect(expertLayers(findArchitecture("deepseek-v3"))).toBe(58);
  });

  test("without shared experts, dense layers or latent attention the traffic is the published one", () => {
    for (const model of mixtures.filter(({ moe }) => moe === undefined)) {
      const detailed = { ...model, moe: allLayersAlike };
      for (const figure of [totalParameters, activeParameters, weightsBytes, kvBytesPerToken, flopPerAttentionPair]) {
        expect(figure(detailed)).toBe(figure(model));
      }
      for (const shards of [
        { first: 1, second: 1 },
        { first: 8, second: 1 },
        { first: 4, second: 4 },
      ]) {
        for (const tokens of [1, 13, 256]) {
          const { fixedBytes, bytesPerExpert } = expertTraffic(model, tokens, shards);
          const touched = model.layers * model.experts * expectedExpertShare(model, tokens);
          const published = weightAndActivationBytes(model, tokens, shards);
          expect(weightAndActivationBytes(detailed, tokens, shards) / published).toBeCloseTo(1, 12);
          expect((fixedBytes + bytesPerExpert * touched) / published).toBeCloseTo(1, 12);
        }
      }
    }
  });

  test("the step time and its coefficients agree on shared experts, dense layers and latent attention", () => {
    for (const name of ["deepseek-v3", "gpt-oss-120b"]) {
      const model = findArchitecture(name);
      for (const tensorParallel of ["1d", "2d"] as const) {
        const layout = { tensorParallel, tensorRanks: 16, pipelineStages: 2 };
        const pass = uniformPass(model, findAccelerator("h100"), layout, 1_000);
        for (const batch of [1, 32, 700]) {
          const { parts } = closedForm(model, findAccelerator("h100"), layout, batch, 1_000);
          const ours = uniformPassParts(model, pass, batch / 2, batch / 2);
          for (const part of Object.keys(ours) as (keyof PassParts)[])
            expect(ours[part] / parts[part]).toBeCloseTo(1, 12);
        }
      }
    }
  });

  test("GPT-4 is called speculative wherever it is named", () => {
    const { name, source } = findArchitecture("gpt-4-speculative");
    expect(name).toBe("GPT-4 (speculative)");
    expect(source).toMatch(/unpublished.*guess/);
  });

  test("every model says where its figures come from; an unknown name lists the known", () => {
    for (const model of mixtures) expect(model.source.length).toBeGreaterThan(20);
    expect(() => mixtureOfExperts(findArchitecture("llama-3-8b"))).toThrow(UserError);
    expect(() => findArchitecture("toString")).toThrow(/deepseek-v3/);
  });
});
