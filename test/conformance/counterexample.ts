import { stringify } from "yaml";
import type { Serving } from "../serving/harness.ts";

/** A run as a scenario file and the trace that it replays, so that what breaks a law can be run by hand. */
export function asScenario({
  jobs = [],
  stages = 1,
  kvCapacityTokens,
  kvBlockTokens = 1,
  ...serving
}: Serving): string {
  const scenario = {
    name: "counterexample",
    model: "llama-3-8b",
    accelerator: "h100",
    deployment: {
      accelerators: stages,
      layout: { tensorParallel: "1d", pipelineStages: stages },
      kvCache: {
        blockTokens: kvBlockTokens,
        ...(kvCapacityTokens !== undefined && { capacityTokens: kvCapacityTokens }),
      },
    },
    ...(serving.order && { order: serving.order }),
    policy: { name: "continuous", ...serving.policy, maxSequences: serving.maxSequences ?? 1_000 },
    workload: { arrivals: { process: "trace", format: "plain", file: "counterexample.csv" } },
    run: { mode: serving.mode ?? "leap" },
  };
  const rows = jobs.map(({ arrivalSeconds, promptTokens, outputTokens }) => [
    arrivalSeconds,
    promptTokens,
    outputTokens,
  ]);
  const trace = [["arrival_s", "prompt_tokens", "output_tokens"], ...rows].map((row) => row.join(",")).join("\n");
  return `# counterexample.yaml\n${stringify(scenario)}\n# counterexample.csv\n${trace}\n`;
}
