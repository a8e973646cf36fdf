import { describe, expect, test } from "vitest";
import { parseScenario } from "../../src/scenario/read.ts";
import { runPlan } from "../../src/scenario/run-plan.ts";
import { routers } from "../../src/serving/routers.ts";
import { edited, refusal, small } from "./scenarios.ts";

/** The small scenario on another deployment. */
const on = (deployment: string, rest = small) => edited(rest, "{ accelerators: 1 }", `{ ${deployment} }`);

const prefill = "{ name: p, role: prefill, replicas: 2 }";
const decode = "{ name: d, role: decode }";
const link = "link: { bandwidth: 50 GB/s }";
const split = `accelerators: 1, pools: [${prefill}, ${decode}], ${link}`;
const mixedBeside = `accelerators: 1, pools: [{ name: m }, ${prefill}, ${decode}], ${link}`;

const planned = (deployment: string) => runPlan(parseScenario(on(deployment))).deployment;

describe("a deployment", () => {
  test("of several replicas adds them up, and deals arrivals out in turn unless said", () => {
    const one = planned("accelerators: 2");
    const three = planned("accelerators: 2, replicas: 3");
    expect(three.replicas).toBe(3);
    expect(three.accelerators).toBe(3 * one.accelerators);
    expect(three.kvCapacityTokens).toBe(3 * one.kvCapacityTokens);
    expect(three.dollarsPerHour).toBe(3 * one.dollarsPerHour);
    expect(three.layout).toEqual(one.layout);
    expect([one.router, three.router?.name]).toEqual([undefined, "round-robin"]);
  });

  test.each(routers.names)("may have the router %s", (name) => {
    expect(planned(`accelerators: 1, replicas: 2, router: { name: ${name} }`).router?.name).toBe(name);
  });

  test("of pools fills in what a pool leaves out", () => {
    const { pools, accelerators, decodesAlike } = planned(
      "accelerators: 1, kvCache: { blockTokens: 16 }, pools: [{ name: a }, { name: b, accelerators: 2, replicas: 2, " +
        "accelerator: h200, policy: { name: static }, layout: { tensorParallel: 1d }, kvCache: { capacityTokens: 500 } }]",
    );
    const [a, b] = pools;
    expect(accelerators).toBe(5);
    expect(decodesAlike).toBe(false);
    expect(a).toMatchObject({ name: "a", role: "mixed", policy: { name: "continuous" } });
    expect(b).toMatchObject({ name: "b", role: "mixed", policy: { name: "static", maxSequences: 256 } });
    expect([a, b].map((pool) => pool!.replicas.length)).toEqual([1, 2]);
    expect(a!.replicas[0]).toMatchObject({
      accelerators: 1,
      kvCache: { blockTokens: 16 },
      layout: { tensorParallel: "2d" },
    });
    expect(b!.replicas[0]).toMatchObject({
      accelerators: 2,
      accelerator: { name: "H200" },
      layout: { tensorParallel: "1d" },
      kvCache: { blockTokens: 1 },
      kvCapacityTokens: 500,
    });
  });

  test("that splits the work speaks of a replica that decodes, and knows the link", () => {
    const {
      replicas,
      decodingReplicas,
      router,
      link: over,
    } = planned(
      `accelerators: 1, pools: [${prefill}, { name: d, role: decode, accelerators: 2, replicas: 3 }], ` +
        "link: { bandwidth: 50 GB/s, latency: 1 ms, sharedBy: sender, router: { name: random } }",
    );
    expect([replicas, decodingReplicas, router?.name]).toEqual([5, 3, "round-robin"]);
    expect(over).toMatchObject({
      bytesPerSecond: 50e9,
      latencySeconds: 0.001,
      sharedBy: "sender",
      router: { name: "random" },
    });
    expect(planned(split).link).toMatchObject({ latencySeconds: 0, sharedBy: "pool", router: undefined });
  });

  test("of one replica that is called a pool is the replica", () => {
    const { pools: _, ...plain } = planned("accelerators: 1");
    const { pools: __, ...pooled } = planned("pools: [{ name: only, accelerators: 1 }]");
    expect(JSON.stringify(pooled)).toBe(JSON.stringify(plain));
  });
});

describe("what cannot work is refused, with the place, the reason and what is allowed", () => {
  test.each<[string, string, string, ...string[]]>([
    ["no replica", "accelerators: 1, replicas: 0", "deployment.replicas", "0 is too small", "above 0"],
    ["too many", "accelerators: 1, replicas: 5000", "deployment.replicas", "5000 is too large", "at most 1000"],
    ["half a replica", "accelerators: 1, replicas: 1.5", "deployment.replicas", "1.5", "a whole number"],
    ["no accelerators", "replicas: 2", "deployment.accelerators", "is missing", "`pools`"],
    [
      "none in a pool",
      "pools: [{ name: a }]",
      "deployment.pools[0].accelerators",
      "is missing",
      "deployment.accelerators",
    ],
    ["no pool", "accelerators: 1, pools: []", "deployment.pools", "is too small", "at least 1 value"],
    [
      "replicas beside pools",
      "accelerators: 1, replicas: 2, pools: [{ name: a }]",
      "deployment.replicas",
      "stands beside pools",
      "leave it out",
    ],
    [
      "a misspelt key",
      "accelerators: 1, pools: [{ name: a, replica: 2 }]",
      "deployment.pools[0]",
      "unknown key replica",
      "name, role, replicas",
    ],
    [
      "an unknown role",
      "accelerators: 1, pools: [{ name: a, role: both }]",
      "deployment.pools[0].role",
      '"both"',
      "mixed",
    ],
    [
      "two pools of a name",
      "accelerators: 1, pools: [{ name: a }, { name: a }]",
      "deployment.pools[1].name",
      "there are two a",
      "names of their own",
    ],
    [
      "stages that do not divide",
      "accelerators: 1, pools: [{ name: a }, { name: b, accelerators: 3, layout: { pipelineStages: 2 } }]",
      "deployment.pools[1].layout.pipelineStages",
      "2 stages cannot share 3",
      "a divisor",
    ],
    [
      "decode without prefill",
      `accelerators: 1, pools: [{ name: m }, ${decode}], ${link}`,
      "deployment.pools[1].role",
      "no pool reads prompts for d",
      "a pool of role prefill",
    ],
    [
      "prefill without decode",
      `accelerators: 1, pools: [${prefill}, { name: m }], ${link}`,
      "deployment.pools[0].role",
      "no pool decodes what p has read",
      "a pool of role decode",
    ],
    [
      "no link",
      `accelerators: 1, pools: [${prefill}, ${decode}]`,
      "deployment.link",
      "is missing",
      "a block with bandwidth",
    ],
    [
      "a link for nothing",
      `accelerators: 1, replicas: 2, ${link}`,
      "deployment.link",
      "nothing goes over it",
      "no link",
    ],
    [
      "a link without bandwidth",
      `accelerators: 1, pools: [${prefill}, ${decode}], link: { latency: 1 ms }`,
      "deployment.link.bandwidth",
      "is missing",
      "GB/s",
    ],
    [
      "a link that stands still",
      split.replace("50 GB/s", "0"),
      "deployment.link.bandwidth",
      "0 is too small",
      "above 0",
    ],
    [
      "a link shared by all and sundry",
      split.replace("GB/s", "GB/s, sharedBy: everyone"),
      "deployment.link.sharedBy",
      '"everyone"',
      "pool, sender, receiver",
    ],
    [
      "a router of one replica",
      "accelerators: 1, router: { name: random }",
      "deployment.router",
      "there is but one replica for arrivals",
      "more replicas",
    ],
    [
      "a router of caches to one replica",
      split.replace("GB/s", "GB/s, router: { name: random }"),
      "deployment.link.router",
      "there is but one decode replica",
      "more replicas",
    ],
    [
      "a link for each receiver, whom nobody knows beforehand",
      split
        .replace("GB/s", "GB/s, sharedBy: receiver, router: { name: central-queue }")
        .replace(decode, "{ name: d, role: decode, replicas: 2 }"),
      "deployment.link.sharedBy",
      "before a central queue",
      "pool, sender",
    ],
    [
      "one queue before two roles",
      mixedBeside.replace("link", "router: { name: central-queue }, link"),
      "deployment.router",
      "which do not decode",
      "another router",
    ],
    [
      "one queue before replicas that swap",
      "accelerators: 1, replicas: 2, router: { name: central-queue }, kvCache: { swap: { bandwidth: 50 GB/s } }",
      "deployment.router",
      "cannot come back at another",
      "no kvCache.swap",
    ],
    [
      "an unknown router",
      "accelerators: 1, replicas: 2, router: { name: best }",
      "deployment.router.name",
      '"best"',
      routers.names.join(", "),
    ],
    [
      "an option of another router",
      "accelerators: 1, replicas: 2, router: { name: random, choices: 2 }",
      "deployment.router",
      "unknown key choices",
      "name",
    ],
    [
      "one choice",
      "accelerators: 1, replicas: 2, router: { name: power-of-two, choices: 1 }",
      "deployment.router.choices",
      "1 is too small",
      "at least 2",
    ],
    [
      "a model that does not fit into a pool",
      "accelerators: 1, pools: [{ name: a }, { name: b, accelerator: { extends: h100, hbmBytes: 1 GB } }]",
      "deployment.pools[1].accelerators",
      "which leaves no KV cache",
      "at least",
    ],
    [
      "a cache that does not fit into a pool",
      "accelerators: 1, pools: [{ name: a, kvCache: { capacityTokens: 1000000000 } }]",
      "deployment.pools[0].kvCache.capacityTokens",
      "do not fit beside the weights",
      "at most",
    ],
  ])("%s", (_, deployment, where, ...says) => {
    const error = refusal(on(deployment));
    expect(error.where.replace(/^s\.yaml: /, "")).toBe(where);
    for (const part of says) expect(error.message).toContain(part);
  });

  test("experts that are followed in pools of several kinds", () => {
    const sampled = edited(small, "policy:", "experts: { level: sampled }\npolicy:").replace(
      "llama-3-8b",
      "mixtral-8x7b",
    );
    const error = refusal(on("accelerators: 8, pools: [{ name: a }, { name: b }]", sampled));
    expect(error.message).toContain("experts: are followed in one pool only");
    expect(runPlan(parseScenario(on("accelerators: 8, replicas: 2", sampled))).deployment.replicas).toBe(2);
  });
});
