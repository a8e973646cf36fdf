import { cleanup } from "ink-testing-library";
import { afterEach, describe, expect, test } from "vitest";
import { parseScenario } from "../../src/scenario/read.ts";
import { type RunPlan, runPlan } from "../../src/scenario/run-plan.ts";
import { drawn, expectDrawnAtAnySize } from "./drawn.tsx";
import { finished, firstFrame, smallPlan } from "./plans.ts";

const planOn = (deployment: string, horizon = ""): RunPlan =>
  runPlan(
    parseScenario(`
name: clustered
model: llama-3-8b
accelerator: h100
deployment: { accelerators: 1, ${deployment} }
policy: { name: continuous, maxSequences: 64 }
workload:
  arrivals: { process: poisson, rate: 60/s }
  prompt: { distribution: constant, tokens: 400 }
  output: { distribution: constant, tokens: 200 }
run: { requests: 300${horizon} }
`),
  );

const split =
  "pools: [{ name: readers, role: prefill, replicas: 2 }, { name: writers, role: decode, replicas: 3 }], link: { bandwidth: 1 GB/s }";

afterEach(cleanup);

describe("the live view of pools", () => {
  test("says what each pool runs and holds, with a bar for each replica, and what is on its way", async () => {
    const { frame } = await finished(planOn(split, ", horizon: 2 s"));
    const text = drawn(planOn(split, ", horizon: 2 s"), frame, 100, 30).join("\n");
    expect(text).toMatch(/clustered +Llama 3 8B on readers 2 × 1 × H100, writers 3 × 1 × H100/);
    expect(text).toMatch(/readers 2 replicas, \d+ running, KV cache [\d.]+ % [ ▁▂▃▄▅▆▇█]{2} \d+ KV caches? on the way/);
    expect(text).toMatch(/writers 3 replicas, \d+ running, KV cache [\d.]+ % [▁▂▃▄▅▆▇█]{3}/);
    const running = [...text.matchAll(/replicas?, (\d+) running/g)].map(([, count]) => Number(count));
    expect(running.reduce((sum, count) => sum + count, 0)).toBe(frame.running);
    expect(frame.replicas.reduce((sum, { running: count }) => sum + count, 0)).toBe(frame.running);
  });

  test("of replicas that are alike is one line", async () => {
    const plan = () => planOn("replicas: 4, router: { name: least-requests }", ", horizon: 2 s");
    const { frame } = await finished(plan());
    const text = drawn(plan(), frame, 100, 30).join("\n");
    expect(text).toMatch(/Llama 3 8B on 4 × 1 × H100/);
    expect(text).toMatch(/mixed 4 replicas, \d+ running, KV cache [\d.]+ % [▁▂▃▄▅▆▇█]{4}/);
  });

  test("holds nothing when all has been served", async () => {
    const { frame } = await finished(planOn(split));
    expect(frame.replicas).toEqual(frame.replicas.map(() => ({ running: 0, kvTokens: 0 })));
    expect(frame).toMatchObject({ moving: 0, waiting: 0, running: 0, kvTokens: 0 });
  });

  test("is not there for one replica", async () => {
    const { frame } = await finished(smallPlan());
    expect(drawn(smallPlan(), frame, 100, 30).join("\n")).not.toContain("replica");
  });

  test("before anything has happened, and at any size, it stays within the terminal", async () => {
    expectDrawnAtAnySize(() => planOn(split), await firstFrame());
  });
});
