import { type RunOptions, run } from "../../src/experiment/run.ts";
import type { RunReport } from "../../src/experiment/run-report.ts";
import { synchronousPace } from "../../src/kernel/pace.ts";
import { parseScenario } from "../../src/scenario/read.ts";
import { type RunPlan, runPlan } from "../../src/scenario/run-plan.ts";
import { edited, small } from "../scenario/scenarios.ts";

export const planOf = (text: string): RunPlan => runPlan(parseScenario(text));

/** The report of a run of a scenario, in one go unless said otherwise. */
export const runOf = (text: string, options: Partial<RunOptions> = {}): Promise<RunReport> =>
  run(planOf(text), { pace: synchronousPace, ...options });

/** Enough requests for intervals. */
export const busy = edited(edited(small, "requests: 10", "requests: 600"), "rate: 40/s", "rate: 25/s");
