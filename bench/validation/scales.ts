import { randomStreams } from "../../src/core/random.ts";
import { foretellScenario } from "../../src/experiment/check.ts";
import { isLatency, latencyNames } from "../../src/experiment/measured-quantities.ts";
import { oracles } from "../../src/experiment/oracles.ts";
import { replicatedFigures } from "../../src/experiment/replicated-figures.ts";
import { type Crew, replications } from "../../src/experiment/replications.ts";
import type { RunSummary } from "../../src/experiment/run-summary.ts";
import { measure, type SteadyFigures, tailProbability } from "../../src/experiment/steady-figures.ts";
import { pilotedCut } from "../../src/experiment/study.ts";
import type { PredictedFigure, Quantity, Statistic } from "../../src/theory/catalogue/prediction.ts";
import { type Interval, pValue } from "../../src/theory/statistics/interval.ts";
import { studentTFactor } from "../../src/theory/statistics/student-t.ts";
import { percent, type Section, table, told } from "./section.ts";

const load = 0.9;
const requests = 6_000;
const runs = 2_000;
/** Runs of a short suite, and how many such suites are drawn from all runs. */
const together = 10;
const draws = 100_000;
const levels = [0.01, 0.001, 0.0001];

/** By the start of its oracle's name. */
const asked: Readonly<Record<string, readonly (readonly [Quantity, Statistic])[]>> = {
  "M/D/1: one": [
    ["wait", "mean"],
    ["wait", "p99"],
    ["busyShare", "mean"],
  ],
  "M/G/1": [
    ["wait", "mean"],
    ["wait", "variance"],
  ],
  "capped batching, constant": [
    ["wait", "mean"],
    ["busyShare", "mean"],
  ],
  "capped batching, step growing": [
    ["wait", "mean"],
    ["busyShare", "mean"],
  ],
};

/** How often a right figure of few runs is called wrong: as it is, and on the scale where it is judged. */
export async function scales(crew: Crew): Promise<Section> {
  const rows: string[][] = [];
  for (const [start, figures] of Object.entries(asked)) {
    const oracle = oracles.find(({ name }) => name.startsWith(start))!;
    const scenario = oracle.scenario(load, requests);
    const exact = foretellScenario(scenario).flatMap((one) =>
      one.prediction.name === oracle.prediction && "figures" in one ? one.figures : [],
    );
    const order = { scenario, cut: await pilotedCut(scenario, { crew }), quantiles: latencyNames };
    const made: RunSummary[] = [];
    for await (const run of replications(order, { to: runs }, { crew })) made.push(run);
    for (const [quantity, statistic] of figures) {
      const figure = exact.find((one) => one.quantity === quantity && one.statistic === statistic)!;
      rows.push([oracle.name, statistic === "mean" ? quantity : `${quantity}, ${statistic}`, ...row(made, figure)]);
    }
    told(`scales: ${oracle.name}`);
  }
  return {
    body: [
      `${runs.toLocaleString("en-US")} independent runs of ${requests.toLocaleString("en-US")} requests at load ${load}, and ${draws.toLocaleString("en-US")} times ` +
        `${together} of them drawn with replacement, each time held against the exact figure by Student's t at three levels. Bias: what all runs say less what is ` +
        "exact, in standard deviations of one run, ± half the width of a 95 % interval. Skewness: of single runs. Too low: of the wrong rejections at 1 % of the figure as it is, those that found it too low. " +
        "A percentile is judged by the share of requests within it, whose bias and skewness are shown.",
      table(
        [
          "oracle",
          "figure",
          "bias",
          "skewness",
          `as it is: rejected at ${levels.map((one) => percent(one, 2)).join(" / ")}`,
          "too low",
          "on its scale: rejected",
        ],
        rows,
      ),
      "The bias is far smaller than the spread of ten runs: it is skewness that raises false alarms. Shares that seldom differ from all or nothing are the worst: the few " +
        "runs that see the rare event carry most of the mean and most of the spread, and ten runs without such a run agree on a wrong share. Such events come in clusters at random, " +
        "whose number has a skewness near 1.5 times its coefficient of variation; log odds take just that out of Student's t. A logarithm takes out part of the skewness " +
        "of mean waits, whose skewness is several times their variation.",
    ],
    broken: [],
  };
}

function row(made: readonly RunSummary[], figure: PredictedFigure): string[] {
  const all = plain(replicatedFigures(made, 0.95), figure);
  const random = randomStreams("scales")(`${figure.quantity} ${figure.statistic}`);
  const rejected = levels.map(() => ({ plain: 0, scaled: 0 }));
  let [low, any] = [0, 0];
  for (let draw = 0; draw < draws; draw++) {
    const figures = replicatedFigures(
      Array.from({ length: together }, () => made[Math.floor(random() * made.length)]!),
      0.95,
    );
    const { interval, truth } = plain(figures, figure);
    const [ofPlain, ofScaled] = [pValue(interval, truth), tailProbability(figures, figure) ?? 1];
    levels.forEach((level, place) => {
      if (ofPlain < level) rejected[place]!.plain++;
      if (ofScaled < level) rejected[place]!.scaled++;
    });
    if (ofPlain < levels[0]!) any++;
    if (ofPlain < levels[0]! && interval.estimate < truth) low++;
  }
  const { estimate, high } = all.interval;
  const deviation = ((high - estimate) / studentTFactor(0.95, made.length - 1)) * Math.sqrt(made.length);
  const bias = (estimate - all.truth) / deviation;
  const shares = (of: (one: (typeof rejected)[number]) => number) =>
    rejected.map((one) => (100 * of(one)) / draws).map((share) => Number(share.toPrecision(2)));
  return [
    `${bias < 0 ? "" : "+"}${bias.toFixed(3)} ± ${((high - estimate) / deviation).toFixed(3)}`,
    skewness(made, figure).toFixed(1),
    `${shares((one) => one.plain).join(" / ")} %`,
    percent(low / any, 0),
    `${shares((one) => one.scaled).join(" / ")} %`,
  ];
}

/** What is judged of a figure, as it is, and what it should be. */
function plain(
  figures: SteadyFigures,
  { quantity, statistic, value }: PredictedFigure,
): { readonly interval: Interval; readonly truth: number } {
  return statistic === "p99" && isLatency(quantity)
    ? { interval: figures.shareWithin(quantity, value), truth: 0.99 }
    : { interval: measure(figures, quantity, statistic)!, truth: value };
}

/** Skewness of a figure of single runs. */
function skewness(made: readonly RunSummary[], figure: PredictedFigure): number {
  const each = made.map((run) => plain(replicatedFigures([run], 0.95), figure).interval.estimate);
  const mean = each.reduce((sum, value) => sum + value, 0) / each.length;
  const moment = (power: number) => each.reduce((sum, value) => sum + (value - mean) ** power, 0) / each.length;
  return moment(3) / moment(2) ** 1.5;
}
