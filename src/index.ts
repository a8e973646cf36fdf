/**
 * The public interface of batchyard as a library: read a scenario, run it (with a policy of one's own, if wanted), report it,
 * and ask the closed form. Everything else is the house's own business.
 */

/** Options of a part are declared with zod: its own copy is handed on, so that a policy needs no other import. */
export { z } from "zod";
export { type Accelerator, flopPerSecond } from "./bounds/accelerator.ts";
export { accelerators, findAccelerator } from "./bounds/accelerators.ts";
export type { Architecture } from "./bounds/architecture.ts";
export { architectures, findArchitecture } from "./bounds/architectures.ts";
export { type ClosedForm, closedForm } from "./bounds/closed-form.ts";
export type { Layout } from "./bounds/layout.ts";
export { part } from "./core/catalogue.ts";
export { InvariantError, PolicyError, UserError } from "./core/errors.ts";
export { type RunOptions, run } from "./experiment/run.ts";
export type { RunReport } from "./experiment/run-report.ts";
export { type Pace, slicedPace, synchronousPace } from "./kernel/pace.ts";
export { runText } from "./report/run-text.ts";
export { checkScenario, parseScenario, readScenario } from "./scenario/read.ts";
export { type RunPlan, runPlan } from "./scenario/run-plan.ts";
export { type Scenario, scenarioJsonSchema } from "./scenario/schema.ts";
export type { TracePlaces } from "./scenario/trace-file.ts";
export type { ServingEvent } from "./serving/events.ts";
export type { BatchingPolicy, BatchPlan, Hold, ReplicaView, WaitingView } from "./serving/policy.ts";
export type { RequestRecord, RequestView } from "./serving/request.ts";
