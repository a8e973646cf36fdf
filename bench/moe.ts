import { randomBinomial, randomNormal } from "d3-random";
import { findAccelerator } from "../src/bounds/accelerators.ts";
import { findArchitecture } from "../src/bounds/architectures.ts";
import { conditionalPoisson, groupByGroup } from "../src/bounds/moe/conditional-poisson.ts";
import { moeStepTimeModel } from "../src/bounds/moe/moe-step-time.ts";
import { contiguousPlacement } from "../src/bounds/moe/placement.ts";
import { occupancy } from "../src/bounds/moe/popular-occupancy.ts";
import { type Popularity, pickProbabilities } from "../src/bounds/moe/popularity.ts";
import type { MaximumOver } from "../src/bounds/moe/step-moments.ts";
import { missProbabilities } from "../src/bounds/moe/successive-sampling.ts";
import { stepTimeModel } from "../src/bounds/step-time.ts";
import { randomStreams } from "../src/core/random.ts";
import { run } from "../src/experiment/run.ts";
import { synchronousPace } from "../src/kernel/pace.ts";
import { checkScenario } from "../src/scenario/read.ts";
import { runPlan } from "../src/scenario/run-plan.ts";
import { binomialDraws } from "../src/serving/experts/binomial.ts";
import { expectedExperts } from "../src/serving/experts/expected.ts";
import type { ExpertSampler } from "../src/serving/experts/expert-sampler.ts";
import { byGroup, type LayerDraws, tokenByToken } from "../src/serving/experts/layer-draws.ts";
import { normalDraws } from "../src/serving/experts/normal-draws.ts";
import { sampledExperts } from "../src/serving/experts/sampled.ts";
import { sampledExpertsPerRank } from "../src/serving/experts/sampled-per-rank.ts";
import { type BenchRow, medianSeconds } from "./bench.ts";

const streams = randomStreams("bench");
const routing = { experts: 256, active: 8 };
const layers = 58;
const zipf = { kind: "zipf", exponent: 0.6 } as const;

/** Median of five timings of a call, after one to warm up. */
function microseconds(calls: number, call: () => void): number {
  const timings: number[] = [];
  for (let round = 0; round < 6; round++) {
    const start = performance.now();
    for (let i = 0; i < calls; i++) call();
    timings.push(((performance.now() - start) / calls) * 1e3);
  }
  return timings.slice(1).sort((a, b) => a - b)[2]!;
}

function stepCost(sampler: ExpertSampler, calls: number, tokens = 32): number {
  let sink = 0;
  const cost = microseconds(calls, () => {
    sink += sampler.sample(tokens, tokens).distinctTotal;
  });
  if (!(sink > 0)) throw new Error("no experts drawn");
  return cost;
}

const model = findArchitecture("deepseek-v3");
const h100 = findAccelerator("h100");
const layout = { tensorParallel: "1d", tensorRanks: 16, pipelineStages: 1 } as const;

function shapeOf(step: number) {
  return { tokens: 32, attentionPairs: 32_000 + step, kvTokensRead: 32_000 + step, sequences: 32, outputs: 32 };
}

/** A whole step's time, draw included. */
function stepTimeCost(sampler: ExpertSampler, over: MaximumOver, calls: number): number {
  const times = moeStepTimeModel(model, h100, layout, { parallel: "tensor", over });
  let step = 0;
  let sink = 0;
  const cost = microseconds(calls, () => {
    sink += times.time(shapeOf(step++), sampler.sample(32, 32)).tripSeconds;
  });
  if (!(sink > 0)) throw new Error("steps took no time");
  return cost;
}

function publishedStepTimeCost(calls: number): number {
  const times = stepTimeModel(model, h100, layout);
  let step = 0;
  let sink = 0;
  const cost = microseconds(calls, () => {
    sink += times.time(shapeOf(step++)).tripSeconds;
  });
  if (!(sink > 0)) throw new Error("steps took no time");
  return cost;
}

/** A layer of so many tokens, drawn token by token, expert by expert, and rank by rank of 16. */
function layerRows(popularity: Popularity, name: string): BenchRow[] {
  const { experts, active } = routing;
  const picks = pickProbabilities(popularity, experts, active);
  const chances = conditionalPoisson(
    missProbabilities(picks, active).map((miss) => 1 - miss),
    active,
  );
  const runs = (groups: number) =>
    Array.from({ length: groups }, (_, group) =>
      Array.from({ length: experts / groups }, (_, place) => (group * experts) / groups + place),
    );
  const ways: readonly (readonly [string, LayerDraws])[] = [
    ["token", tokenByToken(picks, active, streams("by token"))],
    ["expert", byGroup(groupByGroup(chances, active, runs(experts)), streams("by expert"))],
    ["rank", byGroup(groupByGroup(chances, active, runs(16)), streams("by rank"))],
  ];
  const counts = new Int32Array(experts);
  return [32, 256, 1024, 4096].flatMap((tokens) =>
    ways.map(([way, draws]) => ({
      name: `moe: layer of ${tokens}, by ${way}, ${name}`,
      value: microseconds(Math.ceil(20_000 / tokens), () => {
        counts.fill(0);
        draws(tokens, counts);
      }),
      unit: "µs",
    })),
  );
}

/** Special samplers beside the library's. */
function samplerRows(): BenchRow[] {
  const nanoseconds = (name: string, draw: () => number): BenchRow => {
    let sink = 0;
    const value =
      1e3 *
      microseconds(50_000, () => {
        sink += draw();
      });
    if (!Number.isFinite(sink)) throw new Error("no number drawn");
    return { name: `moe: ${name}`, value, unit: "ns" };
  };
  const binomial = binomialDraws(streams("binomial"));
  const general = randomBinomial.source(streams("binomial of d3-random"));
  return [
    nanoseconds("normal number, ziggurat", normalDraws(streams("normal"))),
    nanoseconds("normal number, d3-random", randomNormal.source(streams("normal of d3-random"))()),
    nanoseconds("binomial of 1024 and 1/32, rejection", () => binomial(1024, 1 / 32)),
    nanoseconds("binomial of 1024 and 1/32, d3-random", () => general(1024, 1 / 32)()),
  ];
}

/** Outputs of each of the simulated requests, and of all together in steps of 32. */
const outputTokens = 500;
const simulatedRequests = 3_200;

/** A simulated decode step with everything measured: DeepSeek-V3, 32 sequences, every step its own event. */
async function simulatedStep(experts: Record<string, unknown>): Promise<number> {
  const scenario = checkScenario({
    name: "bench",
    model: "deepseek-v3",
    accelerator: "h100",
    deployment: { accelerators: 16, layout: { tensorParallel: "1d" } },
    experts,
    policy: { name: "continuous", maxSequences: 32 },
    workload: {
      arrivals: { process: "closed-loop", users: 32 },
      prompt: { distribution: "constant", tokens: 1 },
      output: { distribution: "constant", tokens: outputTokens },
    },
    run: { seed: 1, requests: simulatedRequests, mode: "step" },
  });
  const seconds = await medianSeconds(() => run(runPlan(scenario), { pace: synchronousPace }));
  return (1e6 * seconds * 32) / (outputTokens * simulatedRequests);
}

/** What drawing experts costs a step of DeepSeek-V3's shape (256 experts, 8 active, 58 expert layers). */
export async function moeBench(): Promise<BenchRow[]> {
  const uniform = occupancy(routing);
  const start = performance.now();
  const popular = occupancy(routing, zipf);
  const popularMilliseconds = performance.now() - start;
  const sampled = (over: "totals" | "per-layer", persistence = 0, of = uniform) =>
    sampledExperts({ occupancy: of, layers, over, persistence, random: streams(`${over}/${persistence}`) });
  const perRank = sampledExpertsPerRank({
    routing,
    popularity: zipf,
    placements: new Array(layers).fill(contiguousPlacement(routing.experts, 8)),
    random: streams("ranks"),
  });
  let tokens = 0;
  const everyTable = sampled("totals");
  const tableMicroseconds = microseconds(150, () => everyTable.sample(++tokens, tokens));
  return [
    { name: "moe: step time, published model", value: publishedStepTimeCost(200_000), unit: "µs" },
    {
      name: "moe: step time, expected on totals",
      value: stepTimeCost(expectedExperts(routing, layers), "totals", 200_000),
      unit: "µs",
    },
    {
      name: "moe: step time, sampled on totals",
      value: stepTimeCost(sampled("totals"), "totals", 200_000),
      unit: "µs",
    },
    {
      name: "moe: step time, expected per layer",
      value: stepTimeCost(expectedExperts(routing, layers), "per-layer", 50_000),
      unit: "µs",
    },
    {
      name: "moe: step time, sampled per layer",
      value: stepTimeCost(sampled("per-layer"), "per-layer", 20_000),
      unit: "µs",
    },
    { name: "moe: simulated step, expected", value: await simulatedStep({}), unit: "µs" },
    {
      name: "moe: simulated step, sampled on totals",
      value: await simulatedStep({ level: "sampled" }),
      unit: "µs",
    },
    {
      name: "moe: simulated step, expected per layer",
      value: await simulatedStep({ maximumOver: "per-layer" }),
      unit: "µs",
    },
    {
      name: "moe: simulated step, sampled per layer",
      value: await simulatedStep({ level: "sampled", maximumOver: "per-layer" }),
      unit: "µs",
    },
    {
      name: "moe: simulated step, sampled per layer, persistent",
      value: await simulatedStep({ level: "sampled", maximumOver: "per-layer", persistence: 0.5 }),
      unit: "µs",
    },
    { name: "moe: step, expected", value: stepCost(expectedExperts(routing, layers), 200_000), unit: "µs" },
    { name: "moe: step, sampled on totals", value: stepCost(sampled("totals"), 200_000), unit: "µs" },
    { name: "moe: step, sampled per layer", value: stepCost(sampled("per-layer"), 20_000), unit: "µs" },
    {
      name: "moe: step, sampled on totals, Zipf 0.6",
      value: stepCost(sampled("totals", 0, popular), 200_000),
      unit: "µs",
    },
    { name: "moe: step, sampled on totals, persistent", value: stepCost(sampled("totals", 0.5), 50_000), unit: "µs" },
    { name: "moe: step, sampled per layer, persistent", value: stepCost(sampled("per-layer", 0.5), 5_000), unit: "µs" },
    { name: "moe: step of 32, sampled per rank, Zipf 0.6", value: stepCost(perRank, 200), unit: "µs" },
    ...[256, 1024, 4096].map((tokens) => ({
      name: `moe: step of ${tokens}, sampled per rank, Zipf 0.6`,
      value: stepCost(perRank, 5, tokens),
      unit: "µs",
    })),
    { name: "moe: table of one token count, mean of 1 to 900", value: tableMicroseconds, unit: "µs" },
    { name: "moe: preparing Zipf 0.6 (pair chances)", value: popularMilliseconds, unit: "ms" },
    ...samplerRows(),
    ...layerRows({ kind: "uniform" }, "uniform"),
    ...layerRows(zipf, "Zipf 0.6"),
  ];
}
