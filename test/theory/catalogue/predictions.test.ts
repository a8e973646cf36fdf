import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Quantity, quantities, type Statistic } from "../../../src/theory/catalogue/prediction.ts";
import { foretell, predictions } from "../../../src/theory/catalogue/predictions.ts";
import { aloneMoments, type LengthShape, meanLongest, type ServingShape } from "../../../src/theory/catalogue/shape.ts";

const fixed = (mean: number): LengthShape => ({ kind: "fixed", mean, variance: 0 });
const geometric = (mean: number): LengthShape => ({ kind: "geometric", mean, variance: mean * (mean - 1) });

const plain: ServingShape = {
  arrivals: { kind: "open", process: "poisson", requestsPerSecond: 0.1, interarrivalCv: 1 },
  prompt: fixed(1),
  output: geometric(50),
  policy: "continuous",
  firstComeFirstServed: true,
  batchCap: 8,
  minimumBatch: 1,
  timeoutSeconds: 0,
  chunkTokens: Number.POSITIVE_INFINITY,
  otherLimits: false,
  replicas: 1,
  router: "central-queue",
  stepSeconds: (decodes, promptTokens) => 0.1 + 0.01 * decodes + 0.001 * promptTokens,
  stepVaries: false,
};

function foretold(shape: ServingShape): string[] {
  return foretell(shape).flatMap((said) => ("figures" in said ? [said.prediction.name] : []));
}

function figure(shape: ServingShape, name: string, quantity: Quantity, statistic: Statistic = "mean"): number {
  const prediction = predictions.find((candidate) => candidate.name === name)!;
  expect(prediction.applies(shape)).toBe(true);
  return prediction.predict(shape).find((said) => said.quantity === quantity && said.statistic === statistic)!.value;
}

const closed = (users: number, thinkSeconds: number): ServingShape => ({
  ...plain,
  arrivals: { kind: "closed", users, thinkSeconds },
});

describe("which predictions apply", () => {
  const alone = { ...plain, batchCap: 1, output: fixed(50) };
  const faster = { kind: "open", process: "poisson", requestsPerSecond: 0.4, interarrivalCv: 1 } as const;
  test.each<[string, ServingShape, string[]]>([
    [
      "continuous batching of geometric outputs",
      plain,
      ["continuous batching, step by step", "continuous batching, birth–death", "operating point under load"],
    ],
    [
      "one at a time, all alike",
      alone,
      ["M/D/1", "M/G/1", "Kingman (GI/G/1)", "continuous batching, birth–death", "operating point under load"],
    ],
    [
      "three replicas behind one queue, one at a time",
      { ...alone, replicas: 3, arrivals: faster },
      ["M/D/c", "M/G/c (Allen–Cunneen, Kimura)"],
    ],
    ["static batches", { ...plain, policy: "static", output: fixed(50) }, ["bulk service M/D^[a,b]/1"]],
    [
      "prompts first",
      { ...plain, policy: "prefill-first", prompt: fixed(500) },
      ["prefill-first (priority and vacations)", "operating point under load"],
    ],
    [
      "chunked",
      { ...plain, policy: "chunked-prefill", prompt: fixed(500), chunkTokens: 128 },
      ["prompts beside decodes (chunked or whole)"],
    ],
    ["saturated", closed(8, 0), ["saturated closed loop", "closed loop, asymptotic bounds"]],
    [
      "thinking users",
      closed(20, 5),
      ["closed loop with think time (mean value analysis)", "closed loop, asymptotic bounds"],
    ],
    [
      "no cap, constant step",
      { ...plain, batchCap: Number.POSITIVE_INFINITY, stepSeconds: () => 0.1 },
      ["M/G/∞ (Poisson batch)", "continuous batching, birth–death", "operating point under load"],
    ],
    ["bursts", { ...plain, arrivals: { ...faster, process: "other" } }, ["operating point under load"]],
    [
      "a full pipeline",
      { ...closed(8, 0), pipeline: { stageSeconds: () => [0.1, 0.1], hopSeconds: 0.01, microbatches: 2 } },
      ["pipeline rhythm and zero-bubble condition"],
    ],
    ["another policy", { ...plain, policy: "other" }, []],
  ])("%s", (_, shape, names) => {
    expect(foretold(shape)).toEqual(names);
  });

  test("reasons are given for the rest", () => {
    for (const said of foretell(plain)) {
      if ("inapplicable" in said) expect(said.inapplicable.length).toBeGreaterThan(5);
    }
    const overloaded = {
      ...plain,
      arrivals: { kind: "open", process: "poisson", requestsPerSecond: 5, interarrivalCv: 1 },
    } as const;
    const chain = foretell(overloaded).find((said) => said.prediction.name === "continuous batching, step by step")!;
    expect(chain).toMatchObject({ inapplicable: expect.stringContaining("overloaded: load") });
  });

  test("replicas fed at random each see a share of the load; dealt in turn they are no longer Poisson", () => {
    const three = { ...plain, replicas: 3, router: "random" } as const;
    const third = {
      ...plain,
      arrivals: { kind: "open", process: "poisson", requestsPerSecond: 0.1 / 3, interarrivalCv: 1 },
    } as const;
    const name = "continuous batching, step by step";
    expect(figure(three, name, "sojourn")).toBeCloseTo(figure(third, name, "sojourn"), 12);
    expect(foretold({ ...three, router: "round-robin" })).toEqual(["operating point under load"]);
  });
});

describe("predictions agree where their shapes meet", () => {
  test("M/D/1, M/G/1, Kingman and bulk service of batches of one", () => {
    const shape: ServingShape = { ...plain, batchCap: 1, output: fixed(50), policy: "static" };
    const wait = figure(shape, "M/D/1", "wait");
    expect(figure(shape, "M/G/1", "wait") / wait).toBeCloseTo(1, 9);
    expect(figure(shape, "bulk service M/D^[a,b]/1", "wait") / wait).toBeCloseTo(1, 9);
    const variance = figure(shape, "M/G/1", "wait", "variance");
    expect(variance).toBeGreaterThan(wait ** 2);
  });

  test("one place in the batch and geometric outputs: the step chain is M/G/1", () => {
    const shape = { ...plain, batchCap: 1 };
    expect(figure(shape, "continuous batching, step by step", "wait") / figure(shape, "M/G/1", "wait")).toBeCloseTo(
      1,
      2,
    );
  });

  test("many users who hardly think are the saturated loop", () => {
    const thinking = figure(closed(40, 1e-6), "closed loop with think time (mean value analysis)", "tokensPerSecond");
    expect(thinking / figure(closed(40, 0), "saturated closed loop", "tokensPerSecond")).toBeCloseTo(1, 5);
  });

  test("experts drawn at random cost more than their mean, by the excess at the knee", () => {
    const experts = () => ({
      parts: 1,
      computeSeconds: 0.01,
      meanMemorySeconds: 0.01,
      memoryVariance: 1e-6,
      fixedSeconds: 0.002,
    });
    const tokenTime = figure({ ...closed(8, 0), experts }, "step time with random experts", "tokenTime");
    expect(tokenTime).toBeCloseTo(0.012 + 1e-3 / Math.sqrt(2 * Math.PI), 12);
  });
});

describe("shapes", () => {
  test("moments of a request alone: prompt, then geometric decode steps", () => {
    const moments = aloneMoments({ ...plain, prompt: fixed(100) });
    const step = 0.11;
    const prompt = 0.2;
    let mean = 0;
    let second = 0;
    let third = 0;
    for (let tokens = 1, p = 1 / 50; tokens < 3_000; tokens++, p *= 1 - 1 / 50) {
      const seconds = prompt + (tokens - 1) * step;
      mean += p * seconds;
      second += p * seconds ** 2;
      third += p * seconds ** 3;
    }
    expect(moments.mean).toBeCloseTo(mean, 9);
    expect(moments.variance).toBeCloseTo(second - mean ** 2, 8);
    expect(moments.thirdMoment! / third).toBeCloseTo(1, 9);
  });

  test("the longest of several geometric outputs", () => {
    expect(meanLongest(geometric(50), 1)).toBeCloseTo(50, 9);
    // P(both ≤ k) = (1 - q^k)², so E = Σ 2q^k - q^2k.
    const q = 0.98;
    expect(meanLongest(geometric(50), 2)).toBeCloseTo(2 / (1 - q) - 1 / (1 - q * q), 9);
    expect(meanLongest({ kind: "other", mean: 5, variance: 2 }, 2)).toBeUndefined();
  });
});

test("whatever the shape, each prediction gives finite figures of known quantities or a reason", () => {
  const lengths = fc.oneof(
    fc.integer({ min: 1, max: 200 }).map(fixed),
    fc.integer({ min: 1, max: 200 }).map(geometric),
    fc.integer({ min: 2, max: 200 }).map((mean): LengthShape => ({ kind: "other", mean, variance: mean ** 2 })),
  );
  const shapes: fc.Arbitrary<ServingShape> = fc.record({
    arrivals: fc.oneof(
      fc.record({
        kind: fc.constant("open" as const),
        process: fc.constantFrom("poisson", "renewal", "other"),
        requestsPerSecond: fc.double({ min: 0.001, max: 5, noNaN: true }),
        interarrivalCv: fc.constant(1),
      }),
      fc.record({
        kind: fc.constant("closed" as const),
        users: fc.integer({ min: 1, max: 50 }),
        thinkSeconds: fc.nat(10),
      }),
    ),
    prompt: lengths,
    output: lengths,
    policy: fc.constantFrom("static", "dynamic", "continuous", "prefill-first", "chunked-prefill", "other"),
    firstComeFirstServed: fc.boolean(),
    batchCap: fc.oneof(fc.integer({ min: 1, max: 24 }), fc.constant(Number.POSITIVE_INFINITY)),
    minimumBatch: fc.constant(1),
    timeoutSeconds: fc.constant(0),
    chunkTokens: fc.integer({ min: 1, max: 300 }),
    otherLimits: fc.constant(false),
    replicas: fc.integer({ min: 1, max: 3 }),
    router: fc.constantFrom("central-queue", "random", "round-robin", "other"),
    stepSeconds: fc
      .double({ min: 0, max: 0.05, noNaN: true })
      .map((slope) => (decodes: number, promptTokens: number) => 0.01 + slope * decodes + 1e-4 * promptTokens),
    stepVaries: fc.boolean(),
  });
  fc.assert(
    fc.property(shapes, (shape) => {
      for (const said of foretell(shape)) {
        if ("inapplicable" in said) expect(said.inapplicable).not.toBe("");
        else {
          expect(said.figures.length).toBeGreaterThan(0);
          for (const { quantity, value, statistic } of said.figures) {
            expect(quantities).toHaveProperty(quantity);
            const overload = quantity === "load" && statistic === "mean" && value === Number.POSITIVE_INFINITY;
            expect(overload || Number.isFinite(value), `${said.prediction.name}: ${quantity} ${value}`).toBe(true);
            expect(value).toBeGreaterThanOrEqual(-1e-9);
          }
        }
      }
    }),
    { numRuns: 300 },
  );
});
