import { fileURLToPath } from "node:url";
import { check } from "../../src/experiment/check.ts";
import type { Crew } from "../../src/experiment/replications.ts";
import { defaultPrecision } from "../../src/experiment/study.ts";
import { many } from "../../src/report/format.ts";
import { readScenario } from "../../src/scenario/read.ts";
import { percent, type Section, table, told } from "./section.ts";

const scenario = fileURLToPath(new URL("../../../scenarios/default.yaml", import.meta.url));
const wantedSeconds = 30;

/** What the whole check of the default scenario takes, and comes to. */
export async function defaultScenario(crew: Crew): Promise<Section> {
  const started = performance.now();
  const report = await check(readScenario(scenario), { crew, precision: { ...defaultPrecision, wallSeconds: 600 } });
  const seconds = (performance.now() - started) / 1e3;
  told(`default scenario: ${seconds.toFixed(0)} s`);
  const names = ["meanTpotSeconds", "meanTtftSeconds", "p99TtftSeconds", "queue"] as const;
  return {
    body: [
      `To half-widths of ${percent(report.targets.meanTpot, 0)} on the mean TPOT and ${percent(report.targets.p99Ttft, 0)} on p99 TTFT: ${report.replications} runs and ` +
        `${report.requestsMeasured.toLocaleString("en-US")} requests in ${seconds.toFixed(1)} s on ${many(crew.size, "core")}, where at most ${wantedSeconds} s are wanted.`,
      table(
        ["figure", "value", "half-width"],
        names.map((name) => {
          const { value, low, high } = report.measured![name]!;
          return [name, value!.toPrecision(4), percent((high! - low!) / 2 / value!, 2)];
        }),
      ),
    ],
    broken: [
      ...(report.ended === "reached" ? [] : [`default scenario: ${report.ended}`]),
      ...(seconds <= wantedSeconds ? [] : [`default scenario: ${seconds.toFixed(1)} s`]),
    ],
  };
}
