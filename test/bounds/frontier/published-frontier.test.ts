import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findAccelerator } from "../../../src/bounds/accelerators.ts";
import { findArchitecture } from "../../../src/bounds/architectures.ts";
import { bestLayout } from "../../../src/bounds/best-layout.ts";
import { exp2 } from "../../../src/bounds/frontier/exp2.ts";
import { gridLatency, speculativeGridLatency } from "../../../src/bounds/frontier/grid-latency.ts";
import { comparisons, findComparison } from "../../../src/bounds/frontier/presets.ts";
import {
  type FrontierPoint,
  preferredPoint,
  publishedFrontier,
} from "../../../src/bounds/frontier/published-frontier.ts";
import type { FrontierQuestion } from "../../../src/bounds/frontier/question.ts";
import { speculativeLatency } from "../../../src/bounds/speculative.ts";
import { anyContext, anyModelOnHardware } from "../arbitraries.ts";
import { golden, relativeError } from "../golden.ts";

interface PublishedPoint {
  readonly tokens_per_second: number;
  readonly dollars_per_million_tokens: number;
  readonly accelerators: number;
  readonly batch: number;
  readonly mfu?: number;
}

interface PublishedCurve {
  readonly fastest: PublishedPoint;
  readonly preferred: {
    readonly tokens_per_second_per_request: number;
    readonly price_dollars_per_million_tokens: number;
    readonly gpus_per_instance: number;
    readonly batch_size: number;
    readonly utilization_rate: number;
  };
  readonly points_on_front: number;
  readonly sampled_points: readonly PublishedPoint[];
}

const frontierParity = 1e-6;

/** The largest relative error of a point against a published one. */
function distance(point: FrontierPoint, published: PublishedPoint): number {
  return Math.max(
    relativeError(point.tokensPerSecondPerRequest, published.tokens_per_second),
    relativeError(point.dollarsPerMillionTokens, published.dollars_per_million_tokens),
    relativeError(point.accelerators, published.accelerators),
    relativeError(point.batch, published.batch),
    published.mfu === undefined ? 0 : relativeError(point.mfu, published.mfu),
  );
}

describe("the published frontiers", () => {
  const curves = Object.entries(golden<Record<string, Record<string, PublishedCurve>>>("frontiers")).flatMap(
    ([preset, published]) => Object.entries(published).map(([name, curve]) => ({ preset, name, curve })),
  );

  test.each(curves)("$preset: $name", ({ preset, name, curve }) => {
    const points = publishedFrontier(findComparison(preset).curves[name]!);
    expect(points).toHaveLength(curve.points_on_front);
    expect(distance(points[0]!, curve.fastest)).toBeLessThanOrEqual(frontierParity);
    const { preferred } = curve;
    const preferredError = distance(preferredPoint(points)!, {
      tokens_per_second: preferred.tokens_per_second_per_request,
      dollars_per_million_tokens: preferred.price_dollars_per_million_tokens,
      accelerators: preferred.gpus_per_instance,
      batch: preferred.batch_size,
      mfu: preferred.utilization_rate,
    });
    expect(preferredError).toBeLessThanOrEqual(frontierParity);
    for (const sampled of curve.sampled_points) {
      expect(Math.min(...points.map((point) => distance(point, sampled)))).toBeLessThanOrEqual(frontierParity);
    }
  });

  test("nine comparisons are named", () => {
    expect(Object.keys(comparisons)).toHaveLength(9);
    expect(() => findComparison("best-comparison")).toThrow(/"best-comparison".*llama-comparison/);
  });
});

describe("latency on a grid", () => {
  const grid = {
    batches: Float64Array.of(1, 1.7, 3, 5.5, 6, 64, 900),
    accelerators: Float64Array.of(0.4, 1, 2.5, 6, 8, 31.3, 700),
  };

  test("equals the best layout's at each point", () => {
    fc.assert(
      fc.property(
        anyModelOnHardware,
        anyContext,
        fc.integer({ min: 1, max: 9 }),
        ({ architecture, accelerator }, context, tokensPerSequence) => {
          const seconds = gridLatency(architecture, accelerator, grid, context)(tokensPerSequence);
          grid.accelerators.forEach((count, row) => {
            grid.batches.forEach((batch, column) => {
              const best = bestLayout(architecture, accelerator, count, batch, context, tokensPerSequence).seconds;
              expect(relativeError(seconds[row * grid.batches.length + column]!, best)).toBeLessThanOrEqual(1e-12);
            });
          });
        },
      ),
    );
  });

  test("with guesses equals the best of all draft lengths at each point", () => {
    const architecture = findArchitecture("mixtral-8x22b");
    const h100 = findAccelerator("h100");
    const speculation = { draft: findArchitecture("llama-3-8b"), acceptance: 0.7, maxDraftTokens: 6 };
    const seconds = speculativeGridLatency(architecture, speculation, h100, grid, 500);
    grid.accelerators.forEach((count, row) => {
      grid.batches.forEach((batch, column) => {
        const best = speculativeLatency(architecture, speculation, h100, count, batch, 500).seconds;
        expect(relativeError(seconds[row * grid.batches.length + column]!, best)).toBeLessThanOrEqual(1e-12);
      });
    });
  });
});

describe("frontiers obey their laws", () => {
  const runs = { numRuns: 12 };
  const question = (pair: Pick<FrontierQuestion, "architecture" | "accelerator">, contextTokens: number) => ({
    ...pair,
    contextTokens,
  });

  /** The cheapest dollars at a speed or faster. */
  const priceAt = (points: readonly FrontierPoint[], speed: number) =>
    Math.min(...points.filter((p) => p.tokensPerSecondPerRequest >= speed).map((p) => p.dollarsPerMillionTokens));

  /** One frontier is nowhere dearer than another; both are sampled between limits a factor of 1.0155 apart. */
  const nowhereDearer = (better: readonly FrontierPoint[], worse: readonly FrontierPoint[]) => {
    const limitRatio = 10 ** (4 / 599);
    for (const point of worse) {
      const price = priceAt(better, point.tokensPerSecondPerRequest / limitRatio);
      expect(price).toBeLessThanOrEqual(point.dollarsPerMillionTokens * (1 + 1e-12));
    }
  };

  test("faster costs more, and no point is dominated", () => {
    fc.assert(
      fc.property(anyModelOnHardware, anyContext, (pair, context) => {
        const points = publishedFrontier(question(pair, context));
        for (let index = 1; index < points.length; index++) {
          expect(points[index]!.secondsPerToken).toBeGreaterThan(points[index - 1]!.secondsPerToken);
          expect(points[index]!.dollarsPerMillionTokens).toBeLessThan(points[index - 1]!.dollarsPerMillionTokens);
        }
      }),
      runs,
    );
  });

  test("more HBM bandwidth or FLOP/s never hurts", () => {
    fc.assert(
      fc.property(
        anyModelOnHardware,
        anyContext,
        fc.double({ min: 1, max: 8, noNaN: true }),
        (pair, context, factor) => {
          const points = publishedFrontier(question(pair, context));
          const { accelerator } = pair;
          const flops = Object.entries(accelerator.flopPerSecondByWeightBits).map(([bits, rate]) => [
            bits,
            rate! * factor,
          ]);
          const wider = { ...accelerator, hbmBytesPerSecond: accelerator.hbmBytesPerSecond * factor };
          const quicker = { ...accelerator, flopPerSecondByWeightBits: Object.fromEntries(flops) };
          nowhereDearer(publishedFrontier(question({ ...pair, accelerator: wider }, context)), points);
          nowhereDearer(publishedFrontier(question({ ...pair, accelerator: quicker }, context)), points);
        },
      ),
      runs,
    );
  });

  test("more context never helps", () => {
    fc.assert(
      fc.property(anyModelOnHardware, anyContext, anyContext, (pair, one, other) => {
        const [short, long] = [Math.min(one, other), Math.max(one, other)];
        nowhereDearer(publishedFrontier(question(pair, short)), publishedFrontier(question(pair, long)));
      }),
      runs,
    );
  });

  test("the price of an accelerator scales dollars only", () => {
    fc.assert(
      fc.property(anyModelOnHardware, fc.double({ min: 0.01, max: 100, noNaN: true }), (pair, factor) => {
        const dearer = { ...pair.accelerator, dollarsPerHour: pair.accelerator.dollarsPerHour * factor };
        const points = publishedFrontier(question(pair, 1_000));
        const scaled = publishedFrontier(question({ ...pair, accelerator: dearer }, 1_000));
        expect(scaled).toHaveLength(points.length);
        points.forEach((point, index) => {
          const { dollarsPerMillionTokens, ...rest } = scaled[index]!;
          expect(rest).toEqual((({ dollarsPerMillionTokens: _, ...others }) => others)(point));
          expect(relativeError(dollarsPerMillionTokens, point.dollarsPerMillionTokens * factor)).toBeLessThanOrEqual(
            1e-12,
          );
        });
      }),
      runs,
    );
  });

  test("a demand cap bounds what an instance serves", () => {
    const capped = {
      ...question({ architecture: findArchitecture("llama-3-8b"), accelerator: findAccelerator("h100") }, 1),
      demandCapTokensPerSecond: 1e4,
    };
    for (const point of publishedFrontier(capped)) expect(point.tokensPerSecond).toBeLessThanOrEqual(1e4);
  });
});

describe("powers of two", () => {
  test("are exact where they can be, and near the built-in elsewhere", () => {
    for (let exponent = -60; exponent <= 60; exponent++) expect(exp2(exponent)).toBe(2 ** exponent);
    fc.assert(
      fc.property(fc.double({ min: -60, max: 60, noNaN: true }), (exponent) => {
        expect(relativeError(exp2(exponent), 2 ** exponent)).toBeLessThanOrEqual(3 * Number.EPSILON);
      }),
    );
  });
});
