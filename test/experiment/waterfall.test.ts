import { describe, expect, test } from "vitest";
import { type ExplainReport, explain } from "../../src/experiment/explain.ts";
import { synchronousPace } from "../../src/kernel/pace.ts";
import { parseScenario } from "../../src/scenario/read.ts";
import type { TracePlaces } from "../../src/scenario/trace-file.ts";
import { edited, shipped, small, withPublicTrace } from "../scenario/scenarios.ts";
import { busy } from "./runs.ts";

const explained = (text: string, requests?: number, places: TracePlaces = {}): Promise<ExplainReport> => {
  const scenario = parseScenario(text);
  const { run } = scenario;
  return explain(
    { ...scenario, run: { ...run, ...(requests !== undefined && { requests }) } },
    { pace: synchronousPace, places },
  );
};

const relative = (one: number, other: number) => Math.abs(one / other - 1);

/** Experts that are not equally wanted, each whole on one of eight ranks, in four stages. */
const skewedExperts = `
name: skewed experts
model: mixtral-8x22b
accelerator: h100
deployment: { accelerators: 32, layout: { tensorParallel: 1d, pipelineStages: 4 } }
experts: { level: sampled-per-rank, maximumOver: per-layer, parallel: expert, popularity: { kind: zipf, exponent: 0.6 } }
policy: { name: continuous, maxSequences: 16 }
workload:
  arrivals: { process: poisson, rate: 30/s }
  prompt: { distribution: lognormal, mean: 100, cv: 1, max: 1024 }
  output: { distribution: lognormal, mean: 20, cv: 1, max: 100 }
run: { seed: 1, requests: 100 }
`;

/** Laws of the choice among 256 experts that are not equally wanted take long to tabulate. */
const slow = ["experts-skew", "experts-skew-tensor"];
/** No one closed form measures pools that may differ: `explain` refuses them. */
const pooled = shipped.filter(({ text }) => /^ {2}pools:/m.test(text)).map(({ name }) => name);
const quick = shipped.filter(({ name }) => ![...withPublicTrace, ...slow, ...pooled].includes(name));

describe.each([...quick, { name: "skewed experts", path: "", text: skewedExperts }])(
  "the waterfall of $name",
  ({ path, text }) => {
    test("ends at the closed form with every cause switched off, and its steps lead from there to the run", async () => {
      const { waterfall } = await explained(text, 200, { scenarioFile: path });
      const { fullBatch, steps } = waterfall!;
      const unexplained = waterfall!.unexplainedDollarsPerMillionTokens;
      const realised = waterfall!.realisedDollarsPerMillionTokens.value!;
      const price = fullBatch.dollarsPerMillionTokens;
      expect(Math.abs(unexplained / price)).toBeLessThan(1e-9);
      for (const way of [
        steps.map((step) => step.forwardDollarsPerMillionTokens),
        steps.map((step) => step.backwardDollarsPerMillionTokens),
        steps.map(({ dollarsPerMillionTokens }) => dollarsPerMillionTokens.value!),
      ]) {
        expect(
          relative(
            way.reduce((sum, by) => sum + by, price + unexplained),
            realised,
          ),
        ).toBeLessThan(1e-9);
      }
    });
  },
);

describe("the waterfall", () => {
  test("starts at a frontier that is no dearer than this deployment at the same speed", async () => {
    const { frontier, bestBatch, tokensPerSecondPerRequest } = (await explained(busy)).waterfall!;
    for (const point of [frontier!, bestBatch!]) {
      expect(point.tokensPerSecondPerRequest).toBeGreaterThanOrEqual(tokensPerSecondPerRequest);
    }
    expect(frontier!.dollarsPerMillionTokens).toBeLessThanOrEqual(bestBatch!.dollarsPerMillionTokens);
  });

  test("counts a tight KV cache only where it can be one", async () => {
    const causes = async (text: string) => (await explained(text)).waterfall!.steps.map(({ cause }) => cause);
    expect(await causes(small)).toEqual(["ends", "arrivals", "prompts", "contexts"]);
    const tight = edited(small, "accelerators: 1 }", "accelerators: 1, kvCache: { capacityTokens: 300 } }");
    const { steps } = (await explained(tight, 200)).waterfall!;
    expect(steps.map(({ cause }) => cause)).toEqual(["ends", "arrivals", "kvCache", "prompts", "contexts"]);
    expect(steps[2]!.forwardDollarsPerMillionTokens).toBeGreaterThan(0);
  });

  test("is the same for the same scenario and seed, and another for another seed", async () => {
    const of = async (seed: number) => JSON.stringify(await explained(edited(small, "seed: 1", `seed: ${seed}`)));
    expect(await of(1)).toBe(await of(1));
    expect(await of(1)).not.toBe(await of(2));
  });

  test("is told nothing of where nothing was decoded", async () => {
    const nobody = edited(small, "requests: 10", "horizon: 1 ns");
    expect((await explained(nobody)).waterfall).toBeNull();
    expect((await explained(edited(small, "tokens: 20", "tokens: 1"))).waterfall).toBeNull();
  });
});
