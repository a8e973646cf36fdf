import { describe, expect, test } from "vitest";
import { run } from "../../src/experiment/run.ts";
import { scenarioLoad } from "../../src/experiment/scenario-load.ts";
import { synchronousPace } from "../../src/kernel/pace.ts";
import { parseScenario } from "../../src/scenario/read.ts";
import { runPlan } from "../../src/scenario/run-plan.ts";
import { edited, refusal, small } from "./scenarios.ts";

const single = small.slice(small.indexOf("  arrivals:"), small.indexOf("run:"));
const chat = `    - name: chat
      arrivals: { process: poisson, rate: 40/s }
      prompt: { distribution: constant, tokens: 100 }
      output: { distribution: constant, tokens: 20 }
      priority: 1
      slo: { ttft: 500 ms, tpot: 50 ms }
`;
const bulk = `    - name: bulk
      arrivals: { process: batch, instants: { process: mmpp, states: [{ rate: 2/s, meanSojourn: 1 s }, { rate: 0, meanSojourn: 1 min }] }, size: { distribution: zipf, exponent: 1.5, max: 50 } }
      prompt: { distribution: pareto, exponent: 1.5, min: 100, max: 4000 }
      output: { distribution: geometric, mean: 50, max: 500 }
`;
const classes = edited(small, single, `  classes:\n${chat}${bulk}`);

describe("a workload of classes", () => {
  test("runs, and its load adds up", async () => {
    const plan = runPlan(parseScenario(classes));
    const report = await run(plan, { pace: synchronousPace });
    expect(report.requests).toMatchObject({ offered: 10, finished: 10 });
    const { requestsPerSecond } = scenarioLoad(plan.scenario, plan.deployment, {});
    expect(requestsPerSecond).toBe(plan.offeredRate);
    expect(requestsPerSecond).toBeGreaterThan(40);
  });

  test.each([
    ["two of one name", "name: bulk", "name: chat", "workload.classes[1].name", "there are two chat"],
    [
      "arrivals beside them",
      "  classes:",
      "  arrivals: { process: poisson, rate: 1 }\n  classes:",
      "workload.arrivals",
      "beside classes",
    ],
    ["an empty list", `  classes:\n${chat}${bulk}`, "  classes: []\n", "workload.classes", "too small"],
    [
      "a missing output",
      "      output: { distribution: constant, tokens: 20 }\n",
      "",
      "workload.classes[0].output",
      "is missing",
    ],
    [
      "a missing process",
      "      arrivals: { process: poisson, rate: 40/s }\n",
      "",
      "workload.classes[0].arrivals",
      "is missing",
    ],
    [
      "objectives without a target",
      "{ ttft: 500 ms, tpot: 50 ms }",
      "{}",
      "workload.classes[0].slo",
      "has no target (allowed: ttft, tpot, e2e)",
    ],
    [
      "an unknown target",
      "tpot: 50 ms",
      "itl: 50 ms",
      "workload.classes[0].slo",
      "unknown key itl (allowed: ttft, tpot, e2e)",
    ],
    [
      "an unknown key",
      "priority: 1",
      "urgency: 1",
      "workload.classes[0]",
      "unknown key urgency (allowed: name, arrivals, prompt, output, lengths, priority, slo)",
    ],
    [
      "an unknown key in nested instants",
      "process: mmpp,",
      "process: mmpp, rate: 3,",
      "workload.classes[1].arrivals.instants",
      "unknown key rate (allowed: states, process)",
    ],
    [
      "no rate above 0",
      "rate: 2/s",
      "rate: 0/s",
      "workload.classes[1].arrivals.instants.states",
      "have no rate above 0",
    ],
    [
      "pairs beside a prompt",
      "priority: 1",
      "lengths: { format: plain, file: x.csv }",
      "workload.classes[0].prompt",
      "stands beside lengths",
    ],
  ])("is refused with %s", (_, piece, replacement, where, says) => {
    const { message } = refusal(edited(classes, piece, replacement));
    expect(message).toContain(`s.yaml: ${where}: `);
    expect(message).toContain(says);
  });

  test("priorities and objectives without classes are refused, and classes named", () => {
    const { message } = refusal(edited(small, "  arrivals:", "  priority: 3\n  arrivals:"));
    expect(message).toContain(
      "s.yaml: workload: unknown key priority (allowed: arrivals, prompt, output, lengths, classes)",
    );
  });

  test("a trace given for a scenario that names two is refused", () => {
    const pairs = (file: string) => `lengths: { format: plain, file: ${file} }\n`;
    const both = classes
      .replace(/ {6}prompt: .*constant.*\n.*\n/, `      ${pairs("a.csv")}`)
      .replace(/ {6}prompt: .*pareto.*\n.*\n/, `      ${pairs("b.csv")}`);
    expect(refusal(both, { traceFile: "c.csv" }).message).toContain(
      "--trace: small names several traces: a.csv, b.csv",
    );
  });
});
