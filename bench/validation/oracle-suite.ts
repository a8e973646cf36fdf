import type { Crew } from "../../src/experiment/replications.ts";
import { runSuite } from "../../src/experiment/suite.ts";
import { percent, type Section, table, told } from "./section.ts";

/** Seeds of a shorter suite, to count its false alarms. */
const seeds = 100;
const shorter = { loads: [0.5, 0.8], runs: 10, requests: 6_000 } as const;

/** The suite of exact oracles as `check --suite` runs it, and how often a shorter one raises a false alarm. */
export async function oracleSuite(crew: Crew): Promise<Section> {
  const started = performance.now();
  const report = await runSuite({ crew });
  const seconds = (performance.now() - started) / 1e3;
  told(`suite: ${seconds.toFixed(0)} s`);
  let alarms = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    if (!(await runSuite({ crew, ...shorter, seed })).passed) alarms++;
    if (seed % 10 === 0) told(`shorter suite: seed ${seed}`);
  }
  const furthest = (comparisons: (typeof report.cases)[number]["comparisons"]) =>
    Math.max(...comparisons.map(({ ratio }) => (ratio === null ? 0 : Math.abs(ratio - 1))));
  const names = [...new Set(report.cases.map(({ oracle }) => oracle))];
  return {
    title: "Exact oracles",
    body: [
      `${report.runs} runs of ${report.requests.toLocaleString("en-US")} requests for each oracle and load: ${report.tested} figures judged together by Holm's procedure at ` +
        `${percent(report.familyLevel, 0)}. It ${report.passed ? "passes" : "FAILS"}. It took ${seconds.toFixed(0)} s on this machine.`,
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
      `A shorter suite (loads ${shorter.loads.join(" and ")}, ${shorter.runs} runs of ${shorter.requests.toLocaleString("en-US")} requests), which is in the tests, raised a false alarm for ${alarms} of ${seeds} seeds; at most ` +
        `${percent(1 - report.familyLevel, 0)} are to be expected.`,
    ],
    broken: [
      ...(report.passed ? [] : ["the suite of oracles fails"]),
      // More than five of 100 have a probability of 0.05 % where each has 1 %.
      ...(alarms > 5 ? [`the shorter suite fails for ${alarms} of ${seeds} seeds`] : []),
    ],
  };
}
