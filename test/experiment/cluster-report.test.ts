import { tap } from "rxjs";
import { describe, expect, test } from "vitest";
import { run } from "../../src/experiment/run.ts";
import type { RunReport } from "../../src/experiment/run-report.ts";
import { synchronousPace } from "../../src/kernel/pace.ts";
import { runText } from "../../src/report/run-text.ts";
import { parseScenario } from "../../src/scenario/read.ts";
import { runPlan } from "../../src/scenario/run-plan.ts";
import type { Scenario } from "../../src/scenario/schema.ts";
import type { ServingEvent } from "../../src/serving/events.ts";
import { edited, shipped, small } from "../scenario/scenarios.ts";

const busy = edited(edited(small, "requests: 10", "requests: 600"), "rate: 40/s", "rate: 60/s");
const on = (deployment: string) => edited(busy, "{ accelerators: 1 }", `{ ${deployment} }`);

const link = "link: { bandwidth: 2 GB/s, latency: 1 ms }";
const replicas = on("accelerators: 1, replicas: 3, router: { name: least-requests }");
const split = on(
  `accelerators: 1, pools: [{ name: p, role: prefill }, { name: d, role: decode, replicas: 2, accelerators: 2 }], ${link}`,
);
const unlike = on("accelerators: 1, pools: [{ name: a, replicas: 2 }, { name: b, accelerator: a100 }]");

/** The report of a run and its events. */
async function observed(text: string) {
  const events: ServingEvent[] = [];
  const report = await run(runPlan(parseScenario(text)), {
    pace: synchronousPace,
    beside: (events$) => events$.pipe(tap((event) => events.push(event))),
  });
  return { report, cluster: report.cluster!, events };
}

const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);
const near = (value: number | null | undefined, expected: number | null | undefined) =>
  expect(Math.abs(value! / expected! - 1)).toBeLessThan(1e-9);

describe.each(Object.entries({ replicas, split, unlike }))("the report of a cluster: %s", async (_, text) => {
  const { report, cluster } = await observed(text);
  const { pools } = cluster;
  /** A mean over pools, each weighted with what its replicas have of something. */
  const together = (of: (pool: (typeof pools)[number]) => number, weight: (pool: (typeof pools)[number]) => number) =>
    sum(pools.map((pool) => of(pool) * pool.replicas * weight(pool)));

  test("its pools add up to the whole", () => {
    expect(cluster.replicas).toBe(3);
    expect(sum(pools.map((pool) => pool.replicas))).toBe(3);
    near(
      together(
        () => 1,
        ({ accelerators }) => accelerators,
      ),
      report.deployment.accelerators,
    );
    near(
      together(
        ({ running }) => running.value!,
        () => 1,
      ),
      report.occupancy.batch.value,
    );
    const capacity = (pool: (typeof pools)[number]) => pool.kvCapacityTokens;
    near(
      together(({ kvUse }) => kvUse.value!, capacity),
      report.occupancy.kvUse.value! * report.deployment.kvCapacityTokens,
    );
  });

  test("its text is free of what is not a number, and says every pool", () => {
    const lines = runText(report).split("\n");
    expect(lines.join("\n")).not.toMatch(/NaN|Infinity|undefined|null/);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(140);
    for (const { name } of pools) expect(lines.filter((line) => line.startsWith(`    ${name} `)).length).toBe(3);
  });

  test("is the same twice", async () => {
    expect((await observed(text)).report).toEqual(report);
  });
});

test("replicas that are alike are held against one closed form, as in their own line", async () => {
  const { report, cluster } = await observed(replicas);
  const [pool] = cluster.pools;
  near(pool!.decodeBatch.value, report.occupancy.decodeBatch.value);
  near(pool!.speedTokensPerSecondPerRequest.simulated.value, report.speedTokensPerSecondPerRequest.simulated.value);
  near(pool!.speedTokensPerSecondPerRequest.closedForm, report.speedTokensPerSecondPerRequest.closedForm);
  near(pool!.mfu.value, report.mfu.simulated.value);
  expect(cluster.router).toBe("least-requests");
  expect(cluster.transfers).toBeNull();
});

test("replicas that differ have a closed form each, and none together", async () => {
  const { report, cluster } = await observed(unlike);
  expect(report.bound).toBeNull();
  expect(report.speedTokensPerSecondPerRequest.closedForm).toBeNull();
  const [a, b] = cluster.pools.map((pool) => pool.speedTokensPerSecondPerRequest.closedForm!);
  expect(a).toBeGreaterThan(b!);
  expect(runText(report)).toContain("see each pool below");
});

test("KV caches on the way are those of the events: their number, their waits and how many there are at a time", async () => {
  const { report, cluster, events } = await observed(split);
  const deliveries = events.filter((event) => event.kind === "delivery");
  const handoffs = events.filter((event) => event.kind === "handoff");
  const transfers = cluster.transfers!;
  expect(transfers.arrived).toBe(600);
  expect(deliveries.length).toBe(600);
  const mean = (values: readonly number[]) => sum(values) / values.length;
  const took = deliveries.map(({ queuedSeconds, sentSeconds }) => queuedSeconds + sentSeconds);
  near(transfers.linkWaitSeconds.mean.value, mean(deliveries.map(({ queuedSeconds }) => queuedSeconds)));
  near(transfers.transferSeconds.mean.value, mean(took));
  near(transfers.moving.value, sum(took) / report.simulatedSeconds);
  const setOut = new Map(handoffs.map(({ request, atSeconds }) => [request.id, atSeconds]));
  deliveries.forEach(({ request, atSeconds }, index) => {
    expect(atSeconds - setOut.get(request.id)!).toBeCloseTo(took[index]!, 9);
  });
  expect([cluster.router, transfers.router]).toEqual([null, "least-requests"]);
  expect(cluster.pools[0]!.decodeBatch.value).toBeNull();
});

test("a single replica has no such part", async () => {
  const { report } = await observed(busy);
  expect("cluster" in report).toBe(false);
});

describe("the scenarios of several replicas show what they say", () => {
  const requests = 4_000;
  const reportOf = (name: string, change: (scenario: Scenario) => Scenario = (scenario) => scenario) => {
    const scenario = change(parseScenario(shipped.find((one) => one.name === name)!.text));
    return run(runPlan({ ...scenario, run: { ...scenario.run, requests } }), { pace: synchronousPace });
  };
  const kept = ({ goodput }: RunReport) => goodput!.share.value!;
  const routed = (name: "least-tokens" | "least-requests") => (scenario: Scenario) => ({
    ...scenario,
    deployment: { ...scenario.deployment, router: { name } },
  });

  test("a split wins where long prompts hold up short answers", async () => {
    const [split, mixed] = [await reportOf("split-wins"), await reportOf("split-wins-mixed")];
    expect(kept(split)).toBeGreaterThan(1.3 * kept(mixed));
    expect(split.latency.itlSeconds.p99.value).toBeLessThan(0.2 * mixed.latency.itlSeconds.p99.value!);
    expect(split.latency.ttftSeconds.p99.value).toBeGreaterThan(1.5 * mixed.latency.ttftSeconds.p99.value!);
  });

  test("a split loses where there is little to read and much to write", async () => {
    const [split, mixed] = [await reportOf("split-loses"), await reportOf("split-loses-mixed")];
    expect(split.latency.tpotSeconds.p50.value).toBeGreaterThan(1.15 * mixed.latency.tpotSeconds.p50.value!);
    expect(split.cluster!.pools[0]!.busy.value).toBeLessThan(0.6);
  });

  test("turns that come to where their conversation is cached save work", async () => {
    const [kept, lost] = [await reportOf("prefix-affinity"), await reportOf("prefix-affinity", routed("least-tokens"))];
    expect(kept.mfu.simulated.value).toBeLessThan(0.75 * lost.mfu.simulated.value!);
    expect(kept.latency.ttftSeconds.mean.value).toBeLessThan(0.75 * lost.latency.ttftSeconds.mean.value!);
  });

  test("dealing out in turn overloads the older node, counting requests does not", async () => {
    const [dealt, counted] = [
      await reportOf("two-generations"),
      await reportOf("two-generations", routed("least-requests")),
    ];
    expect(dealt.latency.ttftSeconds.p99.value).toBeGreaterThan(5 * counted.latency.ttftSeconds.p99.value!);
  });
});
