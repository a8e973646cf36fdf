import { EMPTY, lastValueFrom, NEVER, tap } from "rxjs";
import { hasLedger, ledgerOptions } from "../../src/experiment/ledger-options.ts";
import { type RunOptions, run } from "../../src/experiment/run.ts";
import { synchronousPace } from "../../src/kernel/pace.ts";
import { type Frame, frames } from "../../src/observe/frames.ts";
import { parseScenario } from "../../src/scenario/read.ts";
import { type RunPlan, runPlan } from "../../src/scenario/run-plan.ts";

const base = `
name: small
model: llama-3-70b
accelerator: h100
deployment: { accelerators: 8 }
policy: { name: continuous, maxSequences: 32 }
`;

export const workloads = {
  poisson: `
workload:
  arrivals: { process: poisson, rate: 5/s }
  prompt: { distribution: lognormal, mean: 300, cv: 1, max: 4096 }
  output: { distribution: lognormal, mean: 100, cv: 1, max: 1024 }
`,
  closedLoop: `
workload:
  arrivals: { process: closed-loop, users: 8 }
  prompt: { distribution: constant, tokens: 1 }
  output: { distribution: constant, tokens: 50 }
`,
};

/** A small plan, fresh for one run. */
export const smallPlan = (run = "{ requests: 200 }", workload = workloads.poisson): RunPlan =>
  runPlan(parseScenario(`${base}${workload}run: ${run}`));

/** The frame before anything has happened. */
export const firstFrame = (): Promise<Frame> => lastValueFrom(EMPTY.pipe(frames(NEVER)));

/** Runs a plan to its end: its report and its last frame. */
export async function finished(plan: RunPlan, options: Partial<RunOptions> = {}) {
  let last: Frame | undefined;
  const beside: RunOptions["beside"] = (events$) =>
    events$.pipe(
      frames(NEVER, plan.expectedRequests, hasLedger(plan) ? ledgerOptions(plan) : undefined),
      tap((frame) => (last = frame)),
    );
  const report = await run(plan, { pace: synchronousPace, beside, ...options });
  return { report, frame: last! };
}
