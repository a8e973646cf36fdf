import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findAccelerator } from "../../../src/bounds/accelerators.ts";
import { findArchitecture } from "../../../src/bounds/architectures.ts";
import { layoutSeconds } from "../../../src/bounds/best-layout.ts";
import { closedForm, constraints } from "../../../src/bounds/closed-form.ts";
import { type ExactPoint, type ExactQuestion, exactFrontier } from "../../../src/bounds/frontier/exact-frontier.ts";
import { type MonotoneChoice, paretoSweep } from "../../../src/bounds/frontier/pareto-sweep.ts";
import { realLayouts } from "../../../src/bounds/frontier/real-layouts.ts";
import { acceleratorsOf, type Layout } from "../../../src/bounds/layout.ts";
import { fits } from "../../../src/bounds/memory.ts";
import { anyModelOnHardware } from "../arbitraries.ts";
import { relativeError } from "../golden.ts";

const slack = 1e-9;

interface Deployment {
  readonly layout: Layout;
  readonly batch: number;
  readonly seconds: number;
  readonly acceleratorSecondsPerToken: number;
}

/** Every deployment that exists, found by trying every number of ranks, stages and sequences with the published latency. */
function everyDeployment(question: ExactQuestion, maxAccelerators: number, maxBatch: number): Deployment[] {
  const { architecture, accelerator, contextTokens } = question;
  const found: Deployment[] = [];
  for (let ranks = 1; ranks <= maxAccelerators; ranks++) {
    const { nodeSize } = accelerator;
    const fit = ranks <= nodeSize ? nodeSize % ranks === 0 : ranks % nodeSize === 0;
    if (architecture.queryHeads % ranks !== 0 || !fit) continue;
    for (let stages = 1; stages * ranks <= maxAccelerators; stages++) {
      if (architecture.layers % stages !== 0) continue;
      for (const tensorParallel of ["1d", "2d"] as const) {
        if (tensorParallel === "2d" && (ranks === 1 || Math.sqrt(ranks) % 1 !== 0)) continue;
        const layout = { tensorParallel, tensorRanks: ranks, pipelineStages: stages };
        for (let batch = stages; batch <= maxBatch; batch += stages) {
          const seconds = layoutSeconds(architecture, accelerator, layout, batch, contextTokens);
          if (!(seconds <= 1)) break;
          const acceleratorSecondsPerToken = (ranks * stages * seconds) / batch;
          found.push({ layout, batch, seconds, acceleratorSecondsPerToken });
        }
      }
    }
  }
  return found;
}

/** Contexts so long that memory, not patience, ends the enumeration. */
const anyLongContext = fc.integer({ min: 20_000, max: 200_000 });

describe("the exact frontier", () => {
  test("is what brute force leaves undominated: nothing dominates it, and nothing is missing", () => {
    fc.assert(
      fc.property(anyModelOnHardware, anyLongContext, fc.integer({ min: 8, max: 40 }), (pair, contextTokens, most) => {
        // HBM for a few hundred sequences at most, whatever the model.
        const question = { ...pair, contextTokens };
        const all = everyDeployment(question, most, 3_000);
        fc.pre(all.every(({ batch }) => batch < 2_900));
        const points = exactFrontier({ ...question, maxAccelerators: most });
        const price = (point: ExactPoint) => (point.accelerators * point.secondsPerToken) / point.batch;
        for (const point of points) {
          const dominating = all.filter(
            ({ seconds, acceleratorSecondsPerToken: cost }) =>
              seconds <= point.secondsPerToken * (1 + slack) &&
              cost <= price(point) * (1 + slack) &&
              (seconds < point.secondsPerToken * (1 - slack) || cost < price(point) * (1 - slack)),
          );
          expect(dominating).toEqual([]);
        }
        for (const { seconds, acceleratorSecondsPerToken: cost } of all) {
          const covered = points.some(
            (point) => point.secondsPerToken <= seconds * (1 + slack) && price(point) <= cost * (1 + slack),
          );
          expect(covered).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });

  test("holds deployments that exist, each with its figures and what binds it", () => {
    const question = {
      architecture: findArchitecture("llama-3-405b"),
      accelerator: findAccelerator("h100"),
      contextTokens: 1_000,
    };
    const layouts = realLayouts(question.architecture, question.accelerator, 256);
    const points = exactFrontier({ ...question, maxAccelerators: 256 });
    expect(points.length).toBeGreaterThan(100);
    for (const point of points) {
      expect(layouts).toContainEqual(point.layout);
      expect(acceleratorsOf(point.layout)).toBe(point.accelerators);
      expect(point.batch % point.layout.pipelineStages).toBe(0);
      expect(fits(question.architecture, question.accelerator, point.accelerators, point.batch, 1_000)).toBe(true);
      const form = closedForm(question.architecture, question.accelerator, point.layout, point.batch, 1_000);
      expect(relativeError(point.secondsPerToken, form.secondsPerToken)).toBeLessThanOrEqual(1e-12);
      expect(relativeError(point.dollarsPerMillionTokens, form.dollarsPerMillionTokens)).toBeLessThanOrEqual(1e-12);
      expect(relativeError(point.mfu, form.mfu)).toBeLessThanOrEqual(1e-12);
      expect(point.binding).toBe(form.binding);
      expect(constraints).toContain(point.binding);
    }
  });

  test("keeps to limits on speed, dollars, accelerators and an instance's demand", () => {
    const question = {
      architecture: findArchitecture("mixtral-8x22b"),
      accelerator: findAccelerator("h200"),
      contextTokens: 500,
    };
    const free = exactFrontier(question);
    const limits = {
      minTokensPerSecondPerRequest: 40,
      maxDollarsPerMillionTokens: 3,
      maxAccelerators: 32,
      demandCapTokensPerSecond: 2e4,
    };
    const points = exactFrontier({ ...question, ...limits });
    expect(points.length).toBeGreaterThan(10);
    for (const point of points) {
      expect(point.tokensPerSecondPerRequest).toBeGreaterThanOrEqual(40);
      expect(point.dollarsPerMillionTokens).toBeLessThanOrEqual(3);
      expect(point.accelerators).toBeLessThanOrEqual(32);
      expect(point.tokensPerSecond).toBeLessThanOrEqual(2e4);
      const asGood = (other: ExactPoint) =>
        other.tokensPerSecondPerRequest >= point.tokensPerSecondPerRequest * (1 - slack) &&
        other.dollarsPerMillionTokens <= point.dollarsPerMillionTokens * (1 + slack);
      expect(free.some(asGood)).toBe(true);
    }
  });

  test("meets a demand with whole replicas, and pays for all of them", () => {
    const question = {
      architecture: findArchitecture("llama-3-70b"),
      accelerator: findAccelerator("h100"),
      contextTokens: 2_000,
    };
    const demandTokensPerSecond = 30_000;
    const points = exactFrontier({ ...question, maxAccelerators: 128, demandTokensPerSecond });
    expect(points.length).toBeGreaterThan(3);
    for (const { replicas, accelerators, batch, secondsPerToken, dollarsPerMillionTokens } of points) {
      expect(replicas * (batch / secondsPerToken)).toBeGreaterThanOrEqual(demandTokensPerSecond);
      expect((replicas - 1) * (batch / secondsPerToken)).toBeLessThan(demandTokensPerSecond);
      expect(replicas * accelerators).toBeLessThanOrEqual(128);
      const dollarsPerSecond = (replicas * accelerators * 2.1) / 3600;
      expect(relativeError(dollarsPerMillionTokens, (1e6 * dollarsPerSecond) / demandTokensPerSecond)).toBeLessThan(
        1e-12,
      );
    }
    for (let index = 1; index < points.length; index++) {
      expect(points[index]!.secondsPerToken).toBeGreaterThan(points[index - 1]!.secondsPerToken);
      expect(points[index]!.dollarsPerMillionTokens).toBeLessThan(points[index - 1]!.dollarsPerMillionTokens);
    }
  });

  test("with guesses is nowhere behind the one without", () => {
    const question = {
      architecture: findArchitecture("llama-3-70b"),
      accelerator: findAccelerator("h100"),
      contextTokens: 4_000,
      maxAccelerators: 64,
    };
    const speculation = { draft: findArchitecture("llama-3-8b"), acceptance: 0.8, maxDraftTokens: 8 };
    const guessing = exactFrontier({ ...question, speculation });
    expect(guessing.some((point) => point.draftTokens > 0)).toBe(true);
    for (const plain of exactFrontier(question)) {
      const asGood = guessing.some(
        (point) =>
          point.secondsPerToken <= plain.secondsPerToken * (1 + slack) &&
          point.dollarsPerMillionTokens <= plain.dollarsPerMillionTokens * (1 + slack),
      );
      expect(asGood).toBe(true);
    }
  });

  test("obeys the laws of a frontier, with no sampling between: bandwidth, FLOP/s and shorter contexts never hurt", () => {
    const nowhereDearer = (better: ExactPoint[], worse: ExactPoint[]) => {
      for (const { secondsPerToken, dollarsPerMillionTokens } of worse) {
        const asGood = better.some(
          (point) =>
            point.secondsPerToken <= secondsPerToken * (1 + slack) &&
            point.dollarsPerMillionTokens <= dollarsPerMillionTokens * (1 + slack),
        );
        expect(asGood).toBe(true);
      }
    };
    const factor = fc.double({ min: 1, max: 8, noNaN: true });
    fc.assert(
      fc.property(
        anyModelOnHardware,
        anyLongContext,
        factor,
        ({ architecture, accelerator }, contextTokens, factor) => {
          const frontier = (change: object, context = contextTokens) =>
            exactFrontier({
              architecture,
              accelerator: { ...accelerator, ...change },
              contextTokens: context,
              maxAccelerators: 128,
            });
          const points = frontier({});
          const rates = Object.entries(accelerator.flopPerSecondByWeightBits);
          const quicker = Object.fromEntries(rates.map(([bits, rate]) => [bits, rate! * factor]));
          nowhereDearer(frontier({ hbmBytesPerSecond: accelerator.hbmBytesPerSecond * factor }), points);
          nowhereDearer(frontier({ flopPerSecondByWeightBits: quicker }), points);
          nowhereDearer(frontier({}, contextTokens / factor), points);
        },
      ),
      { numRuns: 20 },
    );
  });

  test.each([
    [{ maxAccelerators: 0 }, /maxAccelerators: 0/],
    [{ minTokensPerSecondPerRequest: -1 }, /minTokensPerSecondPerRequest: -1/],
    [{ demandTokensPerSecond: Number.NaN }, /demandTokensPerSecond: NaN/],
  ])("a limit that cannot be kept to is a clear error (%#)", (limits, message) => {
    const question = {
      architecture: findArchitecture("llama-3-8b"),
      accelerator: findAccelerator("h100"),
      contextTokens: 0,
    };
    expect(() => exactFrontier({ ...question, ...limits })).toThrow(message);
  });
});

describe("the sweep behind it", () => {
  /** A choice whose seconds rise and whose costs fall in steps, some of them flat. */
  const anyChoice: fc.Arbitrary<MonotoneChoice> = fc
    .array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })), { minLength: 1, maxLength: 60 })
    .map((steps) => {
      const seconds: number[] = [];
      const costs: number[] = [];
      let [time, cost] = [1, 1_000];
      for (const [slower, cheaper] of steps) {
        time += slower;
        cost -= cheaper;
        seconds.push(time);
        costs.push(cost);
      }
      return { largest: steps.length, seconds: (size) => seconds[size - 1]!, cost: (size) => costs[size - 1]! };
    });

  test("finds exactly the sizes that nothing dominates", () => {
    fc.assert(
      fc.property(
        fc.array(anyChoice, { minLength: 1, maxLength: 6 }),
        fc.option(fc.integer({ min: 850, max: 1_000 })),
        (choices, most) => {
          const maxCost = most ?? Number.POSITIVE_INFINITY;
          const all = choices.flatMap((choice) =>
            Array.from({ length: choice.largest }, (_, at) => [choice.seconds(at + 1), choice.cost(at + 1)] as const),
          );
          const left = all.filter(
            ([time, cost]) =>
              cost <= maxCost && !all.some(([t, c]) => t <= time && c <= cost && (t < time || c < cost)),
          );
          const expected = [...new Set(left.map((pair) => pair.join()))].sort();
          const found = paretoSweep(choices, maxCost).map(({ choice, size }) =>
            [choices[choice]!.seconds(size), choices[choice]!.cost(size)].join(),
          );
          expect([...found].sort()).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });
});
