import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import { parseScenario } from "../../src/scenario/read.ts";
import { runPlan } from "../../src/scenario/run-plan.ts";
import type { TracePlaces } from "../../src/scenario/trace-file.ts";

const folder = new URL("../../scenarios/", import.meta.url);

/** Every scenario that comes with the package, by name. */
export const shipped = readdirSync(folder)
  .filter((file) => file.endsWith(".yaml"))
  .map((file) => {
    const path = fileURLToPath(new URL(file, folder));
    return { name: file.slice(0, -".yaml".length), path, text: readFileSync(path, "utf8") };
  });

/** They replay public traces, which are not shipped. */
export const withPublicTrace = ["azure-conversation", "mooncake", "mooncake-prefix"];

/** Ten small requests on one H100. */
export const small = `name: small
model: llama-3-8b
accelerator: h100
deployment: { accelerators: 1 }
policy: { name: continuous, maxSequences: 4 }
workload:
  arrivals: { process: poisson, rate: 40/s }
  prompt: { distribution: constant, tokens: 100 }
  output: { distribution: constant, tokens: 20 }
run: { seed: 1, requests: 10 }
`;

/**
 * Two classes on one H100 whose KV cache is too small for the longest documents: some are turned away, others make
 * sequences step aside, and the chat beside them often misses its targets.
 */
export const twoClasses = `name: two classes
model: llama-3-8b
accelerator: h100
deployment: { accelerators: 1, kvCache: { capacityTokens: 8000 } }
policy: { name: continuous, maxSequences: 16 }
workload:
  classes:
    - name: chat
      arrivals: { process: poisson, rate: 20/s }
      prompt: { distribution: constant, tokens: 100 }
      output: { distribution: geometric, mean: 50, max: 400 }
      slo: { ttft: 200 ms, tpot: 20 ms }
    - name: documents
      arrivals: { process: poisson, rate: 3/s }
      prompt: { distribution: empirical, values: [1000, 3000, 9000], weights: [10, 5, 1] }
      output: { distribution: constant, tokens: 100 }
run: { seed: 1, requests: 2000 }
`;

/** Text with one piece of it put in the place of another. */
export function edited(text: string, piece: string, replacement: string): string {
  if (text.split(piece).length !== 2) throw new Error(`"${piece}" is not once in the text`);
  return text.replace(piece, () => replacement);
}

/** The small scenario, replaying a trace instead. */
export const replaying = (file: string) =>
  small.replace(/ {2}arrivals: .*\n.*\n.*\n/, `  arrivals: { process: trace, format: plain, file: ${file} }\n`);

/** A folder that is gone when the test is over. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), "batchyard-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Writes a file into a folder of its own and gives its path. */
export function temporaryFile(name: string, text: string): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  return path;
}

/** The `UserError` that comes of reading a scenario and making it ready to run. */
export function refusal(text: string, places: TracePlaces = {}): UserError {
  try {
    runPlan(parseScenario(text, "s.yaml"), places);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("the scenario was accepted");
}
