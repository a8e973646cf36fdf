import { describe, expect, test } from "vitest";
import { run } from "../../src/experiment/run.ts";
import { synchronousPace } from "../../src/kernel/pace.ts";
import { runText } from "../../src/report/run-text.ts";
import { parseScenario } from "../../src/scenario/read.ts";
import { runPlan } from "../../src/scenario/run-plan.ts";
import { shipped, withPublicTrace } from "./scenarios.ts";

/** A run of so many requests shows what a scenario is about, and takes little time. */
const mostRequests = 2_000;

describe.each(shipped.filter(({ name }) => !withPublicTrace.includes(name)))(
  "the scenario $name",
  ({ name, path, text }) => {
    test("gives the report that it gave", async () => {
      const scenario = parseScenario(text, path);
      const requests = Math.min(mostRequests, scenario.run.requests ?? mostRequests);
      const plan = runPlan({ ...scenario, run: { ...scenario.run, requests } }, { scenarioFile: path });
      const report = await run(plan, { pace: synchronousPace });
      await expect(runText(report)).toMatchFileSnapshot(`../golden/reports/${name}.txt`);
    });
  },
);
