import { describe, expect, test } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import { offering } from "../../src/scenario/offered-load.ts";
import { parseScenario } from "../../src/scenario/read.ts";
import { scenarioTraffic } from "../../src/scenario/traffic.ts";
import { offeredRate } from "../../src/workload/moments.ts";
import { edited, shipped, small } from "./scenarios.ts";

const asking = (arrivals: string) => parseScenario(edited(small, "{ process: poisson, rate: 40/s }", arrivals));
const rateOf = (scenario: ReturnType<typeof asking>) => offeredRate(scenarioTraffic(scenario, {}));

describe("so many times as many requests", () => {
  test.each([
    ["poisson", "{ process: poisson, rate: 40/s }"],
    ["deterministic", "{ process: deterministic, rate: 40/s }"],
    ["gamma", "{ process: gamma, rate: 40/s, cv: 2 }"],
    ["weibull", "{ process: weibull, rate: 40/s, cv: 2 }"],
    ["mmpp", "{ process: mmpp, states: [{ rate: 10/s, meanSojourn: 3 }, { rate: 50/s, meanSojourn: 1 }] }"],
    ["a day", "{ process: profile, rate: { shape: diurnal, mean: 5/s, swing: 0.5 } }"],
    ["a square wave", "{ process: profile, rate: { shape: square, high: 5/s, low: 1/s, period: 60 } }"],
    [
      "batches",
      "{ process: batch, instants: { process: gamma, rate: 2/s, cv: 1 }, size: { distribution: geometric, mean: 5 } }",
    ],
    [
      "sessions",
      "{ process: sessions, starts: { process: poisson, rate: 2/s }, turns: { distribution: geometric, mean: 4 }, thinkTime: 5 }",
    ],
  ])("%s", (_, arrivals) => {
    const scenario = asking(arrivals);
    expect(rateOf(offering(scenario, 2.5))! / rateOf(scenario)!).toBeCloseTo(2.5, 12);
  });

  test("of every class, and of a trace", () => {
    for (const name of ["bursts", "sample-trace"]) {
      const { path, text } = shipped.find((one) => one.name === name)!;
      const scenario = parseScenario(text, path);
      const rate = (one: typeof scenario) => offeredRate(scenarioTraffic(one, { scenarioFile: path }));
      expect(rate(offering(scenario, 0.5))! / rate(scenario)!).toBeCloseTo(0.5, 12);
    }
  });

  test("leaves all else as it is", () => {
    const scenario = asking("{ process: gamma, rate: 40/s, cv: 2 }");
    expect(offering(scenario, 1)).toEqual(scenario);
    expect({ ...offering(scenario, 3), workload: undefined }).toEqual({ ...scenario, workload: undefined });
  });

  test.each([
    ["{ process: closed-loop, users: 5 }", "users wait for their answers"],
    ["{ process: profile, rate: { shape: ramp, from: 1/s, to: 5/s, duration: 60 } }", "ramp arrivals have no one rate"],
  ])("%s has none to change", (arrivals, reason) => {
    expect(() => offering(asking(arrivals), 2)).toThrow(UserError);
    expect(() => offering(asking(arrivals), 2)).toThrow(reason);
  });
});
