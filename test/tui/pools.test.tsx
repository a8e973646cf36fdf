import { cleanup, render } from "ink-testing-library";
import { afterEach, describe, expect, test } from "vitest";
import type { Frame } from "../../src/observe/frames.ts";
import { parseScenario } from "../../src/scenario/read.ts";
import { type RunPlan, runPlan } from "../../src/scenario/run-plan.ts";
import { liveViewProps } from "../../src/tui/live-view-props.ts";
import { palette } from "../../src/tui/palette.ts";
import { LiveView } from "../../src/tui/views/live-view.tsx";
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

function drawn(plan: RunPlan, frame: Frame, columns = 100, rows = 30): string[] {
  const props = liveViewProps(plan, frame, {
    columns,
    rows,
    controls: { speed: 3.5, paused: false },
    ended: false,
    palette: palette({ NO_COLOR: "1" }),
  });
  const { lastFrame, unmount } = render(<LiveView {...props} />);
  const lines = (lastFrame() ?? "").split("\n");
  unmount();
  return lines;
}

afterEach(cleanup);

describe("the live view of pools", () => {
  test("says what each pool runs and holds, with a bar for each replica, and what is on its way", async () => {
    const { frame } = await finished(planOn(split, ", horizon: 2 s"));
    const text = drawn(planOn(split, ", horizon: 2 s"), frame).join("\n");
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
    const text = drawn(plan(), frame).join("\n");
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
    expect(drawn(smallPlan(), frame).join("\n")).not.toContain("replica");
  });

  test("before anything has happened, and at any size, it stays within the terminal", async () => {
    const frame = await firstFrame();
    for (const [columns, rows] of [
      [80, 24],
      [20, 5],
      [160, 50],
    ] as const) {
      const lines = drawn(planOn(split), frame, columns, rows);
      expect(lines.join("\n")).not.toMatch(/NaN|Infinity|∞|undefined/);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
      expect(lines.length).toBeLessThanOrEqual(Math.max(rows, 8));
    }
  });
});
