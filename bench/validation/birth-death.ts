import { foretellScenario } from "../../src/experiment/check.ts";
import { flatRate, flatScenario } from "../../src/experiment/flat-scenario.ts";
import type { Crew } from "../../src/experiment/replications.ts";
import { measure, tailProbability } from "../../src/experiment/steady-figures.ts";
import { defaultPrecision, study } from "../../src/experiment/study.ts";
import type { Scenario } from "../../src/scenario/schema.ts";
import type { Quantity } from "../../src/theory/catalogue/prediction.ts";
import { type Interval, relativeHalfWidth } from "../../src/theory/statistics/interval.ts";
import { holmRejections } from "../../src/theory/statistics/multiple-comparisons.ts";
import { percent, type Section, signed, table, told } from "./section.ts";

/** Of memoryless outputs, and the caps of lognormal ones. */
const cap = 16;
const lognormalCaps = [16, 64];
const runs = 60;
const requests = 10_000;

const name = "continuous batching, birth–death";
const poisson = (rate: number) => ({ process: "poisson", rate });

/**
 * Memoryless outputs at a constant step: the prediction's own assumptions, but for whole steps. The half step that a request waits for the
 * next boundary is left out of it: outputs are so long that this is small beside the mean wait at every load.
 */
const exactLoads = [0.5, 0.7, 0.8, 0.9, 0.95];
const exactSteps = 20_000;
const exactQuantities = ["batch", "queue", "sojourn", "busyShare"] as const;
const familyLevel = 0.99;

const memoryless = (load: number): Scenario =>
  flatScenario({
    name: "memoryless",
    secondsPerSequence: 0,
    maxSequences: cap,
    arrivals: poisson(flatRate(load, cap, 0, exactSteps)),
    output: { distribution: "geometric", mean: exactSteps },
    requests,
  });

/** Lognormal outputs at a step that grows with the batch. */
const lognormalLoads = [0.5, 0.7, 0.8, 0.9, 0.95];
const variations = [0.5, 1, 2];
const lognormalSteps = 200;
const growth = 0.0002;
const lognormalQuantities = ["batch", "wait", "sojourn"] as const;

const lognormal = (load: number, cap: number, cv: number): Scenario =>
  flatScenario({
    name: "lognormal",
    secondsPerSequence: growth,
    maxSequences: cap,
    arrivals: poisson(flatRate(load, cap, growth, lognormalSteps)),
    output: { distribution: "lognormal", mean: lognormalSteps, cv, max: 100_000 },
    requests,
  });

interface Beside {
  readonly predicted: number;
  readonly simulated: Interval;
  /** Undefined where the runs cannot tell. */
  readonly pValue: number | undefined;
}

async function beside(scenario: Scenario, quantities: readonly Quantity[], crew: Crew): Promise<Beside[]> {
  const told = foretellScenario(scenario).flatMap((one) =>
    one.prediction.name === name && "figures" in one ? one.figures : [],
  );
  const precision = {
    ...defaultPrecision,
    p99Ttft: Number.MIN_VALUE,
    budget: { minimum: runs, maximum: runs },
    wallSeconds: Number.POSITIVE_INFINITY,
  };
  const { figures } = await study(scenario, precision, { crew });
  return quantities.map((quantity) => {
    const figure = told.find((one) => one.quantity === quantity && one.statistic === "mean")!;
    const simulated = measure(figures, quantity, "mean")!;
    return { predicted: figure.value, simulated, pValue: tailProbability(figures, figure) };
  });
}

/** How near the birth–death chain of capped batching comes: within the interval where it is exact, its error elsewhere. */
export async function birthDeath(crew: Crew): Promise<Section> {
  const exactRows: string[][] = [];
  const judged: { readonly what: string; readonly pValue: number }[] = [];
  for (const load of exactLoads) {
    const figures = await beside(memoryless(load), exactQuantities, crew);
    told(`birth–death, geometric outputs, load ${load}`);
    exactRows.push([String(load), ...figures.map(cell)]);
    figures.forEach(({ pValue }, place) => {
      if (pValue !== undefined) judged.push({ what: `${exactQuantities[place]} at load ${load}`, pValue });
    });
  }
  const rejected = holmRejections(
    judged.map(({ pValue }) => pValue),
    familyLevel,
  );
  const lognormalRows: string[][] = [];
  for (const most of lognormalCaps) {
    for (const load of lognormalLoads) {
      const cells: string[] = [];
      for (const cv of variations) {
        const figures = await beside(lognormal(load, most, cv), lognormalQuantities, crew);
        told(`birth–death, lognormal outputs of variation ${cv}, at most ${most}, load ${load}`);
        cells.push(figures.map(error).join(" / "));
      }
      lognormalRows.push([String(most), String(load), ...cells]);
    }
  }
  return {
    body: [
      `Geometric outputs of mean ${exactSteps.toLocaleString("en-US")} steps, a constant step of 20 ms, at most ${cap} sequences, ${runs} runs of ` +
        `${requests.toLocaleString("en-US")} requests: predicted over simulated, less 1, ± half the width of its 95 % interval; – where no run ever idles. ` +
        `Of ${judged.length} figures, judged together by Holm's procedure at ${percent(familyLevel, 0)}, ${judged.length - rejected.filter(Boolean).length} agree.`,
      table(["load", ...exactQuantities], exactRows),
      `Lognormal outputs of mean ${lognormalSteps} steps, a step of 20 ms and 0.2 ms for each sequence, at most ${lognormalCaps.join(" or ")} of them, runs as above: predicted over simulated, less 1, of the ` +
        "mean batch / wait / sojourn, each ± half the width of its 95 % interval. Where outputs are not memoryless the wait moves with their variation, and at " +
        "low load it is the half step to the next boundary, which the chain leaves out.",
      table(["cap", "load", ...variations.map((cv) => `variation ${cv}`)], lognormalRows),
    ],
    broken: judged.flatMap(({ what }, place) => (rejected[place] ? [`birth–death: ${what} differs`] : [])),
  };
}

const cell = ({ predicted, simulated, pValue }: Beside) =>
  pValue === undefined
    ? "–"
    : `${signed(predicted / simulated.estimate - 1, 2)} ± ${percent(relativeHalfWidth(simulated), 2)}`;

const error = ({ predicted, simulated }: Beside) =>
  `${signed(predicted / simulated.estimate - 1)} ± ${percent(relativeHalfWidth(simulated))}`;
