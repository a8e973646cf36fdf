import { takeWhile } from "rxjs";
import { describe, expect, test } from "vitest";
import { findAccelerator } from "../../src/bounds/accelerators.ts";
import { findArchitecture } from "../../src/bounds/architectures.ts";
import { layoutSeconds } from "../../src/bounds/best-layout.ts";
import type { Layout } from "../../src/bounds/layout.ts";
import { kvCapacityTokens } from "../../src/bounds/memory.ts";
import { stepTimeModel } from "../../src/bounds/step-time.ts";
import type { Advance, ServingEvent } from "../../src/serving/events.ts";
import { arrivals } from "../../src/workload/arrivals.ts";
import { serve } from "../serving/harness.ts";

const outputTokens = 60;
const waves = 4;

interface Saturated {
  readonly model: string;
  readonly accelerator: string;
  readonly layout: Layout;
  readonly users: number;
}

/** A closed loop without think time whose requests are all output: the closed form's own assumptions. */
function saturate({ model, accelerator, layout, users }: Saturated, mode: "leap" | "step"): Promise<ServingEvent[]> {
  const architecture = findArchitecture(model);
  const hardware = findAccelerator(accelerator);
  const { tensorRanks, pipelineStages } = layout;
  const closedLoop = arrivals.build({ process: "closed-loop", users, thinkTime: 0, thinkDistribution: "constant" });
  let asked = 0;
  return serve({
    stepTime: stepTimeModel(architecture, hardware, layout),
    stages: pipelineStages,
    kvCapacityTokens: kvCapacityTokens(architecture, hardware, tensorRanks * pipelineStages),
    maxSequences: 2 * users,
    mode,
    requests: (time, ended$) =>
      closedLoop
        .arrivals({ time, ended$, random: () => 0.5, draw: () => ({ promptTokens: 1, outputTokens }), rows: [] })
        .pipe(takeWhile(() => asked++ < waves * users)),
  });
}

/** The ITL and the context of every decode step, in the order of steps. */
function itls(events: readonly ServingEvent[]): { itlSeconds: number; contextTokens: number }[] {
  return events
    .filter((event): event is Advance => event.kind === "advance" && event.decoding > 0 && event.steps > 0)
    .flatMap((event) => {
      const sum = (event.decoding * event.steps * (event.steps - 1)) / 2;
      let context = (event.decodePairs - sum) / event.decoding / event.steps;
      let waitedSeconds = event.startSeconds - event.sinceSeconds;
      const list: { itlSeconds: number; contextTokens: number }[] = [];
      event.run.eachStretch(event.steps, (firstSeconds, growthSeconds, steps) => {
        for (let index = 0; index < steps; index++) {
          list.push({ itlSeconds: firstSeconds + growthSeconds * index + waitedSeconds, contextTokens: context++ });
          waitedSeconds = 0;
        }
      });
      return list;
    });
}

/** Steps of the first wave: until it is over, microbatches have not found their places behind one another. */
const afterFirstWave = (event: Advance, events: readonly ServingEvent[]) => {
  const firstFinish = events.find(({ kind }) => kind === "finish")!;
  return event.sinceSeconds > firstFinish.atSeconds;
};

const oneStage: Saturated[] = [
  { model: "llama-3-70b", accelerator: "h100", layout: layout("2d", 8), users: 120 },
  { model: "llama-3-8b", accelerator: "h100", layout: layout("1d", 1), users: 500 },
  { model: "mixtral-8x22b", accelerator: "h200", layout: layout("1d", 8), users: 7 },
  { model: "palm-540b", accelerator: "tpu-v4", layout: layout("2d", 64), users: 64 },
];

const stages: Saturated[] = [
  { model: "llama-3-405b-int8", accelerator: "h100", layout: layout("1d", 8, 2), users: 16 },
  { model: "llama-3-70b", accelerator: "h100", layout: layout("2d", 4, 2), users: 2 },
  { model: "mixtral-8x7b", accelerator: "h200", layout: layout("1d", 8, 2), users: 8 },
];

function layout(tensorParallel: Layout["tensorParallel"], tensorRanks: number, pipelineStages = 1): Layout {
  return { tensorParallel, tensorRanks, pipelineStages };
}

const stageSeconds = ({ model, accelerator, layout, users }: Saturated, contextTokens: number) => {
  const microbatch = users / layout.pipelineStages;
  const context = microbatch * contextTokens;
  const shape = {
    tokens: microbatch,
    attentionPairs: context,
    kvTokensRead: context,
    sequences: microbatch,
    outputs: microbatch,
  };
  return stepTimeModel(findArchitecture(model), findAccelerator(accelerator), layout).time(shape);
};

describe.each(["leap", "step"] as const)("a saturated closed loop, %s", (mode) => {
  test.each(oneStage)("$model, $layout: ITL equals the closed form at each context", async (setting) => {
    const { model, accelerator, users } = setting;
    const seen = itls(await saturate(setting, mode));
    expect(seen.length).toBe(waves * (outputTokens - 1));
    for (const { itlSeconds, contextTokens } of seen) {
      const bound = layoutSeconds(
        findArchitecture(model),
        findAccelerator(accelerator),
        setting.layout,
        users,
        contextTokens,
      );
      expect(Math.abs(itlSeconds / bound - 1)).toBeLessThan(1e-9);
    }
  });

  // A stage takes one microbatch at a time, so when a step's time grows by ε with the context, the microbatch behind must
  // fall back by ε. Hops leave that much room while the growth over a whole output stays below one hop.
  test.each(stages)(
    "$model, $layout: after the first wave, ITL equals the closed form at each context",
    async (setting) => {
      const { model, accelerator, users } = setting;
      const shortest = stageSeconds(setting, 0);
      const growth = stageSeconds(setting, outputTokens).stageSeconds - shortest.stageSeconds;
      expect(growth).toBeLessThan(shortest.hopSeconds);
      const events = await saturate(setting, mode);
      const seen = itls(events.filter((event) => event.kind === "advance" && afterFirstWave(event, events)));
      expect(seen.length).toBeGreaterThanOrEqual(setting.layout.pipelineStages * (waves - 1) * (outputTokens - 2));
      for (const { itlSeconds, contextTokens } of seen) {
        const bound = layoutSeconds(
          findArchitecture(model),
          findAccelerator(accelerator),
          setting.layout,
          users,
          contextTokens,
        );
        expect(Math.abs(itlSeconds / bound - 1)).toBeLessThan(1e-9);
      }
    },
  );

  test("where contexts outgrow the hops, a microbatch falls back by no more than a step has grown, and a hop", async () => {
    const setting: Saturated = {
      model: "llama-3-405b-int8",
      accelerator: "h100",
      layout: layout("1d", 8, 2),
      users: 400,
    };
    const events = await saturate(setting, mode);
    const seen = itls(events.filter((event) => event.kind === "advance" && afterFirstWave(event, events)));
    let waited = 0;
    for (const { itlSeconds, contextTokens } of seen) {
      const bound = stageSeconds(setting, contextTokens);
      const grown = bound.stageSeconds - stageSeconds(setting, contextTokens - 1).stageSeconds;
      const waitSeconds = itlSeconds - bound.tripSeconds;
      expect(waitSeconds).toBeGreaterThan(-1e-12);
      expect(waitSeconds).toBeLessThan(grown + bound.hopSeconds);
      waited += waitSeconds > 1e-12 ? 1 : 0;
    }
    expect(waited).toBeGreaterThan(0);
  });

  test.each(stages)("$model, $layout: both stages are busy all the time", async (setting) => {
    const events = await saturate(setting, mode);
    const end = events.at(-1)!;
    if (end.kind !== "end") throw new Error("a run ends with its end");
    const firstTrip = events.find((event): event is Advance => event.kind === "advance")!;
    const tripSeconds = firstTrip.atSeconds - firstTrip.startSeconds;
    // The pipeline fills once and drains once: half a trip each for the stage at the other end.
    for (const { busySeconds, computeSeconds } of end.stages[0]!) {
      expect(end.atSeconds - busySeconds).toBeLessThan(tripSeconds);
      expect(computeSeconds).toBeLessThanOrEqual(busySeconds);
    }
  });
});
