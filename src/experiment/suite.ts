import { InvariantError } from "../core/errors.ts";
import type { Scenario } from "../scenario/schema.ts";
import type { PredictedFigure } from "../theory/catalogue/prediction.ts";
import type { Told } from "../theory/catalogue/predictions.ts";
import { bonferroniLevel } from "../theory/statistics/multiple-comparisons.ts";
import { foretellScenario, type LawVerdict, lawVerdicts } from "./check.ts";
import { type Comparison, compared, type Held, held } from "./comparison.ts";
import { type LatencyName, latencyNames } from "./measured-quantities.ts";
import { type Oracle, oracles } from "./oracles.ts";
import { replicatedFigures } from "./replicated-figures.ts";
import { type Running, replications } from "./replications.ts";
import type { RunSummary } from "./run-summary.ts";
import { type Progress, pilotedCut } from "./study.ts";

/** One oracle at one load. */
export interface SuiteCase {
  readonly oracle: string;
  /** Null where there is none to vary. */
  readonly load: number | null;
  readonly comparisons: readonly Comparison[];
  readonly laws: readonly LawVerdict[];
}

export interface SuiteReport {
  readonly runs: number;
  readonly requests: number;
  /** Confidence that nothing exact is called different wrongly, in the whole suite. */
  readonly familyLevel: number;
  /** Figures held against the runs, and the level of each interval that follows. */
  readonly tested: number;
  readonly intervalLevel: number;
  readonly cases: readonly SuiteCase[];
  readonly passed: boolean;
}

export interface SuiteOptions extends Running {
  readonly familyLevel?: number;
  readonly seed?: string | number;
  readonly loads?: readonly number[];
  readonly runs?: number;
  /** Arrivals of each run. */
  readonly requests?: number;
  readonly only?: (oracle: Oracle) => boolean;
  readonly onProgress?: (oracle: string, progress: Progress) => void;
}

export const suiteLoads = [0.3, 0.5, 0.7, 0.8, 0.9, 0.95] as const;

/** One oracle at one load, before it is run. */
interface Question {
  readonly oracle: Oracle;
  readonly load: number | null;
  readonly scenario: Scenario;
  /** What is known exactly. */
  readonly told: readonly Told[];
}

/** What the runs say of it. */
type Answer = Pick<SuiteCase, "laws"> & { readonly held: readonly Held[] };

/** Runs every oracle at every load, and judges all figures together by Holm's procedure. */
export async function runSuite(options: SuiteOptions = {}): Promise<SuiteReport> {
  const { familyLevel = 0.99, loads = suiteLoads, runs = 20, requests = 50_000, seed, only = () => true } = options;
  const questions = oracles.filter(only).flatMap((oracle) => {
    const places = oracle.hasLoad ? loads : [null];
    return places.map((load): Question => {
      const plain = oracle.scenario(load ?? Number.NaN, requests);
      const scenario = seed === undefined ? plain : { ...plain, run: { ...plain.run, seed } };
      return { oracle, load, scenario, told: exactlyTold(oracle, scenario) };
    });
  });
  const tested = questions.flatMap(({ told }) => told.flatMap(({ figures }) => figures)).length;
  const intervalLevel = bonferroniLevel(familyLevel, Math.max(1, tested));

  const answers: Answer[] = [];
  for (const question of questions) answers.push(await answer(question, runs, intervalLevel, options));
  const judged = compared(
    answers.flatMap((one) => one.held),
    familyLevel,
  );
  let next = 0;
  const cases = questions.map(({ oracle, load }, index): SuiteCase => {
    const { held, laws } = answers[index]!;
    const comparisons = judged.slice(next, next + held.length);
    next += held.length;
    return { oracle: oracle.name, load, comparisons, laws };
  });
  return {
    runs,
    requests,
    familyLevel,
    tested,
    intervalLevel,
    cases,
    passed:
      judged.every(({ verdict }) => verdict === "agrees") &&
      cases.every(({ laws }) => laws.every(({ holds }) => holds)),
  };
}

async function answer(question: Question, runs: number, level: number, options: SuiteOptions): Promise<Answer> {
  const { oracle, load, scenario, told } = question;
  const order = { scenario, cut: await pilotedCut(scenario, options), quantiles: quantilesOf(told) };
  const made: RunSummary[] = [];
  for await (const run of replications(order, { to: runs }, options)) {
    made.push(run);
    options.onProgress?.(load === null ? oracle.name : `${oracle.name}, load ${load}`, {
      replications: made.length,
      of: runs,
    });
  }
  const books = made.map((run) => run.books);
  return { held: held(told, replicatedFigures(made, level)), laws: lawVerdicts(books, true) };
}

/** A replica that is busier idles too seldom for the runs of a suite to tell how seldom. */
const mostBusy = 0.999;

/** What the oracle's prediction says exactly of the quantities that are held against the runs. */
function exactlyTold({ name, prediction, quantities }: Oracle, scenario: Scenario): Told[] {
  const told = foretellScenario(scenario).filter(
    (one): one is Told => one.prediction.name === prediction && "figures" in one,
  );
  const exact = told.flatMap(({ figures }) => figures.filter(({ claim }) => claim === "exact"));
  const missing = quantities.find((quantity) => !exact.some((figure) => figure.quantity === quantity));
  if (missing !== undefined) throw new InvariantError(`${prediction} says nothing exact of ${name}: ${missing}`);
  const isTold = ({ claim, quantity, value }: PredictedFigure) =>
    claim === "exact" && quantities.includes(quantity) && !(quantity === "busyShare" && value > mostBusy);
  return told.map((one) => ({ ...one, figures: one.figures.filter(isTold) }));
}

function quantilesOf(told: readonly Told[]): LatencyName[] {
  const asked = told.flatMap(({ figures }) => figures.filter(({ statistic }) => statistic.startsWith("p")));
  return latencyNames.filter((name) => asked.some(({ quantity }) => quantity === name));
}
