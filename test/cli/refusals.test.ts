import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { edited, replaying, small, temporaryFile, temporaryFolder } from "../scenario/scenarios.ts";
import { batchyard } from "./batchyard.ts";

const scenario = (text = small) => temporaryFile("small.yaml", text);
const json = (text: string) => temporaryFile("cases.json", text);
const h100 = ["--accelerator", "h100"];
const llama = ["--model", "llama-3-70b"];

/** Words that make files have them made when their test runs. */
const refused: readonly (readonly [string, () => string[], ...string[]])[] = [
  ["a scenario that is not there", () => ["run", "nowhere"], "nowhere: there is no such scenario", "default"],
  ["a folder for a scenario", () => ["run", temporaryFolder()], "there is no such scenario"],
  ["a bad scenario", () => ["run", scenario(edited(small, "rate: 40/s", "rate: 40 MB"))], "workload.arrivals.rate"],
  ["a bad scenario to validate", () => ["validate", scenario("")], "small.yaml: the whole"],
  ["a model that does not fit", () => ["run", scenario(edited(small, "llama-3-8b", "gpt-3"))], "at least 5"],
  ["a trace that is not there", () => ["run", scenario(replaying("x.csv"))], "there is no trace x.csv"],
  ["a trace that is not shipped", () => ["run", "mooncake"], "github.com/kvcache-ai/Mooncake", "--trace FILE"],
  [
    "a malformed line of a trace",
    () => [
      "run",
      "azure-conversation",
      "--trace",
      temporaryFile("t.csv", "TIMESTAMP,ContextTokens,GeneratedTokens\nx,1,1"),
    ],
    't.csv:2: TIMESTAMP is "x" (allowed: YYYY-MM-DD hh:mm:ss.fffffff)',
  ],
  [
    "a trace for a scenario without one",
    () => ["run", scenario(), "--trace", "t.csv"],
    "--trace: small does not replay",
  ],
  ["no requests at all", () => ["run", scenario(), "--limit", "0"], "--limit", "a whole number from 1 up"],
  ["a limit that is no number", () => ["run", scenario(), "--limit", "some"], "--limit", "a whole number from 1 up"],
  ["a horizon of a wrong unit", () => ["run", scenario(), "--horizon", "3 m"], "--horizon", "ms", "min"],
  ["a horizon of 0", () => ["run", scenario(), "--horizon", "0 s"], "--horizon", "above 0"],
  ["an unknown mode", () => ["run", scenario(), "--mode", "hop"], "--mode", "leap, step"],
  ["an output that is a folder", () => ["run", scenario(), "--output", temporaryFolder()], "is a folder"],
  [
    "requests into no folder",
    () => ["run", scenario(), "--requests", join(temporaryFolder(), "no", "x")],
    "cannot be written",
  ],
  [
    "one file for both",
    () => {
      const path = join(temporaryFolder(), "both");
      return ["run", scenario(), "--output", path, "--requests", path];
    },
    "--requests: is the same file as --output",
  ],
  [
    "one file for the timeline and the requests",
    () => {
      const path = join(temporaryFolder(), "both");
      return ["run", scenario(), "--timeline", path, "--requests", path];
    },
    "--timeline: is the same file as --requests",
  ],
  [
    "one file for the line and the picture of a curve",
    () => {
      const path = join(temporaryFolder(), "both");
      return ["curve", scenario(), "--csv", path, "--svg", path];
    },
    "--svg: is the same file as --csv",
  ],
  ["a frontier as JSON and as CSV", () => ["frontier", "--model", "llama-3-70b", "--json", "--csv"], "--csv"],
  ["windows of no timeline", () => ["run", scenario(), "--window", "1 s"], "--window: is of no use by itself"],
  [
    "windows of no width",
    () => ["run", scenario(), "--timeline", join(temporaryFolder(), "t"), "--window", "0"],
    "above 0",
  ],
  [
    "windows too short for the run",
    () => ["run", scenario(), "--timeline", join(temporaryFolder(), "t"), "--window", "1 ns"],
    "windows of time: 1e-9 s makes more than",
  ],
  ["an unknown option", () => ["run", scenario(), "--jsn"], "unknown option '--jsn'"],
  ["an unknown command", () => ["rnu"], "rnu"],
  ["a scenario too many", () => ["run", scenario(), "default"], "too many arguments"],
  ["no scenario", () => ["run"], "missing required argument 'scenario'"],
  ["a bound of nothing", () => ["bound"], "bound: needs a deployment", "--cases FILE"],
  ["a bound of no accelerator", () => ["bound", ...llama], "--accelerator NAME"],
  [
    "a bound of an unknown model",
    () => ["bound", "--model", "llama-9", ...h100],
    '--model: unknown model "llama-9"',
    "llama-3-8b",
  ],
  [
    "a bound on an unknown accelerator",
    () => ["bound", ...llama, "--accelerator", "h1"],
    "--accelerator: unknown",
    "tpu-v4",
  ],
  ["a bound of no sequences", () => ["bound", ...llama, ...h100, "--batch", "0"], "--batch", "above 0"],
  ["a bound of a negative context", () => ["bound", ...llama, ...h100, "--context", "-1"], "--context", "0 or more"],
  [
    "a bound on some accelerators",
    () => ["bound", ...llama, ...h100, "--accelerators", "some"],
    "--accelerators",
    "above 0",
  ],
  [
    "a bound that does not fit",
    () => ["bound", ...llama, ...h100, "--accelerators", "1"],
    "--accelerators: ",
    "at least 2",
  ],
  [
    "more stages than sequences",
    () => ["bound", ...llama, ...h100, "--batch", "2", "--stages", "4"],
    "--stages: 4 stages exceed",
    "at most 2",
  ],
  ["an unknown cut", () => ["bound", ...llama, ...h100, "--tensor-parallel", "3d"], "--tensor-parallel", "1d, 2d"],
  [
    "cases that are not there",
    () => ["bound", "--cases", "nowhere.json"],
    "nowhere.json: cannot be read",
    "a JSON array of cases",
  ],
  ["cases that are no JSON", () => ["bound", "--cases", json("[")], "cases.json: cannot be read"],
  ["cases that are no array", () => ["bound", "--cases", json("{}")], "cases.json: is not an array"],
  ["a case that is none", () => ["bound", "--cases", json("[7]")], "cases.json[0]: 7 is not a case"],
  [
    "a case of an unknown function",
    () => ["bound", "--cases", json('[{"function": "guess"}]')],
    'cases.json[0].function: unknown function "guess"',
    "toy, paper, final",
  ],
];

describe("the command line refuses, with exit code 2, one message on stderr and nothing on stdout", () => {
  test.each(refused.map(([name, words, ...says]) => ({ name, words, says })))("$name", async ({ words, says }) => {
    const { output, errors, exitCode } = await batchyard(...words());
    expect([output, exitCode]).toEqual(["", 2]);
    expect(errors).toMatch(/^batchyard: /);
    // Commander may add a line that asks whether something similar was meant.
    const [message = "", meant = ""] = errors.trimEnd().split("\n");
    expect(errors.trimEnd().split("\n").length).toBeLessThanOrEqual(2);
    expect(meant).toMatch(/^$|^\(Did you mean /);
    for (const said of says) expect(message).toContain(said);
  });

  test("to do nothing at all, and says what it can do", async () => {
    const { output, errors, exitCode } = await batchyard();
    expect([output, exitCode]).toEqual(["", 2]);
    expect(errors).toContain("Usage: batchyard");
  });
});
