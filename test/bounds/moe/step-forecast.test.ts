import { describe, expect, test } from "vitest";
import { findAccelerator } from "../../../src/bounds/accelerators.ts";
import { findArchitecture } from "../../../src/bounds/architectures.ts";
import { matrixShards } from "../../../src/bounds/layout.ts";
import { certain, expectation } from "../../../src/bounds/moe/integer-law.ts";
import { routingOf } from "../../../src/bounds/moe/moe-architecture.ts";
import { occupancy } from "../../../src/bounds/moe/popular-occupancy.ts";
import { expertLayerCost, moeStepCost } from "../../../src/bounds/moe/step-cost.ts";
import { maximumOf, stepForecasts } from "../../../src/bounds/moe/step-forecast.ts";
import { stepMoments } from "../../../src/bounds/moe/step-moments.ts";

describe("the forecast of a step", () => {
  test("of a maximum, by tails, is its expectation on either side of every value and beyond them all", () => {
    const law = occupancy({ experts: 8, active: 2 }).law(4);
    const maximum = maximumOf(law);
    for (const floor of [-3, 0.4, 2, 3.5, 5, 7.99, 8, 30]) {
      const direct = expectation(law, (x) => Math.max(floor, 0.5 + 0.9 * x));
      expect(maximum.mean(floor, 0.5, 0.9)).toBeCloseTo(direct, 12);
    }
    expect(maximumOf(certain(5)).mean(4, 1, 1)).toBe(6);
    expect(maximumOf(certain(5)).mean(7, 1, 1)).toBe(7);
  });

  test("is that of the moments by summation, at the knee and away from it, both ways to take the maximum", () => {
    const architecture = findArchitecture("deepseek-v3");
    const layout = { tensorParallel: "1d", tensorRanks: 16, pipelineStages: 1 } as const;
    const touched = occupancy(routingOf(architecture));
    for (const teraflop of [5, 17.8, 1000]) {
      const accelerator = { ...findAccelerator("h100"), flopPerSecondByWeightBits: { 8: teraflop * 1e12 } };
      const forecasts = stepForecasts(architecture, accelerator, layout, touched);
      for (const tokens of [1, 32, 400]) {
        const pairs = 50 * tokens;
        const forecast = forecasts.of(tokens, pairs, pairs);
        const prices = moeStepCost(architecture, accelerator, 16, matrixShards(layout), "tensor", tokens);
        const cost = expertLayerCost(prices, 8 * tokens, pairs, pairs);
        expect(forecast.distinctMean).toBeCloseTo(touched.mean(tokens), 12);
        for (const over of ["totals", "per-layer"] as const) {
          const moments = stepMoments(touched.law(tokens), cost, over);
          expect(forecast[over].meanSeconds / moments.meanSeconds).toBeCloseTo(1, 12);
          expect(forecast[over].atMeanSeconds / moments.atMeanSeconds).toBeCloseTo(1, 12);
        }
      }
    }
  });
});
