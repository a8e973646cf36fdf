import { type OperatingPoint, operatingPoint, type SteadyState } from "../bounds/operating-point.ts";
import { deploymentOf } from "../scenario/deployment.ts";
import type { Scenario } from "../scenario/schema.ts";
import type { TracePlaces } from "../scenario/trace-file.ts";
import { scenarioLoad } from "./scenario-load.ts";

/** Where a scenario's deployment settles under its load, by the closed form. */
export interface LoadReport {
  readonly scenario: string;
  readonly model: string;
  readonly accelerator: string;
  /** Of each replica, of which all figures speak. */
  readonly accelerators: number;
  readonly replicas: number;
  readonly requestsPerSecond: number;
  readonly meanPromptTokens: number;
  readonly meanOutputTokens: number;
  readonly contextTokens: number;
  readonly largestBatch: number;
  /** Offered load as a share of capacity. */
  readonly utilisation: number;
  readonly overload: boolean;
  /** Null under overload. */
  readonly steady: SteadyState | null;
  readonly capacity: SteadyState;
}

/** Solves for the operating point of a scenario. Throws `UserError` where it has no rate or does not fit. */
export function loadReport(scenario: Scenario, places: TracePlaces = {}): LoadReport {
  const deployment = deploymentOf(scenario);
  const load = scenarioLoad(scenario, deployment, places);
  const { architecture, accelerator, layout } = deployment;
  const point: OperatingPoint = operatingPoint(architecture, accelerator, layout, load);
  return {
    scenario: scenario.name,
    model: architecture.name,
    accelerator: accelerator.name,
    accelerators: deployment.replica.accelerators,
    replicas: deployment.replicas,
    requestsPerSecond: load.requestsPerSecond,
    meanPromptTokens: load.lengths.meanInput,
    meanOutputTokens: load.lengths.meanOutput,
    contextTokens: point.contextTokens,
    largestBatch: point.largestBatch,
    utilisation: point.utilisation,
    overload: point.steady === undefined,
    steady: point.steady ?? null,
    capacity: point.capacity,
  };
}
