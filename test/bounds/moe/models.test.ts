import { describe, expect, test } from "vitest";
import { expectedExpertShare } from "../../../src/bounds/architecture.ts";
import { findMoeModel, moeModels } from "../../../src/bounds/moe/models.ts";
import {
  expertLayers,
  expertTraffic,
  moeActiveParameters,
  moeFlopPerPair,
  moeKvBytesPerToken,
  moeTotalParameters,
  moeWeightsBytes,
} from "../../../src/bounds/moe/moe-architecture.ts";
import { flopPerAttentionPair, weightAndActivationBytes } from "../../../src/bounds/traffic.ts";
import { UserError } from "../../../src/core/errors.ts";

describe("mixtures of experts as their makers describe them", () => {
  // Total and active parameters in billions, as announced; within half a unit of the last digit given.
  test.each([
    ["mixtral-8x7b", 46.7, 12.9, 0.05],
    ["mixtral-8x22b", 141, 39, 0.5],
    ["deepseek-v3", 671, 37.6, 0.5],
    ["qwen3-30b-a3b", 30.5, 3.3, 0.06],
    ["qwen3-235b-a22b", 235, 22, 0.5],
  ])("%s: %f B in all, %f B active", (name, total, active, within) => {
    const model = findMoeModel(name);
    expect(Math.abs(moeTotalParameters(model) / 1e9 - total)).toBeLessThan(within);
    expect(Math.abs(moeActiveParameters(model) / 1e9 - active)).toBeLessThan(within);
  });

  test("gpt-oss-120b: 116.8 B in all, 5.1 B active (input embedding apart), 60.8 GiB of weights", () => {
    const model = findMoeModel("gpt-oss-120b");
    expect(moeTotalParameters(model) / 1e9).toBeCloseTo(116.8, 1);
    // The model card counts routers, and the input embedding not.
    const inputEmbedding = model.vocabulary * model.dModel;
    const routers = model.layers * model.dModel * model.experts;
    expect((moeActiveParameters(model) - inputEmbedding + routers) / 1e9).toBeCloseTo(5.13, 2);
    expect(Math.abs(moeWeightsBytes(model) / 2 ** 30 - 60.8)).toBeLessThan(0.2);
  });

  test("DeepSeek-V3 caches 70,272 bytes a token: 576 numbers of 16 bits in each of 61 layers", () => {
    expect(moeKvBytesPerToken(findMoeModel("deepseek-v3"))).toBe(70_272);
    expect(moeFlopPerPair(findMoeModel("deepseek-v3"))).toBe(61 * 2 * 128 * (512 + 64 + 512));
    expect(expertLayers(findMoeModel("deepseek-v3"))).toBe(58);
  });

  test("without shared experts, dense layers or latent attention the traffic is the published one", () => {
    for (const model of Object.values(moeModels)) {
      if (model.moe.latentAttention || model.moe.expertWeightBytes) continue;
      expect(moeFlopPerPair(model)).toBe(flopPerAttentionPair(model));
      for (const shards of [
        { first: 1, second: 1 },
        { first: 8, second: 1 },
        { first: 4, second: 4 },
      ]) {
        for (const tokens of [1, 13, 256]) {
          const { fixedBytes, bytesPerExpert } = expertTraffic(model, tokens, shards);
          const touched = model.layers * model.experts * expectedExpertShare(model, tokens);
          const published = weightAndActivationBytes(model, tokens, shards);
          expect((fixedBytes + bytesPerExpert * touched) / published).toBeCloseTo(1, 12);
        }
      }
    }
  });

  test("every model says where its figures come from; an unknown name lists the known", () => {
    for (const model of Object.values(moeModels)) expect(model.source.length).toBeGreaterThan(20);
    expect(() => findMoeModel("llama-3-8b")).toThrow(UserError);
    expect(() => findMoeModel("toString")).toThrow(/deepseek-v3/);
  });
});
