import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseScenario } from "../../src/scenario/read.ts";
import { runPlan } from "../../src/scenario/run-plan.ts";
import { edited, refusal, replaying, small, temporaryFile, temporaryFolder } from "./scenarios.ts";

describe("a trace", () => {
  const rows = "arrival_s,input_tokens,output_tokens\n0,10,2\n1,10,2\n";

  test("is found beside the scenario, in the folder of traces, or where it is said to be, in this order of need", () => {
    const path = temporaryFile("x.csv", rows);
    const beside = { scenarioFile: join(path, "..", "s.yaml") };
    const inFolder = { scenarioFile: join(temporaryFolder(), "s.yaml"), tracesFolder: join(path, "..") };
    for (const places of [beside, inFolder, { traceFile: path }]) {
      expect(runPlan(parseScenario(replaying("x.csv")), places).expectedRequests).toBe(2);
    }
    const three = temporaryFile("three.csv", `${rows}2,10,2\n`);
    expect(runPlan(parseScenario(replaying("x.csv")), { ...beside, traceFile: three }).expectedRequests).toBe(3);
  });

  test("that is nowhere is answered with what it holds", () => {
    const { where, message } = refusal(replaying("x.csv"), { tracesFolder: temporaryFolder() });
    expect(where).toBe("workload.arrivals.file");
    expect(message).toContain(
      "there is no trace x.csv (allowed: CSV with the header arrival_s,input_tokens,output_tokens",
    );
  });

  test("that was named and is not there is not looked for elsewhere", () => {
    const path = temporaryFile("x.csv", rows);
    const places = { scenarioFile: join(path, "..", "s.yaml"), traceFile: "elsewhere.csv" };
    expect(refusal(replaying("x.csv"), places).message).toContain("there is no trace elsewhere.csv");
  });

  test("that is a folder is none", () => {
    expect(refusal(replaying("x.csv"), { traceFile: temporaryFolder() }).where).toBe("workload.arrivals.file");
  });

  test("with a malformed line is refused with file and line", () => {
    const path = temporaryFile("x.csv", "arrival_s,input_tokens,output_tokens\n0,10,2\n1,ten,2\n");
    const { where, message } = refusal(replaying("x.csv"), { traceFile: path });
    expect(where).toBe("x.csv:3");
    expect(message).toContain('input_tokens is "ten" (allowed: a whole number of tokens from 1 up)');
  });

  test("given to a scenario that replays none is refused", () => {
    const path = temporaryFile("x.csv", rows);
    expect(refusal(small, { traceFile: path }).message).toContain("--trace: small does not replay a trace");
  });

  test("may be limited", () => {
    const path = temporaryFile("x.csv", rows);
    const limited = edited(replaying("x.csv"), "requests: 10", "requests: 1");
    expect(runPlan(parseScenario(limited), { traceFile: path }).expectedRequests).toBe(1);
  });
});
