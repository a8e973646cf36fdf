import { describe, expect, test } from "vitest";
import { accelerators } from "../../src/bounds/accelerators.ts";
import { architectures } from "../../src/bounds/architectures.ts";
import { readScenario } from "../../src/scenario/read.ts";
import { arrivals as arrivalProcesses } from "../../src/workload/arrivals.ts";
import { lengths } from "../../src/workload/lengths.ts";
import { edited, refusal, small } from "./scenarios.ts";

interface Bad {
  readonly piece: string;
  readonly replacement: string;
  readonly where: string;
  /** Parts of the message. */
  readonly says: readonly string[];
}
const bad = (piece: string, replacement: string, where: string, ...says: string[]): Bad => ({
  piece,
  replacement,
  where,
  says,
});

const prompt = "prompt: { distribution: constant, tokens: 100 }";
const output = "output: { distribution: constant, tokens: 20 }";
const arrivals = "process: poisson, rate: 40/s";

const quantities: readonly Bad[] = [
  bad("rate: 40/s", "rate: 40 MB", "s.yaml: workload.arrivals.rate", '"40 MB" cannot be read', "/min", "above 0"),
  bad("rate: 40/s", "rate: -4/s", "s.yaml: workload.arrivals.rate", '"-4/s" is too small', "above 0"),
  bad("rate: 40/s", "rate: 0", "s.yaml: workload.arrivals.rate", "0 is too small", "above 0"),
  bad("rate: 40/s", "rate: .inf", "s.yaml: workload.arrivals.rate", "Infinity cannot be used", "/s"),
  bad("rate: 40/s", "rate: .nan", "s.yaml: workload.arrivals.rate", "NaN cannot be used", "/s"),
  bad("rate: 40/s", "rate: [1]", "s.yaml: workload.arrivals.rate", "[1] cannot be used", "/s"),
  bad("rate: 40/s", "rate: 4 constructor", "s.yaml: workload.arrivals.rate", "cannot be read", "/s"),
  bad(", rate: 40/s", "", "s.yaml: workload.arrivals.rate", "is missing", "/s"),
  bad(
    arrivals,
    "process: closed-loop, users: 3, thinkTime: 3 m",
    "s.yaml: workload.arrivals.thinkTime",
    '"3 m"',
    "min",
  ),
  bad("requests: 10", "horizon: 0 s", "s.yaml: run.horizon", '"0 s" is too small', "above 0"),
  bad("requests: 10", "horizon: ten minutes", "s.yaml: run.horizon", "cannot be read", "min"),
];

const keys: readonly Bad[] = [
  bad(
    "name: small",
    "nam: small",
    "s.yaml: the whole",
    "unknown key nam (allowed: name, description, model",
    "; also name: is missing (allowed: text)",
  ),
  bad("run:", "foo: 1\nbar: 2\nrun:", "s.yaml: the whole", "unknown keys foo, bar"),
  bad(
    "rate: 40/s",
    "rte: 40/s",
    "s.yaml: workload.arrivals",
    "unknown key rte (allowed: rate, process)",
    "; also workload.arrivals.rate: is missing",
  ),
  bad(arrivals, "process: closed-loop, users: 1, rate: 1", "s.yaml: workload.arrivals", "unknown key rate", "users"),
  bad("maxSequences: 4", "maxSeqs: 4", "s.yaml: policy", "unknown key maxSeqs", "maxSequences, name"),
  bad("tokens: 20", "tokens: 20, max: 3", "s.yaml: workload.output", "unknown key max", "tokens, distribution"),
  bad("seed: 1", "seeds: 1", "s.yaml: run", "unknown key seeds", "seed, requests, horizon, mode"),
  bad(
    "accelerators: 1",
    "accelerators: 1, layout: { stages: 1 }",
    "s.yaml: deployment.layout",
    "unknown key stages",
    "pipelineStages",
  ),
  bad(
    "accelerators: 1",
    "accelerators: 1, kvCache: { capacity: 1 }",
    "s.yaml: deployment.kvCache",
    "unknown key capacity",
    "capacityTokens",
  ),
  bad("llama-3-8b", "{ extends: llama-3-8b, layerz: 3 }", "s.yaml: model", "unknown key layerz", "layers"),
  bad(
    "llama-3-8b",
    "{ extends: llama-3-8b, ffMatrices: { up: 1, down: 1, side: 1 } }",
    "s.yaml: model.ffMatrices",
    "unknown key side",
    "up, down",
  ),
  bad("h100", "{ extends: h100, hbmByte: 80 GB }", "s.yaml: accelerator", "unknown key hbmByte", "hbmBytes"),
];

const choices: readonly Bad[] = [
  bad(
    "process: poisson",
    "process: posson",
    "s.yaml: workload.arrivals.process",
    '"posson"',
    arrivalProcesses.names.join(", "),
  ),
  bad("process: poisson, ", "", "s.yaml: workload.arrivals.process", "is missing", arrivalProcesses.names.join(", ")),
  bad(`{ ${arrivals} }`, "poisson", "s.yaml: workload.arrivals", '"poisson" cannot be used', "a block with process"),
  bad(
    output,
    "output: { distribution: gauss }",
    "s.yaml: workload.output.distribution",
    '"gauss"',
    lengths.names.join(", "),
  ),
  bad(output, "output: 20", "s.yaml: workload.output", "20 cannot be used", "a block with distribution"),
  bad("name: continuous", "name: fifo", "s.yaml: policy.name", '"fifo" cannot be used', "continuous"),
  bad("seed: 1", "seed: 1, mode: hop", "s.yaml: run.mode", '"hop" cannot be used', "leap, step"),
  bad(
    "accelerators: 1",
    "accelerators: 1, layout: { tensorParallel: 3d }",
    "s.yaml: deployment.layout.tensorParallel",
    '"3d"',
    "1d, 2d",
  ),
  bad("h100", "{ extends: h100, collectives: ring }", "s.yaml: accelerator.collectives", '"ring"', "nccl, torus"),
];

const figures: readonly Bad[] = [
  bad("name: small", "name: ''", "s.yaml: name", '"" is too small', "at least 1 character"),
  bad("name: small", "name: 3", "s.yaml: name", "3 cannot be used", "text"),
  bad("accelerators: 1", "accelerators: 0", "s.yaml: deployment.accelerators", "0 is too small", "above 0"),
  bad("accelerators: 1", "accelerators: 1.5", "s.yaml: deployment.accelerators", "1.5", "a whole number"),
  bad("{ accelerators: 1 }", "{}", "s.yaml: deployment.accelerators", "is missing"),
  bad("requests: 10", "requests: -1", "s.yaml: run.requests", "-1 is too small", "above 0"),
  bad("seed: 1", "seed: 1.5", "s.yaml: run.seed", "1.5", "a whole number or text"),
  bad("maxSequences: 4", "maxSequences: 0", "s.yaml: policy.maxSequences", "0 is too small", "above 0"),
  bad("tokens: 20", "tokens: twenty", "s.yaml: workload.output.tokens", '"twenty" cannot be used'),
  bad(
    output,
    "output: { distribution: empirical, values: [1, -3] }",
    "s.yaml: workload.output.values[1]",
    "-3",
    "above 0",
  ),
  bad(output, "output: { distribution: lognormal, mean: 9, cv: 1e9 }", "s.yaml: workload.output.cv", "at most 100"),
  bad(
    output,
    "output: { distribution: empirical, values: [1, 2], weights: [1] }",
    "s.yaml: workload.output.weights",
    "[1] are not one for each value",
  ),
  bad(arrivals, "process: closed-loop, users: 0", "s.yaml: workload.arrivals.users", "0 is too small", "above 0"),
  bad("llama-3-8b", "{ extends: llama-3-8b, layers: 3.5 }", "s.yaml: model.layers", "3.5", "a whole number"),
  bad("llama-3-8b", "42", "s.yaml: model", "42 cannot be used", "text or a block of keys"),
  bad(
    "h100",
    "{ extends: h100, flopPerSecondByWeightBits: { sixteen: 1 } }",
    "s.yaml: accelerator.flopPerSecondByWeightBits.sixteen",
    "such as 16",
  ),
];

const contradictions: readonly Bad[] = [
  bad(`  ${prompt}\n`, "", "s.yaml: workload.prompt", "is missing", "a length distribution"),
  bad(`  ${output}\n`, "", "s.yaml: workload.output", "is missing", "a length distribution"),
  bad(", requests: 10", "", "s.yaml: run", "would never end", "`requests`, `horizon`"),
  bad(
    "accelerators: 1",
    "accelerators: 3, layout: { pipelineStages: 2 }",
    "s.yaml: deployment.layout.pipelineStages",
    "2 stages cannot share 3 accelerators",
    "a divisor",
  ),
  bad(
    arrivals,
    "process: trace, format: plain, file: x.csv",
    "s.yaml: workload.prompt",
    "a trace brings its own lengths",
    "leave it out",
  ),
];

const hardware: readonly Bad[] = [
  bad("llama-3-8b", "llama-9", "model", 'unknown model "llama-9"', ...Object.keys(architectures)),
  bad("llama-3-8b", "{ extends: llama-9 }", "s.yaml: model.extends", '"llama-9"', "llama-3-8b"),
  bad("h100", "h1000", "accelerator", 'unknown accelerator "h1000"', ...Object.keys(accelerators)),
  bad("llama-3-8b", "constructor", "model", 'unknown model "constructor"'),
  bad("llama-3-8b", "{ layers: 3 }", "model", "lacks dModel, dFf", "extends: NAME"),
  bad("h100", "{ hbmBytes: 80 GB }", "accelerator", "lacks flopPerSecondByWeightBits", "extends: NAME"),
  bad("llama-3-8b", "{ extends: llama-3-8b, groupSize: 3 }", "model.groupSize", "3 does not divide 32", "a divisor"),
  bad("llama-3-8b", "{ extends: mixtral-8x7b, activeExperts: 9 }", "model.activeExperts", "9 of 8", "at most 8"),
  bad("llama-3-8b", "{ extends: llama-3-8b, weightBytes: 0.25 }", "accelerator", "2-bit weights", "4, 8, 16 bits"),
  bad("llama-3-8b", "llama-3-405b", "deployment.accelerators", "820.2 GB of weights", "80.0 GB", "at least 11"),
  bad(
    "accelerators: 1",
    "accelerators: 1, kvCache: { capacityTokens: 1000000000 }",
    "deployment.kvCache.capacityTokens",
    "do not fit beside the weights",
    "at most 4",
  ),
  bad(
    "accelerators: 1",
    "accelerators: 1, kvCache: { capacityTokens: 100, blockTokens: 128 }",
    "deployment.kvCache.blockTokens",
    "has no block of 128",
    "at most 100",
  ),
];

describe("a scenario is refused with one message that names the place, what is wrong and what is allowed", () => {
  const kinds = { quantities, keys, choices, figures, contradictions, hardware };
  for (const [kind, cases] of Object.entries(kinds)) {
    test.each(cases)(`${kind}: $replacement`, ({ piece, replacement, where, says }) => {
      const error = refusal(edited(small, piece, replacement));
      expect(error.where).toBe(where);
      for (const said of says) expect(error.message).toContain(said);
      expect(error.message).not.toContain("\n");
      expect(error.message).not.toMatch(/undefined|\[object|Invalid/);
    });
  }
});

describe("a file that is no scenario", () => {
  test.each([
    ["empty", "", "s.yaml: the whole: null cannot be used (allowed: a block with name,"],
    ["a list", "- 1\n", "s.yaml: the whole: [1] cannot be used"],
    ["a word", "hello", 's.yaml: the whole: "hello" cannot be used'],
    ["an open bracket", "name: x\nrun: { requests: 10", "s.yaml:2: "],
    ["a tab", `${small}\tx: 1\n`, "s.yaml:11: Tabs are not allowed as indentation (allowed: well-formed YAML)"],
    ["a key twice", `name: x\n${small}`, "s.yaml:2: Map keys must be unique (allowed: well-formed YAML)"],
    ["an anchor that is not there", "name: *x\n", "s.yaml: Unresolved alias"],
    ["two documents", "--- 1\n--- 2\n", "s.yaml:2: Source contains multiple documents"],
  ])("%s", (_, text, message) => {
    expect(refusal(text).message).toContain(message);
    expect(refusal(text).message).not.toContain("\n");
  });

  test("a long value is shown in part", () => {
    const { message } = refusal(edited(small, "rate: 40/s", `rate: ${"x".repeat(500)}`));
    expect(message.length).toBeLessThan(300);
  });

  test("one that is not there", () => {
    expect(() => readScenario("no-such.yaml")).toThrow("no-such.yaml: cannot be read");
  });
});
