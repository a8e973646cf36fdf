import type { Crew } from "../../src/experiment/replications.ts";
import { runSuite, type SuiteReport } from "../../src/experiment/suite.ts";
import { many } from "../../src/report/format.ts";
import { percent, type Section, table, told } from "./section.ts";

/** Seeds of a shorter suite, to count its false alarms. */
const seeds = 200;
const shorter = { loads: [0.5, 0.9], runs: 10, requests: 6_000 } as const;

/** The suite of exact oracles as `check --suite` runs it, and how often a shorter one raises a false alarm. */
export async function oracleSuite(crew: Crew): Promise<Section> {
  const started = performance.now();
  const report = await runSuite({ crew });
  const seconds = (performance.now() - started) / 1e3;
  told(`suite: ${seconds.toFixed(0)} s`);
  const alarms: string[] = [];
  let tested = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const one = await runSuite({ crew, ...shorter, seed });
    tested = one.tested;
    if (!one.passed) alarms.push(`seed ${seed} (${failing(one)})`);
    if (seed % 10 === 0) told(`shorter suite: seed ${seed}`);
  }
  const furthest = (comparisons: (typeof report.cases)[number]["comparisons"]) =>
    Math.max(...comparisons.map(({ ratio }) => (ratio === null ? 0 : Math.abs(ratio - 1))));
  const names = [...new Set(report.cases.map(({ oracle }) => oracle))];
  return {
    body: [
      `${report.runs} runs of ${report.requests.toLocaleString("en-US")} requests for each oracle and load: ${report.tested} figures judged together by Holm's procedure at ` +
        `${percent(report.familyLevel, 0)}. It ${report.passed ? "passes" : `FAILS (${failing(report)})`}. It took ${seconds.toFixed(0)} s on ${many(crew.size, "core")}.`,
      table(
        ["oracle", "loads", "figures", "agree", "furthest off"],
        names.map((name) => {
          const own = report.cases.filter(({ oracle }) => oracle === name);
          const all = own.flatMap(({ comparisons }) => comparisons);
          const loads = own.flatMap(({ load }) => load ?? []);
          return [
            name,
            loads.length === 0 ? "–" : `${Math.min(...loads)} to ${Math.max(...loads)}`,
            String(all.length),
            String(all.filter(({ verdict }) => verdict === "agrees").length),
            percent(furthest(all), 2),
          ];
        }),
      ),
      `A shorter suite (loads ${shorter.loads.join(" and ")}, ${shorter.runs} runs of ${shorter.requests.toLocaleString("en-US")} requests; ${tested} figures), which is in the tests, raised a false alarm for ${alarms.length} of ${seeds} seeds; at most ` +
        `${percent(1 - report.familyLevel, 0)} are to be expected.${alarms.length === 0 ? "" : ` They are ${alarms.join(", ")}.`}`,
    ],
    broken: [
      ...(report.passed ? [] : ["the suite of oracles fails"]),
      // More than six of 200 have a probability of 0.4 % where each has 1 %.
      ...(alarms.length > 6 ? [`the shorter suite fails for ${alarms.length} of ${seeds} seeds`] : []),
    ],
  };
}

/** What a suite calls wrong, or cannot tell: how many figures of each oracle and load, or which. */
function failing({ cases }: SuiteReport): string {
  return cases
    .flatMap(({ oracle, load, comparisons, laws }) => {
      const differing = comparisons.filter(({ verdict }) => verdict === "differs");
      const untold = comparisons.filter(({ verdict }) => verdict === "not known").length;
      return [
        ...differing.map(({ quantity, statistic }) => `${oracle}, load ${load}: ${quantity}, ${statistic}, differs`),
        ...(untold > 0 ? [`${oracle}, load ${load}: ${many(untold, "figure")} not to be told from so short runs`] : []),
        ...laws.filter(({ holds }) => !holds).map(({ law }) => `${oracle}, load ${load}: ${law}`),
      ];
    })
    .join("; ");
}
