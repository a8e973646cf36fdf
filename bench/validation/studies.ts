import { foretellScenario } from "../../src/experiment/check.ts";
import { oracles } from "../../src/experiment/oracles.ts";
import type { Crew } from "../../src/experiment/replications.ts";
import { defaultPrecision, study } from "../../src/experiment/study.ts";
import type { Statistic } from "../../src/theory/catalogue/prediction.ts";
import { covers, relativeHalfWidth } from "../../src/theory/statistics/interval.ts";
import { outside, percent, type Section, table, told } from "./section.ts";

interface StudyCase {
  /** The start of an oracle's name. */
  readonly oracle: string;
  readonly load: number;
  readonly requests: number;
  readonly runs: number;
  readonly studies: number;
}

const cases: readonly StudyCase[] = [
  { oracle: "M/D/1", load: 0.7, requests: 5_000, runs: 20, studies: 1_000 },
  { oracle: "M/G/1", load: 0.7, requests: 5_000, runs: 20, studies: 1_000 },
  { oracle: "capped batching, constant", load: 0.9, requests: 5_000, runs: 80, studies: 200 },
];

/** Whole studies of the simulator, pilots, cuts, replications and control variates, against what is known exactly of the wait. */
export async function studies(crew: Crew): Promise<Section> {
  const rows: string[][] = [];
  const broken: string[] = [];
  for (const one of cases) {
    const found = await coverage(one, crew);
    const { oracle, load, requests, runs } = one;
    told(`${oracle}, load ${load}: ${one.studies} studies`);
    rows.push([
      found.name,
      String(load),
      `${runs} of ${requests.toLocaleString("en-US")}`,
      String(one.studies),
      found.controlled ? "yes" : "no",
      percent(found.halfWidth),
      percent(found.mean),
      found.p99 === undefined ? "–" : percent(found.p99),
    ]);
    // Of 200 studies the share itself has a standard error of 1.5 %.
    const slack = one.studies >= 1_000 ? 0 : 0.02;
    broken.push(...outside(`studies of ${oracle}, mean covered`, found.mean, 0.93 - slack, 0.97 + slack));
    if (found.p99 !== undefined) broken.push(...outside(`studies of ${oracle}, p99 covered`, found.p99, 0.92, 0.98));
  }
  return {
    body: [
      "The same of whole studies as `check` makes them: five pilots say where to cut, replications follow, and from 60 of these on a " +
        "shadow server is their control variate. The truth of the mean wait and of its 99th percentile is the oracle's.",
      table(
        ["oracle", "load", "runs", "studies", "control variates", "mean half-width", "covers the mean", "covers p99"],
        rows,
      ),
    ],
    broken,
  };
}

async function coverage({ oracle, load, requests, runs, studies }: StudyCase, crew: Crew) {
  const found = oracles.find(({ name }) => name.startsWith(oracle))!;
  const scenario = found.scenario(load, requests);
  const truth = (statistic: Statistic) =>
    foretellScenario(scenario)
      .flatMap((one) => (one.prediction.name === found.prediction && "figures" in one ? one.figures : []))
      .find((figure) => figure.quantity === "wait" && figure.statistic === statistic)?.value;
  const [mean, p99] = [truth("mean")!, truth("p99")];
  // As many runs as are asked for, no more and no fewer.
  const precision = {
    ...defaultPrecision,
    p99Ttft: Number.MIN_VALUE,
    budget: { minimum: runs, maximum: runs },
    wallSeconds: Number.POSITIVE_INFINITY,
  };
  let [coversMean, coversP99, halfWidths, controlled] = [0, 0, 0, false];
  for (let index = 0; index < studies; index++) {
    const seeded = { ...scenario, run: { ...scenario.run, seed: `study ${index}` } };
    const { figures } = await study(seeded, precision, { crew });
    const interval = figures.mean("wait");
    if (covers(interval, mean)) coversMean++;
    if (p99 !== undefined && covers(figures.quantile("wait", 0.99), p99)) coversP99++;
    halfWidths += relativeHalfWidth(interval);
    controlled = interval.method === "control variates";
  }
  return {
    name: found.name,
    controlled,
    halfWidth: halfWidths / studies,
    mean: coversMean / studies,
    p99: p99 === undefined ? undefined : coversP99 / studies,
  };
}
