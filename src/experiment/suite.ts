import { bonferroniLevel } from "../theory/statistics/multiple-comparisons.ts";
import { foretellScenario, type LawVerdict, lawVerdicts } from "./check.ts";
import { type Comparison, compared, type Held, held } from "./comparison.ts";
import { type Oracle, oracles } from "./oracles.ts";
import { followed, type Running, replication } from "./replications.ts";
import { steadyWindow } from "./steady-window.ts";
import type { Progress } from "./study.ts";

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

/** Runs every oracle at every load, and judges all figures together by Holm's procedure. */
export async function runSuite(options: SuiteOptions = {}): Promise<SuiteReport> {
  const { familyLevel = 0.99, loads = suiteLoads, runs = 20, requests = 50_000, only = () => true } = options;
  const chosen = oracles.filter(only);
  const places = chosen.flatMap((oracle) => (oracle.hasLoad ? loads : [Number.NaN]).map((load) => ({ oracle, load })));
  const comparisonsOf = ({ oracle }: (typeof places)[number]) => oracle.quantities.length;
  const intervalLevel = bonferroniLevel(
    familyLevel,
    Math.max(
      1,
      places.reduce((sum, place) => sum + comparisonsOf(place), 0),
    ),
  );

  const made: { readonly held: readonly Held[]; readonly laws: readonly LawVerdict[] }[] = [];
  for (const { oracle, load } of places)
    made.push(await runOracle(oracle, load, { ...options, runs, requests }, intervalLevel));
  const judged = compared(
    made.flatMap(({ held }) => held),
    familyLevel,
  );
  let next = 0;
  const cases = places.map(({ oracle, load }, index): SuiteCase => {
    const { held, laws } = made[index]!;
    const comparisons = judged.slice(next, next + held.length);
    next += held.length;
    return { oracle: oracle.name, load: oracle.hasLoad ? load : null, comparisons, laws };
  });
  return {
    runs,
    requests,
    familyLevel,
    tested: judged.length,
    intervalLevel,
    cases,
    passed:
      judged.every(({ verdict }) => verdict === "agrees") && made.every(({ laws }) => laws.every(({ holds }) => holds)),
  };
}

async function runOracle(
  oracle: Oracle,
  load: number,
  options: SuiteOptions & { readonly runs: number; readonly requests: number },
  level: number,
) {
  const { runs, requests, seed, onProgress } = options;
  const plain = oracle.scenario(load, requests);
  const scenario = seed === undefined ? plain : { ...plain, run: { ...plain.run, seed } };
  const windows = [];
  for (let run = 0; run < runs; run++) {
    windows.push(steadyWindow(await followed(replication(scenario, run), options)));
    onProgress?.(`${oracle.name}${oracle.hasLoad ? `, load ${load}` : ""}`, { replications: run + 1, of: runs });
  }
  const foretold = foretellScenario(scenario).filter(({ prediction }) => prediction.name === oracle.prediction);
  const all = held(foretold, windows, level).filter(
    ({ figure }) => figure.claim === "exact" && (oracle.quantities as readonly string[]).includes(figure.quantity),
  );
  return {
    held: all,
    laws: lawVerdicts(
      windows.map(({ history }) => history),
      true,
    ),
  };
}
